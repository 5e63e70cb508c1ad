-- PostgreSQL: what a comparison of all records reads and writes. Parameters are ADBC's ($1, $2).

-- name: sources
-- What was accepted from directories is no evidence about a customer.
select distinct source from core.customer_records where source <> 'directories' order by source

-- name: records
-- Grain: one record of a source that was not erased, with the key that opens its contact data (null where there is none).
select r.record_id, r.customer_id, r.source, r.source_key, r.name, r.city, r.region, r.postcode, r.country, r.contact,
    k.kek_id, k.wrapped_key
from core.customer_records as r
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null
where r.source = $1 and (r.name is not null or r.contact is not null)

-- name: members
-- Grain: one record of a source; what was accepted from directories follows its record.
select record_id, customer_id from core.customer_records where source <> 'directories'

-- name: decisions
-- Grain: one pair of existing records that a person decided about.
select d.record_a, d.record_b, d.verdict from identity.decisions as d
join core.customer_records as a on a.record_id = d.record_a
join core.customer_records as b on b.record_id = d.record_b
where d.revoked_at is null

-- name: stale_decisions
-- Grain: one pair that a person did not decide to be the same, of records that have other values now.
select d.record_a, d.record_b from identity.decisions as d
join identity.compared_records as a on a.record_id = d.record_a
join identity.compared_records as b on b.record_id = d.record_b
where d.revoked_at is null and d.verdict <> 'same' and (d.fingerprint_a <> a.fingerprint or d.fingerprint_b <> b.fingerprint)

-- name: fingerprints
select record_id, kind, fingerprint from identity.compared_records

-- name: customer_revenue
-- Grain: one customer of the published run.
select customer_id, monetary::double precision as revenue from core.rfm_scores
where run_id = (select run_id from core.publication)

-- name: served_models
select kind, body from identity.match_models where state = 'served'

-- name: replace_model
update identity.match_models set state = 'replaced' where kind = $1 and state = 'served'

-- name: add_model
insert into identity.match_models (kind, state, body, card) values ($1, $2, $3, $4::jsonb)

-- name: lock_loads
-- The lock that loads take: no record comes or goes while the results are written.
select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken

-- name: lock_moves
select identity.lock_moves()

-- name: split
select customer_id from identity.add_split($1, array(select jsonb_array_elements_text($2::jsonb)::bigint), 'run', null, $3::integer, null)

-- name: merge
select count(*) from identity.add_merges(
    array(select jsonb_array_elements_text($1::jsonb)), $2::jsonb, 'run', null, $3::integer, null)

-- name: delete_changed_keys
delete from identity.match_keys where record_id in (select record_id from changed_records)

-- name: delete_changed_records
delete from identity.compared_records where record_id in (select record_id from changed_records)

-- name: delete_pairs
delete from identity.match_pairs

-- name: add_pairs
insert into identity.match_pairs (record_a, record_b, run_id, weight, levels, verdict)
select a, b, $1::integer, weight, levels::jsonb, verdict from new_pairs

-- name: close_reviews
-- Reviews whose pair is not in question any more.
update identity.reviews as r set closed_at = now(), closed_because = 'no longer'
where r.closed_at is null and not exists (select from new_reviews as n where n.a = r.record_a and n.b = r.record_b)

-- name: open_reviews
insert into identity.reviews (record_a, record_b, why, weight, value_at_stake, pattern)
select a, b, why, weight, value::numeric(18, 2), pattern from new_reviews
on conflict (record_a, record_b) do update
set why = excluded.why, weight = excluded.weight, value_at_stake = excluded.value_at_stake, pattern = excluded.pattern,
    opened_at = case when reviews.closed_at is null then reviews.opened_at else now() end, closed_at = null, closed_because = null
where reviews.closed_because is distinct from 'decided' or excluded.why = 'values changed'

-- name: remove_relations
update identity.relations as r set removed_at = now(), removed_by_run = true
where r.removed_at is null and r.made_by in ('run', 'arrival')
    and not exists (select from new_relations as n where n.a = r.record_a and n.b = r.record_b and n.kind = r.kind)

-- name: add_relations
insert into identity.relations (record_a, record_b, kind, evidence, weight, made_by)
select n.a, n.b, n.kind, n.evidence, n.weight, 'run' from new_relations as n
where not exists (
    select from identity.relations as r
    where r.record_a = n.a and r.record_b = n.b and r.kind = n.kind and r.removed_at is not null and not r.removed_by_run)
on conflict (record_a, record_b, kind) where removed_at is null do nothing

-- name: faults
-- Customers that the moves left in a state that must not be: none.
select count(*) from core.customers as c
where (c.merged_into is null) <> exists (select from core.customer_records as r where r.customer_id = c.customer_id)

-- name: record_in_audit
select audit.record_action('identity.run', 'match-run:' || $1, $2::jsonb)
