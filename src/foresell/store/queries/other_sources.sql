-- PostgreSQL: what a file has in common with what is loaded from other sources.

-- name: same_file
-- The newest batch of exactly this file in each other source.
select source, max(batch_id) as batch_id from load_batches
where file_sha256 = %(file_sha256)s and source <> %(source)s and state = 'loaded'
group by source order by 2 desc

-- name: has_orders
-- Whether another source has orders to compare with.
select exists (
    select from load_batches where source <> %(source)s and record_type = 'orders' and state = 'loaded'
) as known

-- name: same_orders
-- Of the given orders, those that another source has under the same number, at the same time and of the same amount.
select o.source, count(*) as orders
from (select distinct source from load_batches where source <> %(source)s and record_type = 'orders' and state = 'loaded') as s
cross join unnest(%(keys)s::text[], %(times)s::timestamp[], %(amounts)s::numeric[]) as w (order_key, ordered_at, amount)
join orders as o on o.source = s.source and o.order_key = w.order_key
where o.ordered_at = w.ordered_at
    and w.amount = (select sum(i.amount) from order_items as i where i.order_id = o.order_id)
group by o.source order by 2 desc
