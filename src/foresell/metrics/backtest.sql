-- PostgreSQL: how right a model was, out of time, beside the simpler models it was compared with.

-- name: rows
-- Grain: one row per model compared, measure and test cutoff, of one population.
select model, metric as measure, cutoff, customers, value
from core.backtests
where model_id = %(model_id)s and population = %(population)s and cutoff is not null and value <> 'NaN'

-- name: figures
-- Grain: one row per model compared and measure: the mean over the test cutoffs. low, high: the bootstrap interval (95 in 100) that
-- was stored with it.
select rows.model, rows.measure, avg(rows.value) as value, nullif(mean.low, 'NaN') as low, nullif(mean.high, 'NaN') as high,
    round(avg(rows.customers))::bigint as customers
from rows
left join core.backtests as mean
    on mean.model_id = %(model_id)s and mean.population = %(population)s and mean.cutoff is null
    and mean.model = rows.model and mean.metric = rows.measure
group by rows.model, rows.measure, mean.low, mean.high
order by rows.model, rows.measure
