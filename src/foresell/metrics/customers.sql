-- DuckDB: how many customers a list holds, before paging.

-- name: rows
-- Grain: one row per scored customer that the filter holds, by expected revenue.
select rank, customer_id, country, segment, rfm_score, recency_days, frequency, monetary, probability, expected_revenue
from customer_list
where {conditions}

-- name: result
select count(*) as customers from rows
