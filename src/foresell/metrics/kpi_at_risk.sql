-- DuckDB: what the customers at risk of leaving brought in the 365 days before as_of.

-- name: rows
-- Grain: one row per customer whose churn state is 'at risk' and who had an order in these days. revenue: net of returns.
select c.customer_id, c.churn_90, count(*) as orders, sum(o.net_amount) as revenue
from customer_list as c
join orders as o on o.customer_id = c.customer_id
cross join meta
where c.churn_state = 'at risk' and o.day >= meta.as_of - 365
group by c.customer_id, c.churn_90

-- name: figures
-- Grain: one row; null where no model says who is at risk.
select case when (select count(churn_state) from customer_list) > 0 then coalesce(sum(revenue), 0) end as at_risk_revenue
from rows
