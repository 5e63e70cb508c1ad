-- PostgreSQL: runs, behind row security. Parameters are bound by name.

-- name: list
-- Grain: one run, newest first. A run that ended before its as_of was known (building, failed) has none.
select r.run_id, nullif(r.as_of, 'epoch') as as_of, r.state, r.run_id = p.run_id as published, r.rules_version,
    r.customers_scored, r.versions, r.timings, r.error, r.started_at, r.published_at,
    case when r.state = 'building' then (
        select jsonb_build_object('step', j.step, 'done', j.done, 'total', j.total)
        from jobs.jobs as j where j.kind = 'refresh' and j.state = 'running') end as progress
from core.runs as r left join core.publication as p on true
where %(run_id)s::integer is null or r.run_id = %(run_id)s
order by r.run_id desc limit %(limit)s offset %(start)s

-- name: count
select count(*) as total from core.runs

-- name: open_refresh
-- The refresh that is queued or running.
select job_id from jobs.jobs where kind = 'refresh' and state in ('queued', 'running')

-- name: building
-- The run that is being built, if any.
select run_id from core.runs where state = 'building' limit 1
