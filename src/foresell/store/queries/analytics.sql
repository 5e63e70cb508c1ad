-- PostgreSQL: what the API reads and changes of segments and models. Parameters are bound by name.

-- name: rules
-- Grain: one row per segment of the newest rules, in order.
select rules_version, name, r_min, r_max, f_min, f_max, m_min, m_max, conditions, advice
from core.segment_rules
where rules_version = (select max(rules_version) from core.segment_rules)
order by position

-- name: rules_of_version
-- Grain: one row per segment of one version of the rules, in order.
select name, r_min, r_max, f_min, f_max, m_min, m_max, conditions, advice
from core.segment_rules where rules_version = %(version)s order by position

-- name: rule_versions
-- Grain: one of the newest versions of the rules, the newest first; rules: its segments in order.
select v.rules_version, v.saved_at, v.saved_by, v.restored_from,
    (select jsonb_agg(to_jsonb(r) order by r.position) from core.segment_rules as r
     where r.rules_version = v.rules_version) as rules
from core.list_segment_rule_versions(%(newest)s) as v
order by v.rules_version desc

-- name: rules_of_run
select rules_version from core.runs where run_id = %(run_id)s

-- name: save_rules
select core.save_segment_rules(%(rules)s, %(restored)s) as version

-- name: run_before
-- The newest run with an earlier day that still has its scores.
select run_id, as_of from core.runs
where as_of < %(as_of)s and state in ('published', 'superseded', 'withdrawn') and customers_scored > 0
order by as_of desc, run_id desc
limit 1

-- name: run_with_scores
select run_id, as_of from core.runs
where run_id = %(run_id)s and state in ('published', 'superseded', 'withdrawn') and customers_scored > 0

-- name: models
-- Grain: one row per training, the newest first. serving: it answered its task in this run.
select m.model_id, m.task, m.kind, m.as_of, m.state, m.reason, m.trained_at, a.run_id is not null as serving
from core.models as m
left join core.run_models as a on a.model_id = m.model_id and a.run_id = %(run_id)s
order by m.model_id desc
limit 500

-- name: tasks
-- Grain: one row per task of this run. sentence: why this model, why trained or not, or why none answers.
select a.task, a.model_id, a.level, a.sentence, m.kind, m.as_of
from core.run_models as a
left join core.models as m using (model_id)
where a.run_id = %(run_id)s
order by a.task

-- name: model
select m.model_id, m.task, m.kind, m.as_of, m.state, m.reason, m.trained_at, a.run_id is not null as serving, m.card
from core.models as m
left join core.run_models as a on a.model_id = m.model_id and a.run_id = %(run_id)s
where m.model_id = %(model_id)s

-- name: populations
select distinct population from core.backtests where model_id = %(model_id)s order by population

-- name: cutoffs
-- Grain: one row per test cutoff and metric of the model that was trained, on one population.
select b.cutoff, b.metric, b.customers, b.value, b.low, b.high
from core.backtests as b
join core.models as m on m.model_id = b.model_id and (m.kind = b.model or m.task = 'revenue_forecast')
where b.model_id = %(model_id)s and b.population = %(population)s and b.cutoff is not null
order by b.cutoff, b.metric

-- name: threshold
-- The threshold of the served model (mean of the thresholds chosen at earlier cutoffs) and its result: means over the test
-- cutoffs, scaled to all customers where the backtest used a sample.
with mean as (
    select b.metric, b.value, coalesce((m.card ->> 'share_of_customers')::double precision, 1) as share
    from core.backtests as b
    join core.models as m on m.model_id = b.model_id and m.kind = b.model
    where b.model_id = %(model_id)s and b.population = 'all' and b.cutoff is null
),
found as (
    select max(value) filter (where metric = 'threshold') as threshold,
        max(value / share) filter (where metric = 'true_positive') as tp,
        max(value / share) filter (where metric = 'false_positive') as fp,
        max(value / share) filter (where metric = 'false_negative') as fn
    from mean
)
select threshold, tp + fp as calls, tp as sales, tp / nullif(tp + fp, 0) as precision, tp / nullif(tp + fn, 0) as recall
from found
where threshold is not null and tp is not null

-- name: targets
-- Grain: one row per target of the models in use in this run.
select m.model_id, goal.*
from core.run_models as a
join core.models as m using (model_id)
cross join jsonb_to_recordset(m.card -> 'targets') as goal (
    task text, population text, metric text, goal double precision, value double precision, low double precision,
    baseline double precision, verdict text, sentence text)
where a.run_id = %(run_id)s
order by goal.task, goal.population, goal.metric

-- name: withdraw
select core.withdraw_model(%(task)s) as model_id

-- name: forecast_accuracy
-- The months in the backtest of this run's forecast: how many, their mean accuracy, the verdict.
select count(*) as months, avg(b.value) as value, m.reason as sentence
from core.run_models as a
join core.models as m using (model_id)
join core.backtests as b
    on b.model_id = m.model_id and b.model = 'ours' and b.population = 'revenue' and b.metric = 'accuracy'
    and b.cutoff is not null and b.value <> 'NaN'
where a.run_id = %(run_id)s and a.task = 'revenue_forecast'
group by m.model_id, m.reason
