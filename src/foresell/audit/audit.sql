-- name: record
-- One event and the customers it concerns (their ids, joined by commas).
select audit.record_event(
    %(actor)s, %(action)s, %(subject)s, %(detail)s, %(request_id)s, string_to_array(%(customers)s, ',')
) as event_id

-- name: lock_sealing
-- One process seals at a time; the lock ends with the transaction.
select pg_try_advisory_xact_lock(hashtext('foresell audit')) as is_locked

-- name: list_seals
-- Grain: one seal from this number on, in order.
select seal_id, (extract(epoch from sealed_at) * 1000000)::bigint as sealed_at, event_ids, row_hashes, previous, hash, signature
from audit.seals where seal_id >= %(first_seal_id)s order by seal_id

-- name: list_unsealed_events
-- Grain: one event that is not sealed yet, as it is hashed.
select e.event_id, (extract(epoch from e.at) * 1000000)::bigint as at, e.actor_id, e.via, e.action, e.subject,
    e.detail::text as detail, e.request_id, e.customer_count, encode(e.customers_sha256, 'hex') as customers_sha256
from audit.unsealed_events as w join audit.events as e using (event_id)
order by event_id limit %(limit)s

-- name: insert_seal
insert into audit.seals (seal_id, sealed_at, event_ids, row_hashes, previous, hash, signature)
values (%(seal_id)s, 'epoch'::timestamptz + %(sealed_at)s * interval '1 microsecond', %(event_ids)s, %(row_hashes)s, %(previous)s,
    %(hash)s, %(signature)s)

-- name: delete_unsealed_events
delete from audit.unsealed_events where event_id = any(%(event_ids)s)

-- name: list_stored_events
-- Grain: one event, as it is hashed, with the number and the hash of the customers that are stored for it; or, with is_event
-- false, an event_id that has customers and no event.
select coalesce(e.event_id, c.event_id) as event_id, e.event_id is not null as is_event,
    (extract(epoch from e.at) * 1000000)::bigint as at, e.actor_id, e.via, e.action, e.subject, e.detail::text as detail,
    e.request_id, e.customer_count, encode(e.customers_sha256, 'hex') as customers_sha256,
    coalesce(c.stored_count, 0) as stored_count, c.stored_sha256
from audit.events as e
full join (
    select event_id, sum(cardinality(customer_ids)) as stored_count, encode(sha256(convert_to(
        string_agg(block || ':' || array_to_string(customer_ids, ','), ';' order by block), 'UTF8'
    )), 'hex') as stored_sha256
    from audit.event_customer_blocks group by event_id
) as c on c.event_id = e.event_id
order by 1

-- name: list_unsealed_ids
select event_id from audit.unsealed_events

-- name: is_break_reported
-- Touches one row when it was recorded within a day that the log is broken.
select 1 from audit.events where action = 'audit.broken' and at > now() - interval '1 day'

-- name: list_events
-- Grain: one event that matches, newest first, with the user's name.
select e.event_id, e.at, e.actor_id, u.name as actor, e.via, e.action, e.subject, e.detail, e.request_id,
    e.customer_count
from audit.events as e
left join access.users as u on u.user_id = e.actor_id
where (%(actor)s::integer is null or e.actor_id = %(actor)s)
    and (%(action)s::text is null or e.action = %(action)s)
    and (%(subject)s::text is null or e.subject = %(subject)s)
    and (%(customer)s::text is null or e.event_id in (
        select b.event_id
        from (
            select %(customer)s::text as id
            union
            select identity.ids_of_customer(identity.current_customer(%(customer)s))
        ) as i
        join audit.event_customer_blocks as b on b.block = left(i.id, -3) and i.id = any (b.customer_ids)
    ))
    and (%(first)s::date is null or e.at >= %(first)s::date)
    and (%(last)s::date is null or e.at < %(last)s::date + 1)
    and (%(before)s::bigint is null or e.event_id < %(before)s)
order by e.event_id desc
limit %(limit)s

-- name: count_events
-- How many events match.
select count(*) as total from audit.events as e
where (%(actor)s::integer is null or e.actor_id = %(actor)s)
    and (%(action)s::text is null or e.action = %(action)s)
    and (%(subject)s::text is null or e.subject = %(subject)s)
    and (%(customer)s::text is null or e.event_id in (
        select b.event_id
        from (
            select %(customer)s::text as id
            union
            select identity.ids_of_customer(identity.current_customer(%(customer)s))
        ) as i
        join audit.event_customer_blocks as b on b.block = left(i.id, -3) and i.id = any (b.customer_ids)
    ))
    and (%(first)s::date is null or e.at >= %(first)s::date)
    and (%(last)s::date is null or e.at < %(last)s::date + 1)
