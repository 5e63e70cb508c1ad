-- PostgreSQL: the worker's statements about jobs, as the role foresell_app. Parameters are bound by name.

-- name: take_lock
-- One worker at a time runs a job; its session holds the lock, so the end of the process releases it.
select pg_try_advisory_lock(hashtextextended('jobs.jobs', %(job_id)s)) as taken

-- name: start
-- A job that ended, or was cancelled while it waited, is not started again.
update jobs.jobs
set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, clock_timestamp()), step = null,
    done = null, total = null
where job_id = %(job_id)s and state in ('queued', 'running')
returning job_id, kind, requested_by, arguments, attempts, started_at, cancel_requested

-- name: requeue
update jobs.jobs set state = 'queued', attempts = attempts - 1, step = %(step)s
where job_id = %(job_id)s and state = 'running'

-- name: progress
update jobs.jobs set step = %(step)s, done = %(done)s, total = %(total)s where job_id = %(job_id)s
returning cancel_requested

-- name: begin_commit
-- After this the job cannot be cancelled. No row when its cancellation was requested before.
update jobs.jobs set cancellable = false where job_id = %(job_id)s and not cancel_requested
returning job_id

-- name: publish_event
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
-- The run of a job whose worker ended after publishing it and before the job was finished.
select run_id from core.runs
where published_at >= %(since)s and state in ('published', 'superseded') order by run_id desc limit 1

-- name: batch_undone_since
select batch_id from core.load_batches where batch_id = %(batch_id)s and undone_at >= %(since)s

-- name: follow_up
-- Requests a refresh for the user who requested this job; none when a refresh is queued already.
with requested as (
    insert into jobs.jobs (kind, requested_by, arguments) values ('refresh', %(requested_by)s, '{}')
    on conflict do nothing returning job_id
)
select jobs.enqueue_job(job_id) from requested

-- name: fail_lost
-- Jobs that were not finished and are in no worker's queue any more.
update jobs.jobs set state = 'failed', finished_at = now(), error = 'The job was lost.', remedy = 'Request it again.'
where state in ('queued', 'running') and requested_at < now() - interval '1 minute'
    and not exists (
        select from job_queue.procrastinate_jobs as q
        where q.args @> jsonb_build_object('job_id', jobs.job_id) and q.status in ('todo', 'doing'))

-- name: delete_old
-- Idempotency keys after two days, live events after seven, activity after thirty, networks of API keys and ended jobs after
-- ninety; syncs, of which sources.syncs says more, after one.
with answers as (delete from api.idempotency_keys where created_at < now() - interval '2 days'),
events as (delete from api.live_events where at < now() - interval '7 days'),
activity as (
    delete from detection.activity
    where at < now() - case when kind = 'used' and api_key_id is not null then interval '90 days' else interval '30 days' end
)
delete from jobs.jobs where finished_at < now() - case kind when 'sync' then interval '1 day' else interval '90 days' end
    and not exists (select from jobs.imports as i where i.job_id = jobs.job_id)

-- name: delete_stale_imports
-- Uploads not committed within a week; their files are deleted.
update jobs.imports set state = 'deleted'
where state in ('ready', 'unreadable', 'failed') and received_at < now() - interval '7 days'
returning import_id

-- name: uploads
-- Grain: one import whose file is kept.
select import_id, revision, state from jobs.imports
where state in ('inspecting', 'ready', 'unreadable', 'failed', 'loading') order by import_id

-- name: inspect_again
-- An import whose file changed is inspected anew, for the user who uploaded it, unless it is about to be loaded.
with requested as (
    insert into jobs.jobs (kind, requested_by, arguments)
    select 'inspect', user_id, jsonb_build_object('import_id', import_id) from jobs.imports
    where import_id = %(import_id)s and state <> 'loading'
    returning job_id
),
changed as (
    update jobs.imports set file_bytes = %(file_bytes)s, file_sha256 = %(file_sha256)s,
        state = case when state = 'loading' then state else 'inspecting' end,
        job_id = coalesce((select job_id from requested), job_id)
    where import_id = %(import_id)s
)
select jobs.enqueue_job(job_id) from requested

-- name: discard_import
with discarded as (update jobs.imports set state = 'deleted' where import_id = %(import_id)s returning import_id)
select audit.record_action('import.delete', 'import:' || import_id, '{"reason": "customer erased"}') from discarded

-- name: kept_imports
select import_id from jobs.imports where state in ('inspecting', 'ready', 'unreadable', 'failed', 'loading')
