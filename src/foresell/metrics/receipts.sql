-- PostgreSQL: what runs said and what came of it, of the shop as a whole whoever asks.

-- name: rows
-- Grain: one row per run, task and tenth of the customers by what was said (1: the highest), of promises whose time has come.
select g.run_id, g.task, g.name::integer as tenth, g.customers, g.predicted as said, g.observed as happened
from core.prediction_outcomes as g
where g.grouping = 'decile' and g.task = coalesce(%(task)s, g.task)

-- name: figures
-- Grain: one row per run, task and group: all customers together, each tenth, each segment as it was then.
select g.run_id, r.as_of, g.task, g.horizon_days, g.grouping, g.name, g.customers, g.predicted as said, g.observed as happened, g.model_id, m.kind
from core.prediction_outcomes as g
join core.runs as r using (run_id)
left join core.models as m using (model_id)
where g.grouping = coalesce(%(grouping)s, g.grouping) and g.task = coalesce(%(task)s, g.task)
order by g.task, r.as_of, g.run_id, g.grouping, g.name
