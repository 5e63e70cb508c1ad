-- DuckDB: the expected revenue of the call list in the next 30 days.

-- name: rows
-- Grain: one row per customer with a prediction, the one to call first on top. expected_value: expected net revenue of the next
-- 30 days, all orders.
select rank, customer_id, probability, expected_order_value, cast(expected_value as decimal(18, 4)) as expected_value
from customer_list
where expected_value is not null

-- name: result
-- Grain: one row.
select sum(expected_value) as expected_value from rows
