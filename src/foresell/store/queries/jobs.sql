-- PostgreSQL: what the worker does with jobs, as the application's own role. Parameters are bound by name.

-- name: take
-- One worker at a time works on a job; held by a session, so it goes when the process does.
select pg_try_advisory_lock(hashtextextended('jobs.jobs', %(job_id)s)) as taken

-- name: begin
-- A job that ended, or was cancelled while it waited, is not begun again.
update jobs.jobs
set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, clock_timestamp()), step = null,
    done = null, total = null
where job_id = %(job_id)s and state in ('queued', 'running')
returning job_id, kind, requested_by, arguments, attempts, started_at, cancel_requested

-- name: wait
update jobs.jobs set state = 'queued', attempts = attempts - 1, step = %(step)s
where job_id = %(job_id)s and state = 'running'

-- name: progress
update jobs.jobs set step = %(step)s, done = %(done)s, total = %(total)s where job_id = %(job_id)s
returning cancel_requested

-- name: begin_commit
-- From here on the job cannot be cancelled. No row when its cancellation was requested before: one of the two wins.
update jobs.jobs set cancellable = false where job_id = %(job_id)s and not cancel_requested
returning job_id

-- name: tell
select api.publish_event(%(kind)s, %(payload)s, %(permission)s)

-- name: finish
update jobs.jobs
set state = %(state)s, finished_at = clock_timestamp(), result = %(result)s, error = %(error)s, remedy = %(remedy)s
where job_id = %(job_id)s and state = 'running'

-- name: import
select import_id, file_name, state, revision from jobs.imports where import_id = %(import_id)s

-- name: import_outcome
update jobs.imports set state = %(state)s, batch_id = %(batch_id)s where import_id = %(import_id)s and state <> 'deleted'

-- name: run_published_since
-- A refresh that was published before its worker could say so.
select run_id from core.runs
where published_at >= %(since)s and state in ('published', 'superseded') order by run_id desc limit 1

-- name: batch_undone_since
select batch_id from core.load_batches where batch_id = %(batch_id)s and undone_at >= %(since)s

-- name: follow_up
-- A refresh on behalf of whoever asked for the job before; none when one waits already.
with asked as (
    insert into jobs.jobs (kind, requested_by, arguments) values ('refresh', %(requested_by)s, '{}')
    on conflict do nothing returning job_id
)
select jobs.enqueue_job(job_id) from asked

-- name: lost
-- Jobs no worker has in its queue any more, though nobody finished them.
update jobs.jobs set state = 'failed', finished_at = now(), error = 'The job was lost.', remedy = 'Ask for it again.'
where state in ('queued', 'running') and requested_at < now() - interval '1 minute'
    and not exists (
        select from job_queue.procrastinate_jobs as q
        where q.args @> jsonb_build_object('job_id', jobs.job_id) and q.status in ('todo', 'doing'))

-- name: forget_old
-- What is kept for a while only: answers of requests (two days), live events (seven), jobs done (ninety).
with answers as (delete from api.idempotency_keys where created_at < now() - interval '2 days'),
events as (delete from api.live_events where at < now() - interval '7 days')
delete from jobs.jobs where finished_at < now() - interval '90 days'
    and not exists (select from jobs.imports as i where i.job_id = jobs.job_id)

-- name: stale_imports
-- Uploads nobody committed within a week; their files go.
update jobs.imports set state = 'deleted'
where state in ('ready', 'unreadable', 'failed') and received_at < now() - interval '7 days'
returning import_id

-- name: kept_imports
select import_id from jobs.imports where state in ('inspecting', 'ready', 'unreadable', 'failed', 'loading')
