-- What the worker is asked to do, and the uploaded files it reads. The queue is procrastinate's, in a schema of its own.

create schema job_queue;
comment on schema job_queue is 'The tables of procrastinate, as the installed version defines them: which job is next, and which worker has it.';
set search_path = job_queue;

-- include procrastinate sql/schema.sql

grant usage on schema job_queue to foresell_app;
grant select, insert, update, delete on all tables in schema job_queue to foresell_app;
grant usage on all sequences in schema job_queue to foresell_app;

create schema jobs;
comment on schema jobs is 'Jobs of the worker with their progress and results, and uploaded files.';
set search_path = jobs;

create table jobs (
    job_id bigint primary key generated always as identity,
    kind text not null check (kind in ('inspect', 'load', 'undo', 'refresh', 'load_sample', 'remove_sample', 'sync')),
    requested_by integer references access.users,
    requested_at timestamptz not null default now(),
    arguments jsonb not null default '{}',
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempts integer not null default 0,
    step text,
    done bigint,
    total bigint,
    started_at timestamptz,
    finished_at timestamptz,
    cancel_requested boolean not null default false,
    cancellable boolean not null default true,
    result jsonb not null default '{}',
    error text,
    remedy text,
    check (cancellable or not cancel_requested),
    check ((finished_at is not null) = (state in ('done', 'failed', 'cancelled')))
);
comment on table jobs is 'One row per job of the worker. step, done, total: its progress. arguments, result: ids and counts. cancellable: false from the moment its result is committed.';
create unique index jobs_one_refresh on jobs (kind) where kind = 'refresh' and state in ('queued', 'running');
create unique index jobs_one_sample on jobs ((true)) where kind in ('load_sample', 'remove_sample') and state in ('queued', 'running');
create unique index jobs_one_sync on jobs ((arguments ->> 'connection_id')) where kind = 'sync' and state in ('queued', 'running');
create unique index jobs_one_undo on jobs ((arguments ->> 'batch_id')) where kind = 'undo' and state in ('queued', 'running');

create table imports (
    import_id integer primary key generated always as identity,
    user_id integer not null references access.users,
    file_name text not null check (length(file_name) between 1 and 120),
    file_bytes bigint not null,
    file_sha256 text not null,
    state text not null check (state in ('inspecting', 'ready', 'unreadable', 'loading', 'loaded', 'failed', 'deleted')),
    revision integer not null default 1,
    job_id bigint references jobs,
    batch_id integer references core.load_batches,
    received_at timestamptz not null default now()
);
comment on table imports is 'One row per uploaded file. The file, its mapping and the findings are in the work folder until it is loaded or deleted. revision: number of the mapping, counted from 1.';

create function close_failed_import() returns trigger
language plpgsql
set search_path = jobs, pg_temp
as $$
begin
    update imports set state = case
        when state = 'inspecting' then 'unreadable' when new.state = 'cancelled' then 'ready' else 'failed' end
    where job_id = new.job_id and state in ('inspecting', 'loading');
    return null;
end $$;
comment on function close_failed_import is 'Sets the final state of an import whose job failed or was cancelled.';
create trigger close_failed_import after update on jobs for each row
when (old.state <> new.state and new.state in ('failed', 'cancelled')) execute function close_failed_import();

create function enqueue_job(job_id bigint) returns void
language plpgsql security definer
set search_path = job_queue, pg_temp
as $$
begin
    perform procrastinate_defer_jobs_v1(array[
        row(case j.kind when 'sync' then 'syncs' else 'jobs' end, 'run_job', 0, null, null,
            jsonb_build_object('job_id', enqueue_job.job_id), null)::procrastinate_job_to_defer_v1
    ]) from jobs.jobs as j where j.job_id = enqueue_job.job_id;
end $$;
comment on function enqueue_job is 'Puts a job of jobs.jobs into the worker''s queue, in the same transaction.';

create function request_job(kind text, arguments jsonb) returns bigint
language plpgsql security definer
set search_path = jobs, pg_temp
as $$
declare
    new_job bigint;
    needed constant text := case kind
        when 'refresh' then 'runs.write' when 'undo' then 'imports.undo' when 'remove_sample' then 'imports.undo'
        when 'sync' then 'sources.manage'
        else 'imports.write' end;
begin
    if not access.has_permission(needed) then
        raise insufficient_privilege using message = format('this needs the permission %s', needed);
    end if;
    insert into jobs.jobs (kind, requested_by, arguments)
    values (request_job.kind, access.current_user_id(), request_job.arguments)
    returning job_id into new_job;
    perform jobs.enqueue_job(new_job);
    return new_job;
end $$;
comment on function request_job is 'Adds a job and enqueues it, in the transaction of the caller. Returns the job''s id.';

create function last_worker_heartbeat() returns timestamptz
language sql stable security definer
set search_path = job_queue, pg_temp
as $$ select max(last_heartbeat) from procrastinate_workers $$;
comment on function last_worker_heartbeat is 'The newest heartbeat of any worker; null when there is none.';

alter table jobs enable row level security;
alter table imports enable row level security;
alter table core.load_batches enable row level security;

create policy app on jobs to foresell_app using (true);
create policy app on imports to foresell_app using (true);
create policy app on core.load_batches to foresell_app using (true);
create policy reader on core.load_batches for select to foresell_reader using (true);

create policy visible on jobs for select to foresell_web
using (requested_by = (select access.current_user_id()) or (select access.has_permission('runs.write'))
    or (select access.has_permission('imports.write')));
create policy cancel on jobs for update to foresell_web using ((select access.has_permission('imports.write')));
create policy manage on imports to foresell_web
using ((select access.has_permission('imports.write'))) with check ((select access.has_permission('imports.write')));
create policy visible on core.load_batches for select to foresell_web
using ((select access.has_permission('quality.read')) or (select access.has_permission('imports.write')));

grant usage on schema jobs to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema jobs to foresell_app;
grant select on jobs, imports, core.load_batches to foresell_web;
grant update (state, cancel_requested, finished_at) on jobs to foresell_web;
grant insert, update (state, revision, job_id) on imports to foresell_web;
revoke execute on all functions in schema jobs from public;
grant execute on function close_failed_import(), last_worker_heartbeat() to foresell_app, foresell_web;
grant execute on function enqueue_job(bigint) to foresell_app;
grant execute on function request_job(text, jsonb) to foresell_web;
