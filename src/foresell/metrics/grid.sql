-- DuckDB: customers by recency and frequency score.

-- name: rows
-- Grain: one row per scored customer.
select r, f, customer_id, segment, recency_days, frequency, monetary as revenue
from rfm_scores

-- name: result
-- Grain: one row per cell of the 5 x 5 grid, the best recency first, then the best frequency.
select cell.r, cell.f, coalesce(held.customers, 0) as customers, coalesce(held.revenue, 0) as revenue
from (
    select cast(r.v as smallint) as r, cast(f.v as smallint) as f
    from range(1, 6) as r (v) cross join range(1, 6) as f (v)
) as cell
left join (select r, f, count(*) as customers, sum(revenue) as revenue from rows group by r, f) as held
    on held.r = cell.r and held.f = cell.f
order by cell.r desc, cell.f desc
