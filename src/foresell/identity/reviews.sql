-- PostgreSQL: pairs to review and decisions, for the API, behind row security. Parameters are bound by name.

-- name: open
-- Grain: one open review that matches, the highest value at stake first, then the oldest. same_pattern: open reviews with
-- equal evidence. total: how many match.
with waiting as (
    select r.*, count(*) over (partition by r.pattern, r.why) as same_pattern
    from identity.reviews as r where r.closed_at is null
)
select w.review_id, w.record_a, w.record_b, w.why, w.weight, w.value_at_stake::double precision as value_at_stake, w.pattern,
    w.opened_at, w.same_pattern, m.levels, m.verdict, count(*) over () as total
from waiting as w
left join identity.match_pairs as m on m.record_a = w.record_a and m.record_b = w.record_b
where (%(why)s::text is null or w.why = %(why)s)
    and (%(pattern)s::text is null or w.pattern = %(pattern)s)
    and (%(min_value)s::double precision is null or w.value_at_stake >= %(min_value)s)
    and (%(min_days)s::integer is null or w.opened_at <= now() - make_interval(days => %(min_days)s))
    and (%(customers)s::text[] is null or exists (
        select from web.customer_records as c
        where c.record_id in (w.record_a, w.record_b) and c.customer_id = any (%(customers)s)))
order by w.value_at_stake desc, w.review_id
limit %(limit)s offset %(start)s

-- name: review
select r.review_id, r.record_a, r.record_b, r.why, r.weight, r.value_at_stake::double precision as value_at_stake, r.pattern,
    r.opened_at, r.closed_at, r.closed_because, m.levels, m.verdict,
    (select count(*) from identity.reviews as s
        where s.closed_at is null and s.pattern = r.pattern and s.why = r.why) as same_pattern
from identity.reviews as r
left join identity.match_pairs as m on m.record_a = r.record_a and m.record_b = r.record_b
where r.review_id = %(review_id)s

-- name: decisions_of
-- Grain: one decision about this pair, the newest first.
select d.decision_id, d.verdict, d.decided_at, d.revoked_at, d.reason, d.move_id,
    case when d.user_id is not null then jsonb_build_object('user_id', d.user_id, 'name', u.name) end as user
from identity.decisions as d left join access.users as u on u.user_id = d.user_id
where d.record_a = %(record_a)s and d.record_b = %(record_b)s
order by d.decision_id desc
limit 20

-- name: decided
-- Grain: one decision in force, the newest first. total: how many there are.
select d.decision_id, d.record_a, d.record_b, d.verdict, d.decided_at, d.reason, d.move_id, count(*) over () as total,
    case when d.user_id is not null then jsonb_build_object('user_id', d.user_id, 'name', u.name) end as user
from identity.decisions as d left join access.users as u on u.user_id = d.user_id
where d.revoked_at is null and exists (
    select from identity.reviews as r where r.record_a = d.record_a and r.record_b = d.record_b)
order by d.decision_id desc
limit %(limit)s offset %(start)s

-- name: of_pattern
-- Grain: one open review of this pattern and reason, the highest value at stake first.
select review_id from identity.reviews
where closed_at is null and pattern = %(pattern)s and why = %(why)s
order by value_at_stake desc, review_id
limit %(limit)s

-- name: decide
-- Grain: one review that was decided.
select review_id, decision_id, move_id from identity.web_decide(%(ids)s, %(verdict)s, %(reason)s)

-- name: undo
-- Grain: one decision that was undone.
select decision_id, record_a, record_b from identity.web_undo_decisions(%(ids)s)

-- name: pairs
-- Grain: one pair with stored evidence, each record on one of the two sides, the strongest first.
select record_a, record_b, run_id, weight, levels, verdict from identity.match_pairs
where (record_a = any (%(left)s) and record_b = any (%(right)s)) or (record_a = any (%(right)s) and record_b = any (%(left)s))
order by weight desc
limit %(limit)s

-- name: no_pair
select identity.why_no_pair(%(a)s, %(b)s) as why

-- name: queue
-- Grain: one reason of open reviews: how many, their value, and since when the oldest waits.
select why, count(*) as reviews, sum(value_at_stake)::double precision as value_at_stake, min(opened_at) as oldest
from identity.reviews where closed_at is null group by why order by 2 desc

-- name: precision
-- Grain: one row; see identity.measure_precision.
select decided, same, merge_weight from identity.web_precision()

-- name: decided_since
-- Grain: one verdict in force: how many in the last 30 days.
select verdict, count(*) as decisions from identity.decisions
where revoked_at is null and user_id is not null and decided_at > now() - interval '30 days' group by verdict

-- name: runs
-- Grain: one comparison of all records, the newest first.
select run_id, started_at, finished_at, state, counts, timings, message from identity.match_runs
order by run_id desc limit %(limit)s

-- name: changed_by_run
-- How many customers a run merged or split, without what was undone since.
select count(distinct c.customer_id) as customers
from identity.moves as m join identity.move_customers as c using (move_id)
where m.run_id = %(run_id)s and m.undone_at is null

-- name: models
-- Grain: one matching model, the newest first.
select m.model_id, m.kind, m.state, m.card, m.trained_at, m.decided_at,
    (m.body::json -> 'thresholds' ->> 'merge')::double precision as merge_weight,
    (m.body::json -> 'thresholds' ->> 'review')::double precision as review_weight,
    case when m.decided_by is not null then jsonb_build_object('user_id', m.decided_by, 'name', u.name) end as decided_by
from identity.match_models as m left join access.users as u on u.user_id = m.decided_by
order by m.model_id desc limit %(limit)s

-- name: lock_model
select model_id, kind, state from identity.match_models where model_id = %(model_id)s for update

-- name: replace_served
update identity.match_models set state = 'replaced' where kind = %(kind)s and state = 'served'

-- name: judge_model
update identity.match_models set state = %(state)s, decided_at = now(), decided_by = %(user_id)s
where model_id = %(model_id)s and state = 'proposed'
returning model_id, kind, state
