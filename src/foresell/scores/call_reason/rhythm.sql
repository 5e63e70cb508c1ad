-- rhythm: how a customer's purchases follow one another.
-- Grain: one row per customer with a purchase that was kept, strictly before $as_of, by customer_id. Reads net_orders.sql.
-- A purchase is a day with orders of which more than 5 % was kept, so an order that was undone breaks no rhythm.
--   purchases      number of purchase days
--   silent_days    days from the last purchase to $as_of
--   median_gap     median of the days between purchases; null with one purchase
--   long_gap       90 % of the days between purchases are no longer (linear interpolation)
--   first_amount   net amount of the first purchase
--   year_before    net amount of the 365 days up to the last purchase, that day included
with purchase_days as (
    select customer_id, day, sum(net) as amount
    from ({net_orders})
    where not is_void
    group by customer_id, day
    having sum(net) > 0
),
gaps as (
    select
        customer_id,
        day,
        amount,
        day - lag(day) over (partition by customer_id order by day) as gap,
        max(day) over (partition by customer_id) as last_day
    from purchase_days
)
select
    customer_id,
    count(*) as purchases,
    $as_of::date - max(day) as silent_days,
    median(gap)::double as median_gap,
    quantile_cont(gap, 0.9)::double as long_gap,
    arg_min(amount, day)::double as first_amount,
    sum(amount) filter (where day > last_day - 365)::double as year_before
from gaps
group by customer_id
order by customer_id
