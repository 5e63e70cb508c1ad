-- Grain: one row per order line dated before as_of, sorted by customer and time.
-- class says what the line counts as; the first that applies:
--   cancelled    its order was cancelled: it counts nowhere
--   non_product  postage, fees, adjustments, vouchers: no revenue from goods
--   anonymous    without a customer to score; counts in revenue
--   returns      goods that came back: subtracted
--   counted      everything else
with placed as (
    -- The few orders are put in their place, so that the many lines are sorted by two whole numbers.
    select
        o.order_id,
        o.ordered_at,
        o.status,
        r.customer_id,
        row_number() over (order by r.customer_id, o.ordered_at, o.order_id) as place
    from core.orders as o
    left join core.customer_records as r on r.record_id = o.record_id
    where o.ordered_at < cast($as_of as date)
)
select
    o.customer_id,
    i.order_id,
    i.line_no,
    o.ordered_at,
    cast(o.ordered_at as date) as day,
    i.product_id,
    i.quantity,
    i.amount,
    case
        when o.status = 'cancelled' then 'cancelled'
        when p.kind = 'non_product' then 'non_product'
        when o.customer_id is null then 'anonymous'
        when i.amount < 0 or i.quantity < 0 then 'returns'
        else 'counted'
    end as class
from core.order_items as i
join placed as o on o.order_id = i.order_id
join core.products as p on p.product_id = i.product_id
order by o.place, i.line_no
