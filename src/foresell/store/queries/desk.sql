-- PostgreSQL: the work around the scores, behind row security. Parameters are bound by name.

-- name: in_reach
-- Grain: one row per wanted customer that is in reach.
select distinct customer_id from web.customer_records where customer_id = any(%(ids)s)

-- name: log_call
insert into desk.calls (customer_id, user_id, outcome, note)
values (%(customer_id)s, %(user_id)s, %(outcome)s, %(note)s)
returning call_id, called_at

-- name: snooze
-- Grain: one row per customer put off.
insert into desk.snoozes (customer_id, user_id, call_id, until)
select unnest(%(ids)s::text[]), %(user_id)s, %(call_id)s, %(until)s
returning snooze_id, customer_id

-- name: undo_call
update desk.calls set undone_at = now() where call_id = %(call_id)s and undone_at is null
returning call_id, customer_id, undone_at

-- name: undo_snooze_of_call
update desk.snoozes set lifted_at = now() where call_id = %(call_id)s and lifted_at is null

-- name: undone_call
select undone_at from desk.calls where call_id = %(call_id)s and user_id = %(user_id)s

-- name: calls
-- Grain: one call in reach, newest first; those taken back are left out.
select c.call_id, c.customer_id, c.outcome, c.note, c.called_at, s.until as snooze_until,
    jsonb_build_object('user_id', c.user_id, 'name', u.name) as caller, c.user_id = %(user_id)s as mine
from desk.calls as c
left join access.users as u using (user_id)
left join desk.snoozes as s on s.call_id = c.call_id and s.lifted_at is null
where c.undone_at is null and (%(customer_id)s::text is null or c.customer_id = %(customer_id)s)
order by c.called_at desc, c.call_id desc
limit %(limit)s offset %(start)s

-- name: count_calls
select count(*) as total from desk.calls
where undone_at is null and (%(customer_id)s::text is null or customer_id = %(customer_id)s)

-- name: resting
-- Grain: one row per customer in reach who is not to be called today: put off, or spoken to lately.
select customer_id from desk.snoozes where lifted_at is null and until > %(today)s
union
select customer_id from desk.calls
where undone_at is null
    and called_at > now() - make_interval(days => case outcome when 'no_answer' then 1 else %(rest_days)s end)

-- name: called_today
select count(*) as calls from desk.calls
where undone_at is null and user_id = %(user_id)s and called_at >= %(today)s::date at time zone 'utc'

-- name: snoozes
-- Grain: one snooze in reach that still holds, the next to end first.
select snooze_id, customer_id, until, snoozed_at, call_id from desk.snoozes
where lifted_at is null and until > %(today)s and (%(customer_id)s::text is null or customer_id = %(customer_id)s)
order by until, snooze_id
limit %(limit)s offset %(start)s

-- name: count_snoozes
select count(*) as total from desk.snoozes
where lifted_at is null and until > %(today)s and (%(customer_id)s::text is null or customer_id = %(customer_id)s)

-- name: lift_snooze
update desk.snoozes set lifted_at = now() where snooze_id = %(snooze_id)s and lifted_at is null
returning snooze_id, customer_id

-- name: tell
select desk.tell(%(kind)s, %(payload)s, %(permission)s, %(customer_id)s, %(user_id)s)

-- name: views
-- Grain: one view: one's own and those others share, by name.
select v.view_id, v.name, v.filters, v.sort, v.shared, v.changed_at, v.user_id = %(user_id)s as mine, u.name as owner
from desk.views as v left join access.users as u using (user_id)
where %(view_id)s::integer is null or v.view_id = %(view_id)s
order by v.user_id <> %(user_id)s, lower(v.name), v.view_id

-- name: add_view
insert into desk.views (user_id, name, filters, sort, shared)
values (%(user_id)s, %(name)s, %(filters)s, %(sort)s, %(shared)s)
on conflict (user_id, name) do nothing
returning view_id

-- name: change_view
update desk.views
set name = %(name)s, filters = %(filters)s, sort = %(sort)s, shared = %(shared)s, changed_at = now()
where view_id = %(view_id)s and user_id = %(user_id)s
returning view_id

-- name: drop_view
delete from desk.views where view_id = %(view_id)s and user_id = %(user_id)s returning view_id

-- name: owners
-- Grain: one wanted customer somebody looks after; locked until the hand-over is done.
select customer_id, user_id from access.customer_owners where customer_id = any(%(ids)s) order by customer_id for update

-- name: hand_over
-- Grain: one customer now looked after by the user.
update access.customer_owners set user_id = %(user_id)s, assigned_at = now()
where customer_id = any(%(ids)s) and user_id <> %(user_id)s
returning customer_id

-- name: assign
insert into access.customer_owners (customer_id, user_id) select unnest(%(ids)s::text[]), %(user_id)s

-- name: release
delete from access.customer_owners where customer_id = any(%(ids)s) returning customer_id

-- name: colleague
select user_id, name from access.users
where user_id = %(user_id)s and disabled_at is null
    and ((select access.scope()) = 'all' or user_id in (select access.colleagues()))

-- name: assignees
-- Grain: one user customers may be handed to, by name.
select user_id, name from access.users
where disabled_at is null and ((select access.scope()) = 'all' or user_id in (select access.colleagues()))
order by name, user_id

-- name: note_assignment
insert into desk.assignments (by_user, user_id, previous) values (%(by)s, %(user_id)s, %(previous)s)
returning assignment_id

-- name: undo_assignment
update desk.assignments set undone_at = now() where assignment_id = %(assignment_id)s and undone_at is null
returning user_id, previous

-- name: undone_assignment
select undone_at from desk.assignments where assignment_id = %(assignment_id)s

-- name: events_after
-- Grain: one event this user may know of, in the order they happened.
select event_id, kind, payload, customer_id, at from desk.live_events
where event_id > %(after)s order by event_id limit %(limit)s

-- name: newest_event
select desk.newest_event() as newest

-- name: scope
select access.scope() as scope

-- name: ask_for
select desk.ask_for(%(kind)s, %(arguments)s) as job_id

-- name: job
-- Grain: the one job asked for, if it may be seen.
select job_id, kind, state, asked_at, started_at, finished_at, attempts, step, done, total, result, error, remedy
from desk.jobs where job_id = %(job_id)s

-- name: open_refresh
select job_id from desk.jobs where kind = 'refresh' and state in ('queued', 'running')

-- name: refresh_under_way
select job_id from desk.jobs where kind = 'refresh' and state in ('queued', 'running')

-- name: cancel_queued
update desk.jobs set state = 'cancelled', finished_at = now() where job_id = %(job_id)s and state = 'queued'

-- name: cancel_running
update desk.jobs set cancel_asked = true where job_id = %(job_id)s and state = 'running'

-- name: add_import
insert into desk.imports (user_id, file_name, file_bytes, file_sha256, state)
values (%(user_id)s, %(file_name)s, %(file_bytes)s, %(file_sha256)s, 'inspecting')
returning import_id

-- name: change_import
-- Only from one of these states: whoever comes second finds it gone.
update desk.imports set state = %(state)s, job_id = coalesce(%(job_id)s, job_id),
    revision = revision + %(revisions)s
where import_id = %(import_id)s and state = any(%(from)s)
returning import_id

-- name: imports
-- Grain: one import with its job, newest first; deleted ones are left out.
select i.import_id, i.file_name, i.file_bytes, i.state, i.revision, i.batch_id, i.received_at, i.user_id, i.job_id,
    to_jsonb(j) - array['arguments', 'asked_by', 'cancel_asked'] as job
from desk.imports as i left join desk.jobs as j using (job_id)
where i.state <> 'deleted' and (%(import_id)s::integer is null or i.import_id = %(import_id)s)
order by i.import_id desc
limit %(limit)s offset %(start)s

-- name: count_imports
select count(*) as total from desk.imports where state <> 'deleted'

-- name: batches
-- Grain: one batch, newest first.
select batch_id, source, profile, rows, file_name, file_bytes, state, lines_read, lines_loaded, lines_unchanged,
    lines_rejected, orders_new, orders_replaced, customers_new, customers_changed, products_new, products_changed,
    loaded_at, undone_at, file_sha256
from truth.load_batches
where %(batch_id)s::integer is null or batch_id = %(batch_id)s
order by batch_id desc limit %(limit)s offset %(start)s

-- name: count_batches
select count(*) as total from truth.load_batches

-- name: runs
-- Grain: one run, newest first. A run that never came to its day (building, failed) has none.
select r.run_id, nullif(r.as_of, 'epoch') as as_of, r.state, r.run_id = p.run_id as published, r.rules_version,
    r.customers_scored, r.versions, r.timings, r.error, r.started_at, r.published_at,
    case when r.state = 'building' then (
        select jsonb_build_object('step', j.step, 'done', j.done, 'total', j.total)
        from desk.jobs as j where j.kind = 'refresh' and j.state = 'running') end as progress
from truth.runs as r left join truth.publication as p on true
where %(run_id)s::integer is null or r.run_id = %(run_id)s
order by r.run_id desc limit %(limit)s offset %(start)s

-- name: count_runs
select count(*) as total from truth.runs
