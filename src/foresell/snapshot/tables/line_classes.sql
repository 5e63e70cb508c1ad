-- Grain: one row per class of line. Together they are every line of the database, in number and in money.
select class, count(*) as lines, cast(sum(amount) as decimal(20, 4)) as amount
from lines
group by class
union all
select 'later' as class, count(*) as lines, cast(coalesce(sum(i.amount), 0) as decimal(20, 4)) as amount
from core.order_items as i
join core.orders as o on o.order_id = i.order_id
where o.ordered_at >= cast($as_of as date)
