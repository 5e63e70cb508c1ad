-- PostgreSQL: customers' data for exports, and the record of each export; limited by row security.

-- name: persons
-- Grain: one row per visible customer: the values of the golden record, and the records that hold the sealed ones. Sealed
-- contact data shows only whether it is stored.
select p.customer_id, p.name, p.city, p.email_record, p.phone_record, p.address_record,
    case when p.email_record is not null then '•••@•••' end as email,
    case when p.phone_record is not null then '•••' end as phone,
    case when p.has_street then '•••' end as address,
    (select u.name from access.customer_owners as o join access.users as u using (user_id)
        where o.customer_id = p.customer_id) as owner
from web.people_of(%(ids)s) as p

-- name: unlock
-- Grain: one visible record of these customers, with the data key that opens its contact data; the audit records the access.
select customer_id, record_id, source, source_key, contact, kek_id, wrapped_key
from audit.unlock_contacts(%(ids)s, 'export', %(request_id)s)

-- name: count_contact_exports
-- Grain: one row: how many exports with contact details the user made in 24 hours, and how many the roles allow (null: any).
select access.most_a_day('contact exports') as most, count(*)::integer as made
from delivery.exports
where user_id = access.current_user_id() and with_contacts and started_at > now() - interval '1 day'

-- name: begin
-- Returns the id of the export.
insert into delivery.exports (user_id, format, filters, sort, columns, with_contacts, run_id, rows)
values (%(user_id)s, %(format)s, %(filters)s, %(sort)s, %(columns)s, %(with_contacts)s, %(run_id)s, %(rows)s)
returning export_id

-- name: finish
-- The whole file was sent.
update delivery.exports set bytes = %(bytes)s, sha256 = %(sha256)s, finished_at = now()
where export_id = %(export_id)s and finished_at is null

-- name: manifest
-- Grain: one export, visible to its user and to users who may read the audit.
select e.export_id, e.user_id, e.started_at, e.finished_at, e.format, e.filters, e.sort, e.columns, e.with_contacts, e.run_id,
    r.as_of, e.rows, e.bytes, e.sha256
from delivery.exports as e join core.runs as r using (run_id)
where e.export_id = %(export_id)s
