-- PostgreSQL: ids of customers and their records for the API, behind row security. Parameters are bound by name.

-- name: current
-- Grain: one of these ids, with the customer it stands for now.
select id, customer_id from identity.current_customers(%(ids)s)

-- name: aliases
-- Grain: one id that stands for this customer now, its own included, in ascending order.
select id from identity.ids_of_customer(%(customer_id)s) as t (id) order by id

-- name: records
-- Grain: one visible record of these customers, or one of these records, the oldest first.
select record_id, customer_id, source, source_key, name, city, region, postcode, country, signup_date, has_email, has_phone,
    has_address, batch_id, loaded_at
from web.records_of(%(customers)s, %(records)s)

-- name: orders_of_records
-- Grain: one order of these records, those of visible customers only.
select order_id from web.orders_of_records(%(records)s)

-- name: owners
-- Grain: one of these customers that has an owner.
select o.customer_id, jsonb_build_object('user_id', o.user_id, 'name', u.name) as owner
from access.customer_owners as o left join access.users as u using (user_id)
where o.customer_id = any (%(customers)s)

-- name: follow_ups
-- Grain: one of these customers that has open follow-ups: how many, and when the first is due.
select customer_id, count(*) as follow_ups, min(due_on) as first_due
from engagement.follow_ups
where customer_id = any (%(customers)s) and done_at is null and cancelled_at is null
group by customer_id

-- name: moves
-- Grain: one move that names one of these ids, the newest first. after_run: made or undone since the run was started.
select m.move_id, m.kind, m.customer_id, m.other_ids, m.record_ids, m.made_by, m.run_id, m.reason, m.made_at, m.undone_at,
    case when m.user_id is not null then jsonb_build_object('user_id', m.user_id, 'name', u.name) end as user,
    case when m.undone_by is not null then jsonb_build_object('user_id', m.undone_by, 'name', x.name) end as undone_by,
    greatest(m.made_at, m.undone_at) > %(since)s::timestamptz as after_run
from identity.moves as m
left join access.users as u on u.user_id = m.user_id
left join access.users as x on x.user_id = m.undone_by
where m.move_id in (select move_id from identity.move_customers where customer_id = any (%(ids)s))
order by m.move_id desc
limit %(limit)s

-- name: run_started
select started_at from core.runs where run_id = %(run_id)s

-- name: refused
-- Grain: one decision in force that these customers are different, by the customers of its records.
select x.customer_id as customer_a, y.customer_id as customer_b, d.decided_at, d.reason,
    case when d.user_id is not null then jsonb_build_object('user_id', d.user_id, 'name', u.name) end as user
from identity.decisions as d
join web.customer_records as x on x.record_id = d.record_a
join web.customer_records as y on y.record_id = d.record_b
left join access.users as u on u.user_id = d.user_id
where d.revoked_at is null and d.verdict = 'different' and x.customer_id <> y.customer_id
    and x.customer_id = any (%(customers)s) and y.customer_id = any (%(customers)s)
order by d.decided_at desc

-- name: merge
select identity.web_merge(%(customers)s, %(reason)s) as move_id

-- name: split
select move_id, customer_id from identity.web_split(%(customer_id)s, %(records)s, %(reason)s)

-- name: undo
-- Grain: one record that changed its customer.
select record_id, was, now_at from identity.web_undo(%(move_id)s)

-- name: move
select move_id, kind, customer_id, other_ids, undone_at from identity.moves where move_id = %(move_id)s
