-- purchase_summary: how often and how much, as the repeat-purchase and spend models want to know it.
-- Grain: one row per customer with at least one counted order strictly before $as_of.
-- A purchase is a day with counted orders: two orders on one day are one occasion, so the times are whole days.
--   x        purchases after the first one
--   t_x      days from the first to the last purchase (0 where x = 0)
--   T        days from the first purchase to $as_of (>= 1)
--   value    mean net amount of a purchase, returns booked as orders of their own not taken off
--   returned amount sent back in such orders, as a positive figure
with purchases as (
    select customer_id, day, sum(net_amount) as amount
    from orders
    where is_counted and day < $as_of::date
    group by customer_id, day
),
sent_back as (
    select customer_id, -sum(net_amount) as amount
    from orders
    where customer_id is not null and not is_counted and net_amount < 0 and day < $as_of::date
    group by customer_id
)
select
    p.customer_id,
    count(*) - 1 as x,
    max(p.day) - min(p.day) as t_x,
    $as_of::date - min(p.day) as "T",
    avg(p.amount)::double as value,
    coalesce(any_value(s.amount), 0)::double as returned
from purchases as p
left join sent_back as s on s.customer_id = p.customer_id
group by p.customer_id
order by p.customer_id
