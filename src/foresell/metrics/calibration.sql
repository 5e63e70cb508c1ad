-- PostgreSQL: calibration: predicted and observed rate by decile of customers.

-- name: rows
-- Grain: one row per decile (1 = highest probability) and test cutoff, for the served model.
select d.decile, d.cutoff, d.customers, d.predicted, d.observed
from core.backtest_deciles as d
join core.models as m on m.model_id = d.model_id and m.kind = d.model
where d.model_id = %(model_id)s

-- name: result
-- Grain: one row per decile, over all test cutoffs: means weighted by customers.
select decile, sum(predicted * customers) / sum(customers) as predicted, sum(observed * customers) / sum(customers) as observed,
    sum(customers)::bigint as customers
from rows
group by decile
order by decile
