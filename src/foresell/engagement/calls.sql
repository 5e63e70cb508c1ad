-- PostgreSQL: logged calls, behind row security. Parameters are bound by name.

-- name: log
insert into engagement.calls (customer_id, user_id, outcome, note, called_at)
values (%(customer_id)s, %(user_id)s, %(outcome)s, %(note)s, coalesce(%(called_at)s::timestamptz, now()))
returning call_id, called_at

-- name: undo
-- Undo a call that is not undone yet; the policy limits it to the user's own and, with calls.manage, the team's.
update engagement.calls set undone_at = now() where call_id = %(call_id)s and undone_at is null
returning call_id, customer_id, undone_at

-- name: edit
-- Change the outcome and the note of a call; the policy limits it like an undo.
update engagement.calls set outcome = %(outcome)s, note = %(note)s, edited_at = now()
where call_id = %(call_id)s and undone_at is null
returning call_id, customer_id, edited_at

-- name: find
-- The call, if the user may change it; locked until the transaction ends.
select call_id, c.customer_id, original_customer_id, outcome, note, undone_at, k.kek_id, k.wrapped_key
from engagement.calls as c
left join engagement.note_keys(array(select original_customer_id from engagement.calls where call_id = %(call_id)s)) as k
    on k.customer_id = c.original_customer_id
where call_id = %(call_id)s
    and (user_id = (select access.current_user_id())
        or ((select access.has_permission('calls.manage')) and user_id in (select access.visible_user_ids())))
for update of c

-- name: matching
-- Grain: one visible call that matches, newest first, without undone ones. total: how many there are; a limit of null is none.
select c.call_id, c.customer_id, count(*) over () as total from engagement.calls as c
where c.undone_at is null
    and (%(customer_id)s::text is null or c.customer_id = %(customer_id)s)
    and (%(caller)s::integer is null or c.user_id = %(caller)s)
    and (%(outcome)s::text is null or c.outcome = %(outcome)s)
    and (%(first)s::date is null or c.called_at >= %(first)s::date at time zone 'utc')
    and (%(last)s::date is null or c.called_at < (%(last)s::date + 1) at time zone 'utc')
order by c.called_at desc, c.call_id desc
limit %(limit)s offset %(start)s

-- name: list
-- Grain: one visible call of those given, newest first, without undone ones. note, task: sealed with wrapped_key.
with listed as (
    select c.call_id, c.customer_id, c.original_customer_id, c.outcome, c.note, c.called_at, c.edited_at, s.until as snooze_until,
        jsonb_build_object('user_id', c.user_id, 'name', u.name) as caller, c.user_id = %(user_id)s as mine,
        c.user_id = %(user_id)s
        or ((select access.has_permission('calls.manage')) and c.user_id in (select access.visible_user_ids())) as can_change,
        f.follow_up, f.task
    from engagement.calls as c
    left join access.users as u using (user_id)
    left join engagement.snoozes as s on s.call_id = c.call_id and s.cancelled_at is null
    left join lateral (
        select jsonb_build_object('follow_up_id', follow_up_id, 'due_on', due_on, 'is_done', done_at is not null)
            as follow_up, task
        from engagement.follow_ups where call_id = c.call_id and cancelled_at is null order by follow_up_id desc limit 1
    ) as f on true
    where c.undone_at is null and c.call_id = any(%(call_ids)s)
)
select l.*, k.kek_id, k.wrapped_key from listed as l
left join engagement.note_keys(array(select original_customer_id from listed where note is not null or task is not null)) as k
    on k.customer_id = l.original_customer_id
order by l.called_at desc, l.call_id desc

-- name: callers
-- Grain: one user who has logged a call that is visible, by name; name is null where the user may not see it.
select c.user_id, u.name from (select distinct user_id from engagement.calls where undone_at is null) as c
left join access.users as u using (user_id)
order by u.name, c.user_id

-- name: resting
-- Grain: one row per visible customer who is left off today's list: snoozed, or called recently.
select customer_id from engagement.snoozes where cancelled_at is null and until > %(today)s
union
select customer_id from engagement.calls
where undone_at is null
    and called_at > now() - make_interval(days => case outcome when 'no_answer' then 1 else %(rest_days)s end)

-- name: count_today
-- Calls today of the user or, for a manager, of the team.
select count(*) as calls from engagement.calls
where undone_at is null and user_id in (select access.visible_user_ids()) and called_at >= %(today)s::date at time zone 'utc'
