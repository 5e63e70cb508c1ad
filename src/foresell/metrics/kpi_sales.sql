-- DuckDB: net revenue, orders, active customers and the average order value of a period.

-- name: rows
-- Grain: one row per order with goods in it and within the period, also anonymous ones. revenue: net of returns. sold: the
-- order again where something was really sold, sold_for: for how much; buyer: its customer, if known.
select
    day,
    order_id,
    order_key,
    net_amount as revenue,
    case when net_amount > 0 then order_id end as sold,
    case when net_amount > 0 then net_amount end as sold_for,
    case when is_counted then customer_id end as buyer
from {orders} as o
where day between $first_day and $last_day

-- name: result
-- Grain: one row.
select coalesce(sum(revenue), 0) as revenue, count(sold) as orders, count(distinct buyer) as customers,
    sum(sold_for) / nullif(count(sold_for), 0) as average_order_value
from rows
