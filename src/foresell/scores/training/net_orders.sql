-- net_orders: what each order was worth once returns are deducted from the purchase they undo.
-- Grain: one row per order of a known customer with products sold in it, strictly before $as_of.
--   gross     products sold
--   returned  the part of it that came back: each returned line is matched to the customer's latest earlier purchase of the
--             same product, and deducts at most what that purchase cost
--   net       gross - returned
--   is_void   5 % or less of the order was kept: it was undone, and is not a purchase
-- Returns without an earlier purchase are deducted from no order.
with sold as (
    select customer_id, product_id, ordered_at, max(order_id) as order_id, min(day) as day, sum(amount) as amount
    from lines
    where class = 'counted' and day < $as_of::date
    group by customer_id, product_id, ordered_at
),
returned_lines as (
    select customer_id, product_id, ordered_at, -sum(amount) as amount
    from lines
    where class = 'returns' and day < $as_of::date
    group by customer_id, product_id, ordered_at
),
matched as (
    select s.customer_id, s.product_id, s.ordered_at, sum(r.amount) as amount
    from returned_lines as r
    asof join sold as s
        on r.customer_id = s.customer_id and r.product_id = s.product_id and r.ordered_at >= s.ordered_at
    group by s.customer_id, s.product_id, s.ordered_at
),
kept as (
    select s.customer_id, s.order_id, s.day, s.amount, least(s.amount, coalesce(m.amount, 0)) as returned
    from sold as s
    left join matched as m
        on m.customer_id = s.customer_id and m.product_id = s.product_id and m.ordered_at = s.ordered_at
)
select
    customer_id,
    order_id,
    min(day) as day,
    sum(amount) as gross,
    sum(returned) as returned,
    sum(amount) - sum(returned) as net,
    sum(amount) - sum(returned) <= 0.05 * sum(amount) as is_void
from kept
group by customer_id, order_id
order by customer_id, day, order_id
