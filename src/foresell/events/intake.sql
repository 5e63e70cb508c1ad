-- PostgreSQL: stores events. Each statement is a transaction of its own.

-- name: keys
select place, actor_id, kek_id, wrapped_key, is_new_kek from web.keys_of_actors(%(people)s, %(write_key)s)

-- name: add_keys
select actor_id, kek_id, wrapped_key from web.add_actor_keys(%(new_keys)s, %(write_key)s)

-- name: store
-- Grain: one event of the batch, and what became of it.
select place, outcome, seq from web.store_events(%(batch)s, %(refused)s, %(write_key)s)
