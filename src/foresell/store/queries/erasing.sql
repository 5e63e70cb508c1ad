-- PostgreSQL: erasing a person and changing the key-encryption key. Parameters are ADBC's ($1, $2).

-- name: take_lock
-- The load's own lock: no data key is made while they are wrapped anew.
select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken

-- name: records
-- Grain: one record of the customer.
select record_id, source, source_key from customer_records where customer_id = $1 order by record_id

-- name: remember
insert into vault.erased (source, key_digest) values ($1, $2) on conflict do nothing

-- name: forget_keys
delete from vault.subject_keys as k using customer_records as r where r.record_id = k.record_id and r.customer_id = $1

-- name: forget_person
update customer_records
set name = null, city = null, region = null, postcode = null, contact = null, email_index = null, phone_index = null
where customer_id = $1

-- name: forget_superseded
-- Also what undo would bring back.
update superseded_rows as s
set old_row = s.old_row - '{name,city,region,postcode,contact,email_index,phone_index,email,phone,address}'::text[]
from customer_records as r
where s.table_name = 'customer_records' and s.row_id = r.record_id and r.customer_id = $1

-- name: forget_notes
update desk.calls set note = null where customer_id = $1 and note is not null

-- name: note_erasure
select audit.note('erase', 'customer:' || $1, jsonb_build_object('records', $2::bigint))

-- name: new_kek
insert into vault.keks default values returning kek_id

-- name: all_keys
select record_id, kek_id, wrapped from vault.subject_keys order by record_id

-- name: clear_keys
truncate vault.subject_keys

-- name: retire_keks
update vault.keks set retired_at = now() where kek_id < $1 and retired_at is null

-- name: take_kept_keys
-- Of the records there are, the keys the home keeps.
with taken as (
    insert into vault.subject_keys (record_id, kek_id, wrapped)
    select k.record_id, k.kek_id, k.wrapped
    from kept_keys as k join customer_records as r using (record_id) where r.contact is not null
    on conflict (record_id) do update set kek_id = excluded.kek_id, wrapped = excluded.wrapped
    returning record_id
)
select count(*) from taken

-- name: forget_unopenable
-- What undo would bring back of people whose key is gone.
update superseded_rows as s
set old_row = s.old_row - '{name,city,region,postcode,contact,email_index,phone_index}'::text[]
from customer_records as r
where s.table_name = 'customer_records' and s.row_id = r.record_id and r.contact is not null
    and not exists (select from vault.subject_keys as k where k.record_id = r.record_id and k.kek_id = $1)

-- name: clear_unopenable
-- Contact data without a key that opens it: erased after the backup was made.
with cleared as (
    update customer_records as r
    set name = null, city = null, region = null, postcode = null, contact = null, email_index = null, phone_index = null
    where r.contact is not null
        and not exists (select from vault.subject_keys as k where k.record_id = r.record_id and k.kek_id = $1)
    returning r.record_id
)
select count(*) from cleared

-- name: clear_lost_keys
delete from vault.subject_keys where kek_id <> $1

-- name: use_kek
insert into vault.keks (kek_id) overriding system value values ($1) on conflict (kek_id) do update set retired_at = null

-- name: continue_after
select setval('vault.keks_kek_id_seq', greatest($1, (select max(kek_id) from vault.keks)))
