-- DuckDB: net revenue, orders and customers by the country the order went to.

-- name: rows
-- Grain: one row per order with goods in it, also anonymous ones. revenue: net of returns. sold: the order again where
-- something was really sold; buyer: its customer, if known.
select
    coalesce(o.country, 'Unknown') as name,
    o.day,
    o.order_id,
    o.order_key,
    o.net_amount as revenue,
    case when o.net_amount > 0 then o.order_id end as sold,
    case when o.is_counted then o.customer_id end as buyer
from {orders} as o
where o.day between coalesce($first_day, o.day) and coalesce($last_day, o.day)

-- name: result
-- Grain: one row per country, the most revenue first.
select name, sum(revenue) as revenue, count(sold) as orders, count(distinct buyer) as customers
from rows
group by name
order by revenue desc, name
