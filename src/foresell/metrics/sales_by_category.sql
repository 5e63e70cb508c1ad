-- DuckDB: net revenue, orders and customers by category of goods.

-- name: rows
-- Grain: one row per order line of goods, also anonymous ones; returns are negative. sold: the order, where the line is a
-- sale; buyer: its customer, if known.
select
    p.category as name,
    l.day,
    l.order_id,
    l.line_no,
    p.sku,
    l.amount as revenue,
    case when l.amount > 0 then l.order_id end as sold,
    case when l.amount > 0 then l.customer_id end as buyer
from lines as l
join products as p using (product_id)
where l.class in ('counted', 'returns', 'anonymous')
    and p.category = coalesce($category, p.category)
    and l.day between coalesce($first_day, l.day) and coalesce($last_day, l.day)

-- name: result
-- Grain: one row per category, the most revenue first. An order with goods of two categories counts in both.
select name, sum(revenue) as revenue, count(distinct sold) as orders, count(distinct buyer) as customers
from rows
group by name
order by revenue desc, name
