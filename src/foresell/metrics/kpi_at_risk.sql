-- DuckDB: what the customers at risk of leaving brought in the 365 days before as_of.

-- name: rows
-- Grain: one row per customer whose churn state is 'at risk' and who had an order in these days. revenue: net of returns.
select o.customer_id, count(*) as orders, sum(o.net_amount) as revenue
from orders as o
semi join (select customer_id from customer_list where churn_state = 'at risk') as c on c.customer_id = o.customer_id
where o.day >= (select as_of - 365 from meta)
group by o.customer_id

-- name: result
-- Grain: one row; null where no model says who is at risk.
select case when (select count(churn_state) from customer_list) > 0 then coalesce(sum(revenue), 0) end as at_risk_revenue
from rows
