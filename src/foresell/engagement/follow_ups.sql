-- PostgreSQL: follow-ups of customers, behind row security. Parameters are bound by name.

-- name: add
insert into engagement.follow_ups (customer_id, user_id, call_id, due_on, task)
values (%(customer_id)s, %(user_id)s, %(call_id)s, %(due_on)s, %(task)s)

-- name: cancel_of_call
update engagement.follow_ups set cancelled_at = now() where call_id = %(call_id)s and done_at is null and cancelled_at is null

-- name: do_due
-- A call does the customer's follow-ups that are due, but not its own.
update engagement.follow_ups set done_at = now(), done_call_id = %(call_id)s
where customer_id = %(customer_id)s and done_at is null and cancelled_at is null and due_on <= %(today)s
    and call_id is distinct from %(call_id)s

-- name: reopen_of_call
-- Not a follow-up whose own call was undone in the meantime.
update engagement.follow_ups as f set done_at = null, done_call_id = null
where f.done_call_id = %(call_id)s
    and not exists (select from engagement.calls as c where c.call_id = f.call_id and c.undone_at is not null)

-- name: finish
update engagement.follow_ups set done_at = now()
where follow_up_id = %(follow_up_id)s and done_at is null and cancelled_at is null
returning follow_up_id, customer_id

-- name: reopen
-- Undo `finish`; what a call has done is undone with the call.
update engagement.follow_ups set done_at = null
where follow_up_id = %(follow_up_id)s and done_at is not null and done_call_id is null and cancelled_at is null
returning follow_up_id, customer_id

-- name: is_open
select follow_up_id from engagement.follow_ups
where follow_up_id = %(follow_up_id)s and done_at is null and cancelled_at is null

-- name: due
-- Grain: one visible customer with a follow-up due, the first of them; the longest overdue first. task: sealed with wrapped_key.
with first_of_customer as (
    select distinct on (f.customer_id) f.follow_up_id, f.customer_id, f.original_customer_id, f.due_on, f.task,
        jsonb_build_object('user_id', f.user_id, 'name', u.name) as set_by
    from engagement.follow_ups as f
    left join access.users as u using (user_id)
    where f.done_at is null and f.cancelled_at is null and f.due_on <= %(today)s
        and (%(customer_id)s::text is null or f.customer_id = %(customer_id)s)
        and not exists (
            select from engagement.calls as c
            where c.customer_id = f.customer_id and c.undone_at is null and c.call_id is distinct from f.call_id
                and c.called_at >= %(today)s::date at time zone 'utc')
        and not exists (
            select from engagement.snoozes as s
            where s.customer_id = f.customer_id and s.cancelled_at is null and s.until > %(today)s
                and s.snoozed_at > f.created_at)
    order by f.customer_id, f.due_on, f.follow_up_id
)
select f.*, k.kek_id, k.wrapped_key from first_of_customer as f
left join engagement.note_keys(array(select original_customer_id from first_of_customer where task is not null)) as k
    on k.customer_id = f.original_customer_id
order by f.due_on, f.follow_up_id

-- name: later
-- Grain: one visible customer with an open follow-up on a later day.
select distinct customer_id from engagement.follow_ups
where done_at is null and cancelled_at is null and due_on > %(today)s

-- name: list
-- Grain: one open follow-up of a visible customer, the first due first. task: sealed with wrapped_key.
with listed as (
    select f.follow_up_id, f.customer_id, f.original_customer_id, f.due_on, f.task, jsonb_build_object('user_id', f.user_id, 'name', u.name) as set_by
    from engagement.follow_ups as f left join access.users as u using (user_id)
    where f.done_at is null and f.cancelled_at is null
        and (%(customer_id)s::text is null or f.customer_id = %(customer_id)s)
    order by f.due_on, f.follow_up_id
    limit %(limit)s offset %(start)s
)
select l.*, k.kek_id, k.wrapped_key from listed as l
left join engagement.note_keys(array(select original_customer_id from listed where task is not null)) as k
    on k.customer_id = l.original_customer_id
order by l.due_on, l.follow_up_id

-- name: count
select count(*) as total from engagement.follow_ups
where done_at is null and cancelled_at is null and (%(customer_id)s::text is null or customer_id = %(customer_id)s)
