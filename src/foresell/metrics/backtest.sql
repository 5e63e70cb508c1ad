-- PostgreSQL: the accuracy of a model in its backtest, compared with baselines and other models.

-- name: rows
-- Grain: one row per model compared, metric and test cutoff, for one population.
select model, metric, cutoff, customers, value
from core.backtests
where model_id = %(model_id)s and population = %(population)s and cutoff is not null and value <> 'NaN'

-- name: result
-- Grain: one row per model compared and metric: the mean over the test cutoffs. low, high: the 95 percent bootstrap confidence
-- interval stored with the mean.
select rows.model, rows.metric, avg(rows.value) as value, nullif(mean.low, 'NaN') as low, nullif(mean.high, 'NaN') as high,
    round(avg(rows.customers))::bigint as customers
from rows
left join core.backtests as mean
    on mean.model_id = %(model_id)s and mean.population = %(population)s and mean.cutoff is null
    and mean.model = rows.model and mean.metric = rows.metric
group by rows.model, rows.metric, mean.low, mean.high
order by rows.model, rows.metric
