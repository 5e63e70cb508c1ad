-- features: what is known about a customer's buying, for the models of purchase and churn.
-- Grain: one row per customer with at least one counted order strictly before $as_of.
-- Every source is cut at `day < $as_of` where it is read, nowhere later. `age` is the days between a row and $as_of (>= 1).
-- Amounts are in the shop's currency and net of returns unless said otherwise; money is summed as decimals, which is
-- exact in any order, so that two runs agree to the last bit.
with past as (
    select customer_id, $as_of::date - day as age, day, ordered_at, net_amount, lines, is_counted, country
    from orders
    where day < $as_of::date and customer_id is not null
),
shop as (
    -- one row: the shop's own season, and the country most orders come from
    select
        30.0 / 365 * count(*) filter (where age <= 365) as usual_month,
        count(*) filter (where age between 336 and 365) as month_last_year,
        max(age) as days_known,
        mode(country order by country) as home
    from past
    where is_counted
),
totals as (
    -- one row per customer: money and counts over the whole past and the last windows
    select
        customer_id,
        count(*) filter (where is_counted) as orders_total,
        count(*) filter (where is_counted and age <= 30) as orders_30,
        count(*) filter (where is_counted and age <= 60) as orders_60,
        count(*) filter (where is_counted and age <= 90) as orders_90,
        count(*) filter (where is_counted and age <= 180) as orders_180,
        count(*) filter (where is_counted and age <= 365) as orders_365,
        sum(net_amount) as spend_total,
        sum(net_amount) filter (where age <= 30) as spend_30,
        sum(net_amount) filter (where age <= 60) as spend_60,
        sum(net_amount) filter (where age <= 90) as spend_90,
        sum(net_amount) filter (where age <= 180) as spend_180,
        sum(net_amount) filter (where age <= 365) as spend_365,
        sum(net_amount) filter (where is_counted) as gross_total,
        stddev_samp(net_amount) filter (where is_counted) as order_value_sd,
        max(net_amount) filter (where is_counted) as order_value_max,
        sum(lines) filter (where is_counted) as lines_total,
        -sum(net_amount) filter (where net_amount < 0) as returned_total,
        -sum(net_amount) filter (where net_amount < 0 and age <= 180) as returned_180,
        min(age) filter (where net_amount < 0) as return_recency,
        count(*) filter (where is_counted and age between 336 and 365) as orders_same_month_last_year,
        count(*) filter (where is_counted and age between 366 and 395) as orders_month_before_last_year,
        count(*) filter (where is_counted and age between 306 and 335) as orders_month_after_last_year,
        avg(hour(ordered_at)) filter (where is_counted) as order_hour,
        count(*) filter (where is_counted and month(day) >= 11) as orders_nov_dec,
        count(*) filter (where is_counted and country = (select home from shop)) as orders_home
    from past
    group by customer_id
    having count(*) filter (where is_counted) > 0
),
purchase_days as (
    -- one row per customer per day with a counted order
    select customer_id, day, age, sum(net_amount) as amount
    from past
    where is_counted
    group by customer_id, day, age
),
gaps as (
    -- the same grain: how long the customer had waited before that day
    select
        customer_id, age, amount,
        lag(age) over before - age as gap,
        coalesce(12 * year(day) + month(day) <> lag(12 * year(day) + month(day)) over before, true) as opens_month
    from purchase_days
    window before as (partition by customer_id order by age desc)
),
rhythm as (
    -- one row per customer: the beat of the purchase days
    select
        customer_id,
        count(*) as purchase_days,
        min(age) as recency_days,
        max(age) as tenure_days,
        arg_min(amount, age) as last_amount,
        avg(gap) as gap_mean,
        median(gap) as gap_median,
        stddev_samp(gap) as gap_sd,
        min(gap) as gap_min,
        max(gap) as gap_max,
        arg_min(gap, age) as gap_last,
        count(*) filter (where opens_month) as months_active
    from gaps
    group by customer_id
),
basket as (
    -- one row per customer per product, so that distinct products need no set per customer
    select customer_id, product_id, min($as_of::date - day) as age, sum(quantity) as quantity, sum(amount) as amount
    from lines
    where class = 'counted' and day < $as_of::date
    group by customer_id, product_id
),
product_range as (
    select
        customer_id,
        count(*) as skus_total,
        count(*) filter (where age <= 180) as skus_180,
        sum(amount) / nullif(sum(quantity), 0) as price_mean
    from basket
    group by customer_id
)
select
    t.customer_id,
    recency_days::float as recency_days,
    tenure_days::float as tenure_days,
    purchase_days::float as purchase_days,
    orders_total::float as orders_total,
    orders_30::float as orders_30,
    orders_60::float as orders_60,
    orders_90::float as orders_90,
    orders_180::float as orders_180,
    orders_365::float as orders_365,
    spend_total::float as spend_total,
    coalesce(spend_30, 0)::float as spend_30,
    coalesce(spend_60, 0)::float as spend_60,
    coalesce(spend_90, 0)::float as spend_90,
    coalesce(spend_180, 0)::float as spend_180,
    coalesce(spend_365, 0)::float as spend_365,
    (gross_total / orders_total)::float as order_value_mean,
    order_value_sd::float as order_value_sd,
    order_value_max::float as order_value_max,
    last_amount::float as last_amount,
    (last_amount / nullif(gross_total / orders_total, 0))::float as last_to_mean,
    gap_mean::float as gap_mean,
    gap_median::float as gap_median,
    gap_sd::float as gap_sd,
    gap_min::float as gap_min,
    gap_max::float as gap_max,
    gap_last::float as gap_last,
    (recency_days / nullif(gap_median, 0))::float as overdue_median,
    (recency_days / nullif(gap_mean, 0))::float as overdue_mean,
    (recency_days / nullif(gap_max, 0))::float as overdue_max,
    orders_same_month_last_year::float as orders_same_month_last_year,
    orders_month_before_last_year::float as orders_month_before_last_year,
    orders_month_after_last_year::float as orders_month_after_last_year,
    months_active::float as months_active,
    (30.0 * orders_total / (tenure_days + 30))::float as orders_per_month,
    coalesce(skus_total, 0)::float as skus_total,
    coalesce(skus_180, 0)::float as skus_180,
    (lines_total / orders_total)::float as lines_per_order,
    price_mean::float as price_mean,
    coalesce(returned_180, 0)::float as returned_180,
    (coalesce(returned_total, 0) / nullif(gross_total, 0))::float as return_share,
    return_recency::float as return_recency,
    (orders_home / orders_total)::float as home_share,
    order_hour::float as order_hour,
    (orders_nov_dec / orders_total)::float as nov_dec_share,
    sin(2 * pi() * month($as_of::date) / 12)::float as month_sin,
    cos(2 * pi() * month($as_of::date) / 12)::float as month_cos,
    (if(days_known >= 365, month_last_year, null) / nullif(usual_month, 0))::float as season_index
from totals as t
inner join rhythm as r on r.customer_id = t.customer_id
left join product_range as g on g.customer_id = t.customer_id
cross join shop
order by t.customer_id
