-- PostgreSQL: logged calls, behind row security. Parameters are bound by name.

-- name: log
insert into engagement.calls (customer_id, user_id, outcome, note)
values (%(customer_id)s, %(user_id)s, %(outcome)s, %(note)s)
returning call_id, called_at

-- name: undo
-- Undo a call that is not undone yet; the policy limits it to the user's own.
update engagement.calls set undone_at = now() where call_id = %(call_id)s and undone_at is null
returning call_id, customer_id, undone_at

-- name: undone
-- When one of the user's own calls was undone, if it was.
select undone_at from engagement.calls where call_id = %(call_id)s and user_id = %(user_id)s

-- name: list
-- Grain: one visible call, newest first, without undone ones.
select c.call_id, c.customer_id, c.outcome, c.note, c.called_at, s.until as snooze_until,
    jsonb_build_object('user_id', c.user_id, 'name', u.name) as caller, c.user_id = %(user_id)s as mine
from engagement.calls as c
left join access.users as u using (user_id)
left join engagement.snoozes as s on s.call_id = c.call_id and s.cancelled_at is null
where c.undone_at is null and (%(customer_id)s::text is null or c.customer_id = %(customer_id)s)
order by c.called_at desc, c.call_id desc
limit %(limit)s offset %(start)s

-- name: count
select count(*) as total from engagement.calls
where undone_at is null and (%(customer_id)s::text is null or customer_id = %(customer_id)s)

-- name: resting
-- Grain: one row per visible customer who is left off today's list: snoozed, or called recently.
select customer_id from engagement.snoozes where cancelled_at is null and until > %(today)s
union
select customer_id from engagement.calls
where undone_at is null
    and called_at > now() - make_interval(days => case outcome when 'no_answer' then 1 else %(rest_days)s end)

-- name: count_today
select count(*) as calls from engagement.calls
where undone_at is null and user_id = %(user_id)s and called_at >= %(today)s::date at time zone 'utc'
