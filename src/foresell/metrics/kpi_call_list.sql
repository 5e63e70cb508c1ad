-- DuckDB: the expected revenue of all customers in the next 30 days.

-- name: rows
-- Grain: one row per customer with a prediction, highest expected revenue first. expected_revenue: expected net revenue of the next
-- 30 days, all orders.
select rank, customer_id, probability, expected_order_value, cast(expected_revenue as decimal(18, 4)) as expected_revenue
from customer_list
where expected_revenue is not null

-- name: result
-- Grain: one row.
select sum(expected_revenue) as expected_revenue from rows
