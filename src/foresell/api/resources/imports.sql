-- PostgreSQL: uploaded files, behind row security. Parameters are bound by name.

-- name: add
insert into desk.imports (user_id, file_name, file_bytes, file_sha256, state)
values (%(user_id)s, %(file_name)s, %(file_bytes)s, %(file_sha256)s, 'inspecting')
returning import_id

-- name: change
-- Only from one of these states: of two requests at once the second finds it changed.
update desk.imports set state = %(state)s, job_id = coalesce(%(job_id)s, job_id),
    revision = revision + %(revisions)s
where import_id = %(import_id)s and state = any(%(from)s)
returning import_id

-- name: list
-- Grain: one import with its job, newest first; deleted ones are left out.
select i.import_id, i.file_name, i.file_bytes, i.state, i.revision, i.batch_id, i.received_at, i.user_id, i.job_id,
    to_jsonb(j) - array['arguments', 'asked_by', 'cancel_asked'] as job
from desk.imports as i left join desk.jobs as j using (job_id)
where i.state <> 'deleted' and (%(import_id)s::integer is null or i.import_id = %(import_id)s)
order by i.import_id desc
limit %(limit)s offset %(start)s

-- name: count
select count(*) as total from desk.imports where state <> 'deleted'
