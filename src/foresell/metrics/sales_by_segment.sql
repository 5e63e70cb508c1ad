-- DuckDB: net revenue, orders and customers by the segment its customer is in now.

-- name: rows
-- Grain: one row per order with goods in it, also anonymous ones. revenue: net of returns. sold: the order again where
-- something was really sold; buyer: its customer, if known.
select
    coalesce(s.segment, case when o.customer_id is null then 'Anonymous' else 'Not scored' end) as name,
    o.day,
    o.order_id,
    o.order_key,
    o.net_amount as revenue,
    case when o.net_amount > 0 then o.order_id end as sold,
    case when o.is_counted then o.customer_id end as buyer
from {orders} as o
left join rfm_scores as s on s.customer_id = o.customer_id
where o.day between coalesce($first_day, o.day) and coalesce($last_day, o.day)

-- name: result
-- Grain: one row per segment, the most revenue first.
select name, sum(revenue) as revenue, count(sold) as orders, count(distinct buyer) as customers
from rows
group by name
order by revenue desc, name
