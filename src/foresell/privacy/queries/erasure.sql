-- PostgreSQL: erases a customer and replaces the key-encryption key. Parameters are ADBC's ($1, $2).

-- name: take_lock
-- The lock that loads take: no load creates a data key while the others are wrapped again.
select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken

-- name: records
-- Grain: one record of the customer.
select record_id, source, source_key from customer_records where customer_id = $1 order by record_id

-- name: remember_erasure
insert into privacy.erased_records (source, source_key_hash) values ($1, $2) on conflict do nothing

-- name: delete_data_keys
delete from privacy.data_keys as k using customer_records as r where r.record_id = k.record_id and r.customer_id = $1

-- name: clear_customer
update customer_records
set name = null, city = null, region = null, postcode = null, contact = null, email_index = null, phone_index = null
where customer_id = $1

-- name: clear_superseded_rows
-- The rows that an undo would restore.
update superseded_rows as s
set old_row = s.old_row - '{name,city,region,postcode,contact,email_index,phone_index}'::text[]
from customer_records as r
where s.table_name = 'customer_records' and s.row_id = r.record_id and r.customer_id = $1

-- name: clear_call_notes
update engagement.calls set note = null where customer_id = $1 and note is not null

-- name: clear_follow_up_tasks
update engagement.follow_ups set task = null where customer_id = $1 and task is not null

-- name: record_in_audit
select audit.record_action('erase', 'customer:' || $1, jsonb_build_object('records', $2::bigint))

-- name: create_key
insert into privacy.key_encryption_keys default values returning kek_id

-- name: data_keys
select record_id, kek_id, wrapped_key from privacy.data_keys order by record_id

-- name: truncate_data_keys
truncate privacy.data_keys

-- name: retire_older_keys
update privacy.key_encryption_keys set retired_at = now() where kek_id < $1 and retired_at is null

-- name: use_kept_keys
-- The data keys that the home keeps, of the records in the database. Returns how many.
with taken as (
    insert into privacy.data_keys (record_id, kek_id, wrapped_key)
    select k.record_id, k.kek_id, k.wrapped_key
    from kept_keys as k join customer_records as r using (record_id) where r.contact is not null
    on conflict (record_id) do update set kek_id = excluded.kek_id, wrapped_key = excluded.wrapped_key
    returning record_id
)
select count(*) from taken

-- name: clear_unreadable_superseded_rows
-- The rows that an undo would restore, of customers whose data key no longer exists.
update superseded_rows as s
set old_row = s.old_row - '{name,city,region,postcode,contact,email_index,phone_index}'::text[]
from customer_records as r
where s.table_name = 'customer_records' and s.row_id = r.record_id and r.contact is not null
    and not exists (select from privacy.data_keys as k where k.record_id = r.record_id and k.kek_id = $1)

-- name: clear_unreadable_customers
-- Contact data that no data key opens: its customer was erased after the backup was made. Returns how many records.
with cleared as (
    update customer_records as r
    set name = null, city = null, region = null, postcode = null, contact = null, email_index = null, phone_index = null
    where r.contact is not null
        and not exists (select from privacy.data_keys as k where k.record_id = r.record_id and k.kek_id = $1)
    returning r.record_id
)
select count(*) from cleared

-- name: delete_other_data_keys
delete from privacy.data_keys where kek_id <> $1

-- name: use_key
insert into privacy.key_encryption_keys (kek_id) overriding system value values ($1) on conflict (kek_id) do update set retired_at = null

-- name: continue_numbering
select setval('privacy.key_encryption_keys_kek_id_seq', greatest($1, (select max(kek_id) from privacy.key_encryption_keys)))
