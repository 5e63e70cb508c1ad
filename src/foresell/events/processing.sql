-- PostgreSQL: what the worker does with new events.

-- name: position
select seq from events.consumers where consumer = %(consumer)s for update

-- name: next_portion
-- Up to which event the next portion goes, and how many it has.
select max(seq) as upto, count(*)::integer as n
from (select seq from events.events where seq > %(after)s order by seq limit %(limit)s) as next_events

-- name: apply
select events.apply_events(%(after)s, %(upto)s)

-- name: leave_out
insert into events.dead_letters (consumer, seq, error) values (%(consumer)s, %(seq)s, %(error)s) on conflict do nothing

-- name: move
update events.consumers set seq = %(seq)s, changed_at = now() where consumer = %(consumer)s

-- name: publish
select events.publish_live(%(after)s, %(upto)s)

-- name: make_partitions
select events.make_partitions(%(ahead)s)

-- name: delete_expired
select events.delete_expired_events(%(most)s) as deleted

-- name: delete_published
-- Open pages need them for minutes only, and the events themselves are kept.
delete from api.live_events where kind = 'customer_event' and at < now() - interval '1 hour'

-- name: resolve
select events.resolve_actors() as resolved
