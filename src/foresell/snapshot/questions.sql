-- DuckDB: what is asked of a published snapshot. Parameters are bound; a null one does not filter.

-- name: customers
-- Grain: one row per scored customer. category: bought something of it (counted lines).
select s.customer_id, c.country, s.last_purchase_day, s.recency_days, s.frequency, s.monetary, s.r, s.f, s.m,
    s.rfm_score, s.segment
from rfm_scores as s
join customers as c using (customer_id)
where ($segment is null or lower(s.segment) = lower($segment))
    and ($first_day is null or s.last_purchase_day >= $first_day)
    and ($last_day is null or s.last_purchase_day <= $last_day)
    and ($category is null or s.customer_id in (
        select l.customer_id from lines as l join products as p using (product_id)
        where l.class = 'counted' and lower(p.category) = lower($category)))

-- name: segments
-- Grain: one row per segment of the rules, also empty ones. revenue: net, of the customers in it.
select r.name as segment, count(s.customer_id) as customers, coalesce(sum(s.monetary), 0)::decimal(20, 4) as revenue,
    median(s.recency_days) as median_recency_days, r.advice
from segment_rules as r
left join rfm_scores as s on s.segment = r.name
group by r.position, r.name, r.advice
order by r.position

-- name: customer
-- Grain: the one customer asked for; scores are null when there is no counted order.
select c.customer_id, c.country, c.signup_date, s.* exclude (customer_id), m.as_of
from customers as c
left join rfm_scores as s using (customer_id)
cross join meta as m
where c.customer_id = $customer_id

-- name: orders_of_customer
-- Grain: one row per order of the customer with goods in it, newest first. Their net amounts add up to monetary.
select order_id, order_key, day, lines, net_amount, is_counted
from orders where customer_id = $customer_id
order by ordered_at desc, order_id desc

-- name: cut_points
-- Grain: one row per axis and score: the range of values that earned it.
select 'recency_days' as axis, r as score, min(recency_days)::decimal(18, 4) as lowest, max(recency_days)::decimal(18, 4) as highest, count(*) as customers
from rfm_scores group by r
union all
select 'frequency', f, min(frequency), max(frequency), count(*) from rfm_scores group by f
union all
select 'monetary', m, min(monetary), max(monetary), count(*) from rfm_scores group by m
order by axis, score desc

-- name: categories
-- Grain: one row per category of goods.
select category, bool_and(category_derived) as derived, count(*) as products
from products where kind = 'product' group by category order by category

-- name: call_list
-- Grain: one row per customer with a prediction. reasons: up to three, the strongest first.
select p.customer_id, c.country, s.segment, s.rfm_score, s.recency_days, s.last_purchase_day, p.probability,
    p.expected_order_value, p.expected_value, p.churn_state, p.churn_90, p.value_12m, p.value_band,
    (select string_agg(r.sentence, '; ' order by r.rank) from prediction_reasons as r
        where r.customer_id = p.customer_id and r.rank <= 3) as reasons
from predictions as p
join rfm_scores as s using (customer_id)
join customers as c using (customer_id)
where p.probability is not null
    and ($segment is null or lower(s.segment) = lower($segment))
    and ($first_day is null or s.last_purchase_day >= $first_day)
    and ($last_day is null or s.last_purchase_day <= $last_day)
    and ($state is null or p.churn_state = $state)
    and ($least is null or p.probability >= $least)
    and ($category is null or s.customer_id in (
        select l.customer_id from lines as l join products as p using (product_id)
        where l.class = 'counted' and lower(p.category) = lower($category)))

-- name: prediction
-- Grain: the one customer asked for.
select * exclude (customer_id) from predictions where customer_id = $customer_id

-- name: reasons
-- Grain: one row per reason of the customer.
select rank, theme, direction, points, sentence from prediction_reasons where customer_id = $customer_id order by rank

-- name: forecast
-- Grain: one row per period and target, in time.
select grain, starts, ends, target, known, expected, low, high, method, note
from forecasts
order by case grain when 'month' then 1 when 'quarter' then 2 else 3 end, starts, target desc
