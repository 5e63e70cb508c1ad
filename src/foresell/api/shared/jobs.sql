-- PostgreSQL: jobs the worker is asked to do, behind row security. Parameters are bound by name.

-- name: request
select jobs.request_job(%(kind)s, %(arguments)s) as job_id

-- name: get
-- Grain: the requested job, if the user may see it.
select job_id, kind, state, requested_at, started_at, finished_at, attempts, step, done, total, result, error, remedy
from jobs.jobs where job_id = %(job_id)s

-- name: cancel_queued
update jobs.jobs set state = 'cancelled', finished_at = now() where job_id = %(job_id)s and state = 'queued'

-- name: cancel_running
-- Changes no row once the job is committing its result.
update jobs.jobs set cancel_requested = true where job_id = %(job_id)s and state = 'running' and cancellable
