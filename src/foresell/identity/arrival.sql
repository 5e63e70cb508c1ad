-- PostgreSQL: matching of records as they arrive, in the transaction that loads them. Parameters are ADBC's ($1, $2).

-- name: served_models
select kind, model_id from identity.match_models where state = 'served'

-- name: model
select body from identity.match_models where model_id = $1

-- name: count
-- How many records a batch brought.
select count(*) from core.customer_records as r where r.batch_id = $1 and (r.name is not null or r.contact is not null)

-- name: records_of_batch
-- Grain: one record that a batch brought or changed, with the key that opens its contact data. is_new: it brought it.
select r.record_id, r.customer_id, r.source, r.source_key, r.name, r.city, r.region, r.postcode, r.country, r.contact,
    k.kek_id, k.wrapped_key,
    not exists (
        select from core.superseded_rows as s
        where s.batch_id = $1 and s.table_name = 'customer_records' and s.row_id = r.record_id) as is_new
from core.customer_records as r
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null
where r.batch_id = $1 and (r.name is not null or r.contact is not null)

-- name: records
-- Grain: one record of these, with the key that opens its contact data.
select r.record_id, r.customer_id, r.source, r.source_key, r.name, r.city, r.region, r.postcode, r.country, r.contact,
    k.kek_id, k.wrapped_key
from jsonb_array_elements_text($1::jsonb) as wanted (id)
join core.customer_records as r on r.record_id = wanted.id::bigint
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null

-- name: forget_keys
-- Of records whose values changed.
with changed as (select id::bigint as id from jsonb_array_elements_text($1::jsonb) as t (id)),
keys as (delete from identity.match_keys where record_id in (select id from changed))
delete from identity.compared_records where record_id in (select id from changed)

-- name: add_keys
insert into identity.match_keys (key, record_id)
select key, record_id from jsonb_to_recordset($1::jsonb) as t (key bigint, record_id bigint)

-- name: add_records
insert into identity.compared_records (record_id, kind, fingerprint)
select record_id, kind, decode(fingerprint, 'hex')
from jsonb_to_recordset($1::jsonb) as t (record_id bigint, kind text, fingerprint text)

-- name: candidates
-- Grain: one key of a record, with the other records that have it; without keys that too many records share.
select n.record_id, n.rule, found.others
from jsonb_to_recordset($1::jsonb) as n (record_id bigint, rule text, key bigint, most integer)
cross join lateral (
    select array_to_json(array_agg(m.record_id))::text as others, count(*) as size
    from (select record_id from identity.match_keys where key = n.key limit n.most + 1) as m
) as found
where found.size between 2 and n.most

-- name: decisions
-- Grain: one decision about a pair of these records and others.
select record_a, record_b, verdict from identity.decisions
where revoked_at is null and record_a in (select id::bigint from jsonb_array_elements_text($1::jsonb) as t (id))
    and record_b in (select id::bigint from jsonb_array_elements_text($1::jsonb) as t (id))

-- name: merge
select count(*) from identity.add_merges(
    array(select jsonb_array_elements_text($1::jsonb)), $2::jsonb, 'arrival', null, null, null)

-- name: add_pairs
insert into identity.match_pairs (record_a, record_b, weight, levels, verdict)
select a, b, weight, levels, verdict
from jsonb_to_recordset($1::jsonb) as t (a bigint, b bigint, weight double precision, levels jsonb, verdict text)
on conflict (record_a, record_b) do update
set run_id = null, weight = excluded.weight, levels = excluded.levels, verdict = excluded.verdict

-- name: add_reviews
insert into identity.reviews (record_a, record_b, why, weight, value_at_stake, pattern)
select t.a, t.b, t.why, t.weight, coalesce((
        select sum(s.monetary) from core.rfm_scores as s
        where s.run_id = (select run_id from core.publication) and s.customer_id in (
            select customer_id from core.customer_records where record_id in (t.a, t.b))), 0), t.pattern
from jsonb_to_recordset($1::jsonb) as t (a bigint, b bigint, why text, weight double precision, pattern text)
on conflict (record_a, record_b) do nothing

-- name: add_relations
insert into identity.relations (record_a, record_b, kind, evidence, weight, made_by)
select a, b, kind, evidence, weight, 'arrival'
from jsonb_to_recordset($1::jsonb) as t (a bigint, b bigint, kind text, evidence text, weight double precision)
on conflict (record_a, record_b, kind) where removed_at is null do nothing
