-- PostgreSQL: predictions of past runs compared with what was observed, over all customers of the shop.

-- name: rows
-- Grain: one row per run, task and decile of customers (1 = highest prediction) whose prediction window has closed.
select o.run_id, o.task, o.name::integer as decile, o.customers, o.predicted, o.observed
from core.prediction_outcomes as o
where o.grouping = 'decile' and o.task = coalesce(%(task)s, o.task)

-- name: result
-- Grain: one row per run, task and group: all customers, each decile, each segment at the time of the run.
select o.run_id, r.as_of, o.task, o.horizon_days, o.grouping, o.name, o.customers, o.predicted, o.observed, o.model_id, m.kind
from core.prediction_outcomes as o
join core.runs as r using (run_id)
left join core.models as m using (model_id)
where o.grouping = coalesce(%(grouping)s, o.grouping) and o.task = coalesce(%(task)s, o.task)
order by o.task, r.as_of, o.run_id, o.grouping, o.name
