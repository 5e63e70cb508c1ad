-- PostgreSQL: the keys of notes about customers. Parameters are bound by name.

-- name: lock_keys
select engagement.lock_note_keys()

-- name: key
-- The key of the notes about a customer, kept until the transaction ends; a null one where there is none yet.
select kek_id, wrapped_key, is_new_kek from engagement.key_of_notes(%(customer_id)s)

-- name: add_key
-- Of two new keys at once, the first counts.
select kek_id, wrapped_key from engagement.key_of_notes(%(customer_id)s, %(kek_id)s, %(wrapped_key)s)
