-- DuckDB: net revenue, orders and customers by month or week (from Monday); $grain is 'month' or 'week'.

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
from orders
where day between coalesce($first_day, day) and coalesce($last_day, day)

-- name: figures
-- Grain: one row per period, in time, also periods without sales between the first and the last.
select
    cast(period.name as date) as name,
    coalesce(sum(rows.revenue), 0) as revenue,
    count(rows.sold) as orders,
    count(distinct rows.buyer) as customers
from (
    select unnest(generate_series(min(name), max(name), cast('1 ' || $grain as interval))) as name from rows
) as period
left join rows on rows.name = period.name
group by period.name
order by period.name
