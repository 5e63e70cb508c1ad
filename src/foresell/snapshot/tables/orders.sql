-- Grain: one row per order dated before as_of that was not cancelled and has goods in it.
-- net_amount: its goods, returns subtracted; postage, fees and adjustments are not in it.
-- is_counted: a customer is known and something was really sold; what RFM and every model count as an order.
select
    l.order_id,
    o.order_key,
    l.customer_id,
    l.ordered_at,
    l.day,
    o.country,
    cast(count(*) as integer) as lines,
    cast(sum(l.amount) as decimal(18, 4)) as net_amount,
    l.customer_id is not null and sum(l.amount) > 0 as is_counted
from lines as l
join truth.orders as o on o.order_id = l.order_id
where l.class in ('counted', 'returns', 'anonymous')
group by l.order_id, o.order_key, l.customer_id, l.ordered_at, l.day, o.country
order by l.customer_id, l.ordered_at, l.order_id
