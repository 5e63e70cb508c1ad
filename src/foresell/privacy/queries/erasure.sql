-- PostgreSQL: erases a customer and replaces the key-encryption key. Parameters are ADBC's ($1, $2).

-- name: take_lock
-- The lock that loads take: no load creates a data key while the others are wrapped again.
select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken

-- name: lock_notes
-- Waits for transactions that write a note, and has later ones wait; engagement.key_of_notes takes it shared.
select pg_advisory_xact_lock(hashtext('foresell notes'))

-- name: records
-- Grain: one record of the customer, with the data key that opens its contact data (null where there is none).
select r.record_id, r.source, r.source_key, r.name, r.contact, k.kek_id, k.wrapped_key
from customer_records as r
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null
where r.customer_id = $1
order by r.record_id

-- name: former_names
-- The names of the customer that an undo would restore.
select distinct s.old_row ->> 'name' as name
from superseded_rows as s
join customer_records as r on s.table_name = 'customer_records' and s.row_id = r.record_id
where r.customer_id = $1 and s.old_row ->> 'name' is not null

-- name: word_is_common
-- Whether a word is in the name of another customer, or of a product or category.
select exists (select from customer_records where search @@ plainto_tsquery('simple', $1) and customer_id <> $2)
    or exists (select from products where to_tsvector('simple', coalesce(name, '') || ' ' || category) @@ plainto_tsquery('simple', $1))
    as common

-- name: remember_erasure
insert into privacy.erased_records (source, source_key_hash) values ($1, $2) on conflict do nothing

-- name: clear_record
-- $2: what stands for its key in the source. country and signup_date stay.
update customer_records
set source_key = $2, name = null, city = null, region = null, postcode = null, contact = null, email_index = null,
    phone_index = null
where record_id = $1

-- name: clear_superseded_rows
-- The rows that an undo would restore.
update superseded_rows as s
set old_row = (s.old_row - '{name,city,region,postcode,contact,email_index,phone_index}'::text[])
    || jsonb_build_object('source_key', $2::text)
where s.table_name = 'customer_records' and s.row_id = $1

-- name: delete_data_keys
delete from privacy.data_keys as k using customer_records as r where r.record_id = k.record_id and r.customer_id = $1

-- name: delete_customer_keys_of
-- Of every id that stands for the customer.
delete from privacy.customer_keys where customer_id in (select identity.ids_of_customer($1))

-- name: delete_handles
-- The keyed hashes of user names by which comments are joined; that they were erased is remembered.
delete from social.handles as h using customer_records as r where r.record_id = h.record_id and r.customer_id = $1

-- name: current_customer
select coalesce(identity.current_customer($1), $1)

-- name: forget_records
-- What was derived from the values of the customer's records, to find others of the same person.
select identity.forget_records(array(select record_id from customer_records where customer_id = $1))

-- name: clear_notes
-- Returns how many notes of calls and tasks of follow-ups there were.
with notes as (
    update engagement.calls set note = null where customer_id = $1 and note is not null returning 1
),
tasks as (
    update engagement.follow_ups set task = null where customer_id = $1 and task is not null returning 1
)
select (select count(*) from notes) + (select count(*) from tasks) as cleared

-- name: reviews
-- Grain: one review or mention by the customer that is not erased yet.
select v.review_id, v.source, v.source_key
from feedback.reviews as v join customer_records as r using (record_id)
where r.customer_id = $1 and v.erased_at is null

-- name: clear_review
-- $2: what stands for its key at the source. Product, date, rating and sentiment stay.
update feedback.reviews set source_key = $2, text = null, words = '[]', fingerprint = '', erased_at = now() where review_id = $1

-- name: delete_proposals
-- Returns how many values directories proposed or added.
with gone as (
    delete from enrichment.proposals as p using customer_records as r
    where r.record_id = p.record_id and r.customer_id = $1 returning 1
),
links as (
    delete from enrichment.accepted_records as a using customer_records as r
    where r.record_id = a.anchor_id and r.customer_id = $1
)
select count(*) from gone

-- name: forget_events
-- Destroys the keys of what is personal in the customer's events. Returns how many events had something personal.
select events.forget_actors(array(select record_id from customer_records where customer_id = $1))

-- name: saved_views
-- Grain: one view of any user.
select view_id, name, description, filters::text as filters from engagement.saved_views order by view_id

-- name: change_saved_view
-- A name is unique among a user's views: where it is taken, the number of the view follows.
update engagement.saved_views as v
set name = case when exists (select from engagement.saved_views as o where o.user_id = v.user_id and o.name = $2 and o.view_id <> $1)
        then left($2, 85) || ' ' || v.view_id else $2 end,
    description = $3, filters = $4::jsonb
where view_id = $1

-- name: answers
-- Grain: one kept answer that has text of a user: of a saved view or an upload.
select user_id, key, response_body from api.idempotency_keys

-- name: change_answer
update api.idempotency_keys set response_body = $3 where user_id = $1 and key = $2

-- name: exports
-- How many exports had the customer in them.
select count(distinct e.event_id) from audit.events as e join audit.event_customer_blocks as b using (event_id)
join identity.ids_of_customer($1) as i (customer_id) on b.block = left(i.customer_id, -3) and i.customer_id = any(b.customer_ids)
where e.action = 'export'

-- name: record_in_audit
select audit.record_action('erase', 'customer:' || $1, $2::jsonb)

-- name: create_key
insert into privacy.key_encryption_keys default values returning kek_id

-- name: data_keys
select record_id, kek_id, wrapped_key from privacy.data_keys order by record_id

-- name: customer_keys
select customer_id, kek_id, wrapped_key from privacy.customer_keys order by customer_id

-- name: erased_records
select source, source_key_hash from privacy.erased_records order by source, source_key_hash

-- name: truncate_data_keys
truncate privacy.data_keys

-- name: delete_customer_keys
delete from privacy.customer_keys

-- name: retire_older_keys
update privacy.key_encryption_keys set retired_at = now() where kek_id < $1 and retired_at is null

-- name: use_kept_keys
-- The data keys that the home keeps, of the records in the database. Returns how many.
with taken as (
    insert into privacy.data_keys (record_id, kek_id, wrapped_key)
    select k.record_id, k.kek_id, k.wrapped_key
    from kept_keys as k join customer_records as r using (record_id)
    where r.contact is not null or exists (select from feedback.reviews as v where v.record_id = r.record_id and v.text is not null)
        or exists (select from enrichment.proposals as p where p.record_id = r.record_id)
    on conflict (record_id) do update set kek_id = excluded.kek_id, wrapped_key = excluded.wrapped_key
    returning record_id
)
select count(*) from taken

-- name: use_kept_customer_keys
insert into privacy.customer_keys (customer_id, kek_id, wrapped_key)
select customer_id, kek_id, wrapped_key from kept_customer_keys
on conflict (customer_id) do update set kek_id = excluded.kek_id, wrapped_key = excluded.wrapped_key

-- name: use_kept_erasures
insert into privacy.erased_records (source, source_key_hash) select source, source_key_hash from kept_erasures on conflict do nothing

-- name: unreadable_customers
-- Grain: one customer with contact data that no data key opens: erased after the backup was made.
select distinct r.customer_id from customer_records as r
where r.contact is not null
    and not exists (select from privacy.data_keys as k where k.record_id = r.record_id and k.kek_id = $1)

-- name: keys_of_source
-- Grain: one record of a source.
select record_id, customer_id, source_key from customer_records where source = $1

-- name: delete_other_data_keys
delete from privacy.data_keys where kek_id <> $1

-- name: delete_other_customer_keys
delete from privacy.customer_keys where kek_id <> $1

-- name: use_key
insert into privacy.key_encryption_keys (kek_id) overriding system value values ($1) on conflict (kek_id) do update set retired_at = null

-- name: continue_numbering
select setval('privacy.key_encryption_keys_kek_id_seq', greatest($1, (select max(kek_id) from privacy.key_encryption_keys)))
