-- PostgreSQL: proposals about customers. Parameters are psycopg's (%(ids)s).

-- name: records
-- Grain: one record of a source, customer by customer, with the key that opens its contact data (null where there is none).
select r.customer_id, r.record_id, r.source, r.source_key, r.name, r.city, r.region, r.postcode, r.country, r.contact,
    k.kek_id, k.wrapped_key
from core.customer_records as r
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null
where r.source <> 'directories' and (%(customer_id)s::text is null or r.customer_id = %(customer_id)s)
    and exists (select from core.customer_records as n where n.customer_id = r.customer_id and n.name is not null)
order by r.customer_id, r.record_id

-- name: known
-- Grain: one proposal about these records.
select proposal_id, record_id, field, source, value_hash, state from enrichment.proposals where record_id = any(%(records)s)

-- name: data_keys
select record_id, kek_id, wrapped_key from privacy.data_keys where record_id = any(%(records)s)

-- name: add_data_key
insert into privacy.data_keys (record_id, kek_id, wrapped_key) values (%(record_id)s, %(kek_id)s, %(wrapped_key)s)

-- name: current_key
select max(kek_id) as kek_id from privacy.key_encryption_keys where retired_at is null

-- name: create_key
insert into privacy.key_encryption_keys default values returning kek_id

-- name: save
-- A value that is proposed again is held longer; a decision about it stays.
insert into enrichment.proposals (record_id, field, value, value_hash, source, entry_key, origin, fetched_at, licence, attribution,
    legal_basis, purpose, retention_until, notice_due, confidence, transform_version, is_made_up)
values (%(record_id)s, %(field)s, %(value)s, %(value_hash)s, %(source)s, %(entry_key)s, %(origin)s, %(fetched_at)s, %(licence)s,
    %(attribution)s, %(legal_basis)s, %(purpose)s, %(retention_until)s, %(notice_due)s, %(confidence)s, %(transform_version)s,
    %(is_made_up)s)
on conflict (record_id, field, source, value_hash) do update
set entry_key = excluded.entry_key, origin = excluded.origin, fetched_at = excluded.fetched_at, licence = excluded.licence,
    attribution = excluded.attribution, retention_until = excluded.retention_until, confidence = excluded.confidence,
    transform_version = excluded.transform_version

-- name: delete
delete from enrichment.proposals where proposal_id = any(%(ids)s)

-- name: accept_by_rules
update enrichment.proposals as p
set state = 'accepted', decided_at = now(), decided_how = 'rule', is_applied = false
from enrichment.rules as r
where r.field = p.field and r.accepts and p.state = 'open' and p.confidence >= r.least_confidence and p.source = any(r.sources)

-- name: decide
update enrichment.proposals as p
set state = %(decision)s, is_applied = false,
    decided_at = case when %(decision)s <> 'open' then now() end,
    decided_how = case when %(decision)s <> 'open' then 'command line' end,
    decided_by = null
where p.proposal_id = any(%(ids)s) and (p.state = 'open') = (%(decision)s <> 'open')
returning p.proposal_id

-- name: pending
-- Grain: one record whose golden record does not follow the decisions about it yet.
select distinct record_id from enrichment.proposals where not is_applied
union
select anchor_id from enrichment.accepted_records as a where not exists (
    select from enrichment.proposals as p
    where p.record_id = a.anchor_id and p.state = 'accepted' and p.field in ('phone', 'address', 'country'))

-- name: has_pending
select exists (select from enrichment.proposals where not is_applied) as waiting

-- name: accepted
-- Grain: one accepted proposal for a field of the golden record, of these records, with the key that opens it.
select p.record_id, p.field, p.source, p.fetched_at, p.value, k.kek_id, k.wrapped_key
from enrichment.proposals as p join privacy.data_keys as k using (record_id)
where p.record_id = any(%(records)s) and p.state = 'accepted' and p.field in ('phone', 'address', 'country')
order by p.record_id, p.proposal_id

-- name: anchors
-- Grain: one of these records, with its customer and the record that holds what was accepted for it (null: none yet).
select r.record_id as anchor_id, r.customer_id, a.record_id, k.kek_id, k.wrapped_key
from core.customer_records as r
left join enrichment.accepted_records as a on a.anchor_id = r.record_id
left join privacy.data_keys as k on k.record_id = a.record_id
where r.record_id = any(%(records)s)

-- name: next_record
select nextval('core.record_number') as record_id

-- name: add_batch
-- Values accepted together, so that the record says since when it has them.
insert into core.load_batches (source, format, record_type, file_name, file_bytes, file_sha256, mapping, lines_read, lines_loaded,
    customers_changed)
values ('directories', 'directories', 'customers', 'accepted values', 0, repeat('0', 64), '{}', %(lines)s, %(lines)s, %(lines)s)
returning batch_id

-- name: add_record
insert into core.customer_records (record_id, source, source_key, customer_id, city, region, postcode, country, batch_id, contact,
    email_index, phone_index)
values (%(record_id)s, 'directories', %(source_key)s, %(customer_id)s, %(city)s, %(region)s, %(postcode)s, %(country)s, %(batch_id)s,
    %(contact)s, null, %(phone_index)s)

-- name: change_record
update core.customer_records
set city = %(city)s, region = %(region)s, postcode = %(postcode)s, country = %(country)s, batch_id = %(batch_id)s,
    contact = %(contact)s, phone_index = %(phone_index)s
where record_id = %(record_id)s

-- name: link_record
insert into enrichment.accepted_records (anchor_id, record_id) values (%(anchor_id)s, %(record_id)s)

-- name: drop_links
delete from enrichment.accepted_records where record_id = any(%(records)s)

-- name: drop_keys
delete from privacy.data_keys where record_id = any(%(records)s)

-- name: drop_records
delete from core.customer_records where record_id = any(%(records)s)

-- name: mark_applied
update enrichment.proposals set is_applied = true where record_id = any(%(records)s) and not is_applied

-- name: delete_expired
delete from enrichment.proposals where retention_until < %(today)s returning record_id, state

-- name: apply_again
update enrichment.proposals set is_applied = false where record_id = any(%(records)s) and state = 'accepted'

-- name: list
-- Grain: one proposal, the oldest first, sealed, with the key that opens it.
select p.proposal_id, r.customer_id, p.field, p.source, p.state, p.confidence, p.licence, p.attribution, p.origin, p.fetched_at,
    p.retention_until, p.legal_basis, p.purpose, p.notice_due, p.decided_how, p.transform_version, p.is_made_up, p.record_id,
    p.value, k.kek_id, k.wrapped_key
from enrichment.proposals as p
join core.customer_records as r using (record_id)
left join privacy.data_keys as k on k.record_id = p.record_id
where (%(state)s::text is null or p.state = %(state)s) and (%(field)s::text is null or p.field = %(field)s)
    and (%(customer_id)s::text is null or r.customer_id = %(customer_id)s) and (%(ids)s::bigint[] is null or p.proposal_id = any(%(ids)s))
order by p.proposal_id
limit %(limit)s

-- name: without_provenance
-- Grain: one proposal of which something is missing that must be known of each; none, by the constraints of the table.
select proposal_id from enrichment.proposals
where licence is null or licence = '' or attribution is null or attribution = '' or origin is null or origin = ''
    or legal_basis is null or purpose is null or purpose = '' or retention_until is null or notice_due is null
    or fetched_at is null or confidence is null or transform_version is null or transform_version = ''

-- name: rules
select field, accepts, least_confidence, sources, changed_at from enrichment.rules order by field

-- name: change_rule
update enrichment.rules
set accepts = %(accepts)s, least_confidence = coalesce(%(least_confidence)s, least_confidence),
    sources = coalesce(%(sources)s, sources), changed_at = now(), changed_by = null
where field = %(field)s

-- name: objections
select identity_hash from enrichment.objections where identity_hash = any(%(hashes)s)

-- name: add_objection
insert into enrichment.objections (identity_hash) values (%(hash)s) on conflict do nothing

-- name: delete_of_customer
delete from enrichment.proposals as p using core.customer_records as r
where r.record_id = p.record_id and r.customer_id = %(customer_id)s

-- name: web_of_customer
select proposal_id, field, source, origin, fetched_at, licence, attribution, legal_basis, purpose, retention_until, notice_due,
    confidence, transform_version, is_made_up, state, decided_at, decided_how, record_id, value, kek_id, wrapped_key
from web.proposals_of(%(customer_id)s)

-- name: web_list
select proposal_id, customer_id, field, source, origin, fetched_at, licence, attribution, legal_basis, purpose, retention_until,
    notice_due, confidence, transform_version, is_made_up, state, decided_at, decided_by, decided_how, record_id, value, kek_id,
    wrapped_key, total
from web.list_proposals(%(state)s, %(field)s, %(source)s, %(customer_id)s, %(after)s, %(limit)s)

-- name: web_decide
select web.decide_proposals(%(ids)s, %(decision)s) as decided

-- name: web_rules
select field, accepts, least_confidence, sources, changed_at, changed_by from web.enrichment_rules()

-- name: web_change_rule
select web.change_enrichment_rule(%(field)s, %(accepts)s, %(least)s) as changed

-- name: web_tasks
select task_id, host, url, reason, opened_at, closed_until, stops from web.host_tasks_to_do()

-- name: web_close_task
select web.close_host_task(%(task_id)s) as closed

-- name: web_is_visible
select 1 from web.customer_records where customer_id = %(customer_id)s limit 1
