-- PostgreSQL: what is left over. Parameters are psycopg's (%(record_id)s).

-- name: is_unsealed
select exists (select from vault.unsealed) as found

-- name: take_lock
select pg_advisory_xact_lock(hashtext('foresell load'))

-- name: current_kek
select max(kek_id) from vault.keks where retired_at is null

-- name: new_kek
insert into vault.keks default values returning kek_id

-- name: oldest_kek_in_use
select min(kek_id) from vault.subject_keys

-- name: unsealed_records
-- Grain: one record with contact data in the clear.
select r.source, r.source_key, u.record_id, u.email, u.phone, u.address, null::integer as kek_id, null::bytea as wrapped
from vault.unsealed as u join customer_records as r using (record_id)
order by r.source

-- name: unsealed_superseded
-- Grain: one row that was replaced, with contact data in the clear.
select r.source, r.source_key, s.row_id as record_id, s.batch_id, s.old_row ->> 'email' as email, s.old_row ->> 'phone' as phone,
    s.old_row ->> 'address' as address, k.kek_id, k.wrapped
from superseded_rows as s
join customer_records as r on r.record_id = s.row_id
join vault.subject_keys as k on k.record_id = s.row_id
where s.table_name = 'customer_records' and coalesce(s.old_row ->> 'email', s.old_row ->> 'phone', s.old_row ->> 'address') is not null
order by r.source

-- name: seal_record
update customer_records set contact = %(contact)s, email_index = %(email_index)s, phone_index = %(phone_index)s
where record_id = %(record_id)s

-- name: keep_key
insert into vault.subject_keys (record_id, kek_id, wrapped) values (%(record_id)s, %(kek_id)s, %(wrapped)s)

-- name: seal_superseded
update superseded_rows
set old_row = old_row - '{email,phone,address}'::text[] || jsonb_build_object(
    'contact', %(contact)s::bytea, 'email_index', %(email_index)s::bytea, 'phone_index', %(phone_index)s::bytea)
where batch_id = %(batch_id)s and table_name = 'customer_records' and row_id = %(record_id)s

-- name: clear_unsealed
truncate vault.unsealed
