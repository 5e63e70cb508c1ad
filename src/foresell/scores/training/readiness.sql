-- readiness: what a shop's history has to offer before any model is tried. Grain: one row.
-- `known_then` and `returned` are the latest closed window of $horizon days: who could have ordered in it, and who did.
with people as (
    -- one row per customer with a counted order before $as_of
    select customer_id, count(distinct day) as purchase_days, min(day) as first_day, max(day) as last_day
    from orders
    where is_counted and day < $as_of::date
    group by customer_id
),
history as (
    select min(day) as first_day, max(day) as last_day, count(*) as orders, count(distinct day) as days_with_orders
    from orders
    where is_counted and day < $as_of::date
)
select
    (select count(*) from people) as customers,
    (select count(*) from people where purchase_days > 1) as repeaters,
    (select count(*) from people where first_day < $as_of::date - $horizon) as known_then,
    (
        select count(*) from people
        where first_day < $as_of::date - $horizon and last_day >= $as_of::date - $horizon
    ) as returned,
    orders,
    days_with_orders,
    first_day,
    last_day,
    coalesce(last_day - first_day + 1, 0) as days_covered,
    coalesce($as_of::date - last_day, 0) as days_since_last
from history
