-- PostgreSQL: seals what older versions stored in the clear, during an upgrade. Parameters are psycopg's, by position.

-- name: clear_calls
-- Grain: one call with a note.
select call_id, customer_id, note from engagement.calls where note is not null order by customer_id

-- name: clear_follow_ups
-- Grain: one follow-up with a task.
select follow_up_id, customer_id, task from engagement.follow_ups where task is not null order by customer_id

-- name: seal_calls
update engagement.calls set sealed_note = %s, note = null where call_id = %s

-- name: seal_follow_ups
update engagement.follow_ups set sealed_task = %s, task = null where follow_up_id = %s

-- name: current_key
select max(kek_id) from privacy.key_encryption_keys where retired_at is null

-- name: create_key
insert into privacy.key_encryption_keys default values returning kek_id

-- name: add_customer_key
insert into privacy.customer_keys (customer_id, kek_id, wrapped_key) values (%s, %s, %s)

-- name: sources_with_erasures
select distinct source from privacy.erased_records order by source

-- name: keys_of_source
select record_id, source_key from core.customer_records where source = %s

-- name: erased_of_source
select source_key_hash from privacy.erased_records where source = %s

-- name: hide_source_key
update core.customer_records set source_key = %s where record_id = %s

-- name: hide_superseded_source_key
update core.superseded_rows set old_row = old_row || jsonb_build_object('source_key', %s::text)
where table_name = 'customer_records' and row_id = %s
