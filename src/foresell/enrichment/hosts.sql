-- PostgreSQL: hosts whose pages may be read, their pages, and tasks for a person. Parameters are psycopg's (%(host)s).

-- name: allow
insert into enrichment.hosts (host, terms_reviewed_on, terms_note, contact, purpose, legal_basis)
values (%(host)s, %(terms_reviewed_on)s, %(terms_note)s, %(contact)s, %(purpose)s, %(legal_basis)s)
on conflict (host) do update
set terms_reviewed_on = excluded.terms_reviewed_on, terms_note = excluded.terms_note, contact = excluded.contact,
    purpose = excluded.purpose, legal_basis = excluded.legal_basis, allowed_at = now(), withdrawn_at = null

-- name: withdraw
update enrichment.hosts set withdrawn_at = now() where host = %(host)s and withdrawn_at is null

-- name: allowed
select host, contact, purpose, legal_basis, stops, closed_until, next_at, robots, robots_status, robots_at
from enrichment.hosts where host = %(host)s and withdrawn_at is null

-- name: take_host
-- One process reads a host at a time.
select pg_try_advisory_lock(hashtext('foresell host ' || %(host)s)) as taken

-- name: release_host
select pg_advisory_unlock(hashtext('foresell host ' || %(host)s))

-- name: save
update enrichment.hosts
set stops = %(stops)s, closed_until = %(closed_until)s, next_at = %(next_at)s, robots = %(robots)s,
    robots_status = %(robots_status)s, robots_at = %(robots_at)s
where host = %(host)s

-- name: add_task
insert into enrichment.host_tasks (host, url, reason, closed_until) values (%(host)s, %(url)s, %(reason)s, %(closed_until)s)

-- name: page
select etag, last_modified, facts, fetched_at from enrichment.host_pages where url = %(url)s

-- name: pages
select url from enrichment.host_pages where host = %(host)s order by url

-- name: save_page
insert into enrichment.host_pages (url, host, etag, last_modified, facts, fetched_at, retention_until)
values (%(url)s, %(host)s, %(etag)s, %(last_modified)s, %(facts)s, %(fetched_at)s, %(retention_until)s)
on conflict (url) do update
set etag = excluded.etag, last_modified = excluded.last_modified, facts = excluded.facts, fetched_at = excluded.fetched_at,
    retention_until = excluded.retention_until

-- name: delete_expired
delete from enrichment.host_pages where retention_until < %(today)s

-- name: listed
-- Grain: one host.
select h.host, h.terms_reviewed_on, h.terms_note, h.purpose, h.legal_basis, h.stops, h.closed_until, h.withdrawn_at,
    (select count(*) from enrichment.host_pages as p where p.host = h.host) as pages,
    (select count(*) from enrichment.host_tasks as t where t.host = h.host and t.closed_at is null) as tasks
from enrichment.hosts as h order by h.host

-- name: websites
-- Grain: one accepted website of a customer, sealed, with the key that opens it.
select p.record_id, r.customer_id, p.value, k.kek_id, k.wrapped_key
from enrichment.proposals as p
join core.customer_records as r using (record_id)
join privacy.data_keys as k using (record_id)
where p.field = 'website' and p.state = 'accepted' and (%(customer_id)s::text is null or r.customer_id = %(customer_id)s)
order by r.customer_id, p.proposal_id
