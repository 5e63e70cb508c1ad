-- PostgreSQL: reads events. Parameters are bound by name.

-- name: listed
select seq, received_at, occurred_at, type, version, source, via, customer_id, visitor_id, filtered, data, has_personal
from web.customer_events(%(customer)s, %(types)s, %(source)s, %(after)s, %(before)s, %(limit)s)

-- name: one
select seq, received_at, occurred_at, claimed_at, type, version, source, id, via, customer_id, visitor_id, filtered, data,
    has_personal, personal, sealed_for, kek_id, wrapped_key
from web.event_of(%(seq)s)

-- name: is_visible
select 1 from web.customer_records where customer_id = %(customer_id)s limit 1

-- name: activity
select first_at, last_at, last_type, events, recent, sessions, last_session, lead_stage, stages, funnel
from web.activity_of(%(customer)s)

-- name: write_key
select write_key_id, source, origins from web.write_key_of(%(hash)s)

-- name: write_keys
select write_key_id, name, source, hint, origins, created_at, revoked_at from web.write_keys()

-- name: add_write_key
select web.add_write_key(%(name)s, %(source)s, %(origins)s, %(hash)s, %(hint)s) as write_key_id

-- name: revoke_write_key
select web.revoke_write_key(%(write_key_id)s) as revoked

-- name: stored
-- Grain: one event, the oldest of the newest first.
select * from (
    select e.seq, e.received_at, e.occurred_at, e.type, e.version, e.source, e.via, c.customer_id, e.visitor_id, e.filtered, e.data,
        e.personal is not null as has_personal
    from events.events as e left join events.actor_customers as c on c.actor_id = coalesce(e.actor_id, e.visitor_id)
    where e.seq > %(after)s and (%(types)s::text[] is null or e.type = any(%(types)s))
        and (%(source)s::text is null or e.source = %(source)s)
        and (%(customer)s::text is null or c.customer_id = %(customer)s)
    order by e.seq desc limit %(limit)s
) as newest order by seq

-- name: stored_one
select e.seq, e.received_at, e.occurred_at, e.claimed_at, e.type, e.version, e.source, e.id, e.via, c.customer_id, e.visitor_id,
    e.filtered, e.data, e.personal is not null as has_personal, e.personal, e.sealed_for, k.kek_id, k.wrapped_key
from events.events as e
left join events.actor_customers as c on c.actor_id = coalesce(e.actor_id, e.visitor_id)
left join privacy.customer_keys as k on k.customer_id = 'actor ' || e.sealed_for
where e.seq = %(seq)s

-- name: types
select t.type, t.retention_days, count(e.seq) as stored, max(e.occurred_at) as newest_at
from events.types as t left join events.events as e using (type) group by t.type, t.retention_days

-- name: change_retention
update events.types set retention_days = %(days)s where type = %(type)s
