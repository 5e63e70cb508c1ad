-- PostgreSQL: models, their predictions and the outcomes. Parameters are ADBC's ($1) in statements with bulk data,
-- psycopg's (%(name)s) in the others.

-- name: serving_models
-- The newest served model of each task on a day: trained for that day or an earlier one, neither refused nor withdrawn.
select distinct on (task) model_id, task, kind, as_of, reason, body, card
from models where as_of <= %(as_of)s and state = 'served'
order by task, as_of desc, model_id desc

-- name: save_model
insert into models (task, kind, as_of, state, reason, body, card)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)
returning model_id

-- name: save_run_model
insert into run_models (run_id, task, model_id, level, sentence) values ($1, $2, $3, $4, $5)

-- name: models
select model_id, task, kind, as_of, state, reason, trained_at, card -> 'metrics' as metrics
from models order by model_id desc limit %(limit)s

-- name: model
select * from models where model_id = %(model_id)s

-- name: metrics
select model, population, cutoff, customers, metric, value, low, high from backtests
where model_id = %(model_id)s order by model, population, cutoff nulls first, metric

-- name: deciles
select model, cutoff, decile, customers, predicted, observed, lift from backtest_deciles
where model_id = %(model_id)s order by model, cutoff, decile

-- name: withdraw
-- The newest served model of a task; the one before it serves from the next refresh on.
update models set state = 'withdrawn'
where model_id = (select model_id from models where task = %(task)s and state = 'served' order by as_of desc, model_id desc limit 1)
returning model_id

-- name: run_models
select task, model_id, level, sentence from run_models where run_id = %(run_id)s order by task

-- name: runs_to_observe
-- Runs with predictions of a task whose window has closed by a day and that have no outcome yet.
select r.run_id, r.as_of, m.model_id
from runs as r
join run_models as m on m.run_id = r.run_id and m.task = %(task)s and m.level <> 'off'
where r.as_of + %(horizon)s <= %(today)s
    and r.state in ('published', 'superseded', 'withdrawn')
    and not exists (select from prediction_outcomes as o where o.run_id = r.run_id and o.task = %(task)s)
order by r.run_id

-- name: issued_predictions
-- The predictions of one run. {column} is a column name of the code, never a user's text.
select p.customer_id, p.{column} as predicted, s.segment
from predictions as p join rfm_scores as s using (run_id, customer_id)
where p.run_id = $1 and p.{column} is not null

-- name: outcomes
select o.run_id, r.as_of, o.task, o.horizon_days, o.grouping, o.name, o.customers, o.predicted, o.observed, o.model_id, m.kind
from prediction_outcomes as o join runs as r using (run_id) left join models as m using (model_id)
order by o.task, r.as_of, o.run_id, o.grouping, o.name

-- name: last_calibration_error
-- Mean absolute difference of predicted and observed over the deciles of the latest purchase outcomes.
select sum(customers * abs(predicted - observed)) / sum(customers) as error
from prediction_outcomes
where task = 'purchase' and grouping = 'decile' and run_id = (
    select run_id from prediction_outcomes join runs using (run_id) where task = 'purchase' order by runs.as_of desc, run_id desc limit 1)
