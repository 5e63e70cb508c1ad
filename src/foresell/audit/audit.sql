-- name: record
insert into audit.events (actor_id, action, subject, detail, request_id)
values (%(actor)s, %(action)s, %(subject)s, %(detail)s, %(request_id)s)

-- name: take_turn
-- One sealer at a time; the lock goes with the transaction.
select pg_try_advisory_xact_lock(hashtext('foresell audit')) as taken

-- name: seals_from
-- Grain: one seal from this number on, in order.
select seal_id, (extract(epoch from sealed_at) * 1000000)::bigint as sealed_at, event_ids, row_hashes, previous, hash, signature
from audit.seals where seal_id >= %(seal_id)s order by seal_id

-- name: unsealed
-- Grain: one event that waits for its seal, as it is hashed.
select e.event_id, (extract(epoch from e.at) * 1000000)::bigint as at, e.actor_id, e.via, e.action, e.subject,
    e.detail::text as detail, e.request_id
from audit.waiting as w join audit.events as e using (event_id)
order by event_id limit %(most)s

-- name: add_seal
insert into audit.seals (seal_id, sealed_at, event_ids, row_hashes, previous, hash, signature)
values (%(seal_id)s, 'epoch'::timestamptz + %(sealed_at)s * interval '1 microsecond', %(event_ids)s, %(row_hashes)s, %(previous)s,
    %(hash)s, %(signature)s)

-- name: forget_waiting
delete from audit.waiting where event_id = any(%(event_ids)s)

-- name: all_events
-- Grain: one event, as it is hashed.
select event_id, (extract(epoch from at) * 1000000)::bigint as at, actor_id, via, action, subject,
    detail::text as detail, request_id
from audit.events order by event_id

-- name: waiting
select event_id from audit.waiting

-- name: listed
-- Grain: one event that matches, newest first; with the name of who acted.
select e.event_id, e.at, e.actor_id, u.name as actor, e.via, e.action, e.subject, e.detail, e.request_id
from audit.events as e
left join access.users as u on u.user_id = e.actor_id
where (%(actor)s::integer is null or e.actor_id = %(actor)s)
    and (%(action)s::text is null or e.action = %(action)s)
    and (%(subject)s::text is null or e.subject = %(subject)s)
    and (%(first)s::date is null or e.at >= %(first)s::date)
    and (%(last)s::date is null or e.at < %(last)s::date + 1)
    and (%(before)s::bigint is null or e.event_id < %(before)s)
order by e.event_id desc
limit %(limit)s

-- name: counted
-- How many match in all.
select count(*) as total from audit.events as e
where (%(actor)s::integer is null or e.actor_id = %(actor)s)
    and (%(action)s::text is null or e.action = %(action)s)
    and (%(subject)s::text is null or e.subject = %(subject)s)
    and (%(first)s::date is null or e.at >= %(first)s::date)
    and (%(last)s::date is null or e.at < %(last)s::date + 1)
