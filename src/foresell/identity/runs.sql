-- PostgreSQL: runs, models, reviews and decisions. Parameters are bound by name.

-- name: start
insert into identity.match_runs default values returning run_id

-- name: fail
update identity.match_runs set state = 'failed', finished_at = now(), message = %(message)s where run_id = %(run_id)s

-- name: finish
update identity.match_runs
set state = 'finished', finished_at = now(), counts = %(counts)s, timings = %(timings)s, message = %(message)s
where run_id = %(run_id)s

-- name: abandon
-- Runs whose process is gone: only one runs at a time.
update identity.match_runs set state = 'failed', finished_at = now(), message = 'It was interrupted.' where state = 'running'

-- name: take_lock
select pg_try_advisory_lock(hashtext('foresell identity run')) as taken

-- name: records_wait
-- Whether there are records with a name or contact details that were never compared.
select exists (
    select from core.customer_records as r
    where (r.name is not null or r.contact is not null)
        and not exists (select from identity.compared_records as c where c.record_id = r.record_id)) as wait

-- name: reviews
-- Grain: one open review, the highest value at stake first.
select review_id, record_a, record_b, x.customer_id as customer_a, y.customer_id as customer_b, why, weight,
    value_at_stake::double precision as value_at_stake, pattern, opened_at
from identity.reviews as r
join core.customer_records as x on x.record_id = r.record_a
join core.customer_records as y on y.record_id = r.record_b
where closed_at is null
order by value_at_stake desc, review_id
limit %(limit)s

-- name: precision
-- Grain: one row; see identity.measure_precision.
select decided, same, merge_weight from identity.measure_precision()

-- name: decided
-- Grain: one review with a decision in force, the newest first.
select r.review_id, x.customer_id as customer_a, y.customer_id as customer_b, d.verdict, d.decided_at, d.reason,
    coalesce(u.name, 'command line') as by
from identity.decisions as d
join identity.reviews as r on r.record_a = d.record_a and r.record_b = d.record_b
join core.customer_records as x on x.record_id = d.record_a
join core.customer_records as y on y.record_id = d.record_b
left join access.users as u on u.user_id = d.user_id
where d.revoked_at is null
order by d.decision_id desc
limit %(limit)s

-- name: decide
-- Grain: one review that was decided.
select review_id, decision_id, move_id
from identity.decide_reviews(array[%(review_id)s::bigint], %(verdict)s, null, %(reason)s)

-- name: reopen
-- Grain: one decision in force about the pair of a review, undone.
select decision_id, record_a, record_b
from identity.undo_decisions(
    array(
        select d.decision_id from identity.decisions as d join identity.reviews as r using (record_a, record_b)
        where r.review_id = %(review_id)s and d.revoked_at is null),
    null)

-- name: records_of
-- Grain: one record of a customer that has values, with the key that opens its contact data; of an id that was merged, the
-- records it was loaded with.
select r.record_id, r.source, r.source_key, r.name, r.city, r.region, r.postcode, r.country, r.contact, k.kek_id, k.wrapped_key
from core.customer_records as r
left join identity.moved_records as m using (record_id)
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null
where r.customer_id = %(customer_id)s and (r.name is not null or r.contact is not null)
    and (%(customer_id)s = %(loaded_as)s or coalesce(m.first_customer_id, r.customer_id) = %(loaded_as)s)
order by r.record_id

-- name: propose
insert into identity.match_models (kind, state, body, card) values (%(kind)s, 'proposed', %(body)s, %(card)s) returning model_id

-- name: decisions_to_learn
-- Grain: one live decision about two records of one kind that still have the values decided on.
select d.record_a, d.record_b, d.verdict, d.held_out
from identity.decisions as d
join identity.compared_records as a on a.record_id = d.record_a
join identity.compared_records as b on b.record_id = d.record_b
where d.revoked_at is null and d.verdict in ('same', 'different') and a.kind = %(kind)s and b.kind = %(kind)s
    and d.fingerprint_a is not distinct from a.fingerprint and d.fingerprint_b is not distinct from b.fingerprint

-- name: value_reviews
-- The net revenue of both customers of each open review, of the published run.
update identity.reviews as r set value_at_stake = coalesce(v.revenue, 0)
from (
    select w.review_id, sum(s.monetary) as revenue
    from identity.reviews as w
    join core.customer_records as x on x.record_id in (w.record_a, w.record_b)
    join core.rfm_scores as s on s.customer_id = x.customer_id and s.run_id = (select run_id from core.publication)
    where w.closed_at is null
    group by w.review_id
) as v
where v.review_id = r.review_id and r.value_at_stake <> v.revenue
