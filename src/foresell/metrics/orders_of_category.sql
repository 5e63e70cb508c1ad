-- DuckDB: the orders of one category, in place of all of them where a statement says {orders}.

-- name: orders
-- Grain: one row per order with goods of the category. net_amount: these goods only, returns subtracted.
select o.* replace (part.net_amount as net_amount, o.customer_id is not null and part.net_amount > 0 as is_counted)
from orders as o
join (
    select l.order_id, cast(sum(l.amount) as decimal(18, 4)) as net_amount
    from lines as l
    join products as p using (product_id)
    where l.class in ('counted', 'returns', 'anonymous') and p.category = $category
    group by l.order_id
) as part using (order_id)
