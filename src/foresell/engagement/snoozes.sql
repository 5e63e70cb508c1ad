-- PostgreSQL: snoozed customers, behind row security. Parameters are bound by name.

-- name: add
-- Grain: one row per snoozed customer.
insert into engagement.snoozes (customer_id, user_id, call_id, until)
select unnest(%(ids)s::text[]), %(user_id)s, %(call_id)s, %(until)s
returning snooze_id, customer_id

-- name: list
-- Grain: one visible snooze in force, the next to end first.
select snooze_id, customer_id, until, snoozed_at, call_id from engagement.snoozes
where cancelled_at is null and until > %(today)s and (%(customer_id)s::text is null or customer_id = %(customer_id)s)
order by until, snooze_id
limit %(limit)s offset %(start)s

-- name: count
select count(*) as total from engagement.snoozes
where cancelled_at is null and until > %(today)s and (%(customer_id)s::text is null or customer_id = %(customer_id)s)

-- name: lift
update engagement.snoozes set cancelled_at = now() where snooze_id = %(snooze_id)s and cancelled_at is null
returning snooze_id, customer_id

-- name: lift_several
-- Grain: one row per snooze that was still in force.
update engagement.snoozes set cancelled_at = now() where snooze_id = any(%(ids)s) and cancelled_at is null
returning snooze_id, customer_id

-- name: lift_of_call
update engagement.snoozes set cancelled_at = now() where call_id = %(call_id)s and cancelled_at is null
