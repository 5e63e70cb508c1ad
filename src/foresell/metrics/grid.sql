-- DuckDB: customers by recency and frequency score.

-- name: rows
-- Grain: one row per scored customer.
select r, f, customer_id, segment, recency_days, frequency, monetary as revenue
from rfm_scores

-- name: figures
-- Grain: one row per cell of the 5 x 5 grid, the best recency first, then the best frequency.
select cast(cell.r as integer) as r, cast(cell.f as integer) as f, count(rows.customer_id) as customers,
    coalesce(sum(rows.revenue), 0) as revenue
from (select r.v as r, f.v as f from range(1, 6) as r (v) cross join range(1, 6) as f (v)) as cell
left join rows on rows.r = cell.r and rows.f = cell.f
group by cell.r, cell.f
order by cell.r desc, cell.f desc
