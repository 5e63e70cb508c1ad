-- PostgreSQL: uploaded files, behind row security. Parameters are bound by name.

-- name: add
insert into jobs.imports (user_id, file_name, file_bytes, file_sha256, state)
values (%(user_id)s, %(file_name)s, %(file_bytes)s, %(file_sha256)s, 'inspecting')
returning import_id

-- name: change
-- Only from one of these states: of two requests at once the second finds it changed.
update jobs.imports set state = %(state)s, job_id = coalesce(%(job_id)s, job_id),
    revision = revision + %(revisions)s
where import_id = %(import_id)s and state = any(%(from)s)
returning import_id

-- name: list
-- Grain: one import with its job, newest first; deleted ones are left out.
select i.import_id, i.file_name, i.file_bytes, i.state, i.revision, i.batch_id, i.received_at, i.user_id, i.job_id,
    to_jsonb(j) - array['arguments', 'requested_by', 'cancel_requested'] as job
from jobs.imports as i left join jobs.jobs as j using (job_id)
where i.state <> 'deleted' and (%(import_id)s::integer is null or i.import_id = %(import_id)s)
order by i.import_id desc
limit %(limit)s offset %(start)s

-- name: count
select count(*) as total from jobs.imports where state <> 'deleted'
