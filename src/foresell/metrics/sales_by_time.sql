-- DuckDB: net revenue, orders and customers by month, week (from Monday) or day; $grain is 'month', 'week' or 'day'.

-- name: rows
-- Grain: one row per order with goods in it, also anonymous ones. revenue: net of returns. sold: the order again where
-- something was really sold; buyer: its customer, if known.
select
    cast(date_trunc($grain, day) as date) as name,
    day,
    order_id,
    order_key,
    net_amount as revenue,
    case when net_amount > 0 then order_id end as sold,
    case when is_counted then customer_id end as buyer
from {orders} as o
where day between coalesce($first_day, day) and coalesce($last_day, day)

-- name: result
-- Grain: one row per period, in time, also periods without sales between the first and the last.
select
    period.name,
    coalesce(sold.revenue, 0) as revenue,
    coalesce(sold.orders, 0) as orders,
    coalesce(sold.customers, 0) as customers
from (
    select cast(unnest(generate_series(min(name), max(name), cast('1 ' || $grain as interval))) as date) as name from rows
) as period
left join (
    select name, sum(revenue) as revenue, count(sold) as orders, count(distinct buyer) as customers from rows group by name
) as sold on sold.name = period.name
order by period.name
