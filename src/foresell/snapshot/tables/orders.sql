-- Grain: one row per order dated before as_of that was not cancelled and has product_lines in it.
-- net_amount: its product_lines, returns subtracted; postage, fees and adjustments are not in it.
-- is_counted: a customer is known and something was really sold; what RFM and every model count as an order.
with product_lines as (
    select
        order_id,
        min(customer_id) as customer_id,
        min(ordered_at) as ordered_at,
        count(*) as lines,
        sum(amount) as net_amount
    from lines
    where class in ('counted', 'returns', 'anonymous')
    group by order_id
)
select
    g.order_id,
    o.order_key,
    g.customer_id,
    g.ordered_at,
    cast(g.ordered_at as date) as day,
    o.country,
    cast(g.lines as integer) as lines,
    cast(g.net_amount as decimal(18, 4)) as net_amount,
    g.customer_id is not null and g.net_amount > 0 as is_counted
from product_lines as g
join core.orders as o on o.order_id = g.order_id
order by g.customer_id, g.ordered_at, g.order_id
