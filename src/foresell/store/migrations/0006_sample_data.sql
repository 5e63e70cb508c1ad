-- Sample data is loaded and removed as jobs of the worker; the checklist of existing installations stays hidden.

set search_path = jobs;

alter table jobs drop constraint jobs_kind_check;
alter table jobs add constraint jobs_kind_check
check (kind in ('inspect', 'load', 'undo', 'refresh', 'load_sample', 'remove_sample'));
create unique index jobs_one_sample on jobs ((true)) where kind in ('load_sample', 'remove_sample') and state in ('queued', 'running');

create or replace function request_job(kind text, arguments jsonb) returns bigint
language plpgsql security definer
set search_path = jobs, pg_temp
as $$
declare
    new_job bigint;
    needed constant text := case kind
        when 'refresh' then 'runs.write' when 'undo' then 'imports.undo' when 'remove_sample' then 'imports.undo'
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

set search_path = core;

create function clear_results() returns boolean
language plpgsql security definer
set search_path = core, pg_temp
as $$
begin
    if exists (select from orders) then
        return false;
    end if;
    delete from publication;
    delete from rfm_scores;
    delete from prediction_reasons;
    delete from predictions;
    delete from prediction_outcomes;
    delete from access.customer_owners as o where not exists (select from customers as c where c.customer_id = o.customer_id);
    update runs set state = 'pruned', snapshot_file = null where state in ('published', 'superseded', 'withdrawn');
    update models set state = 'withdrawn' where state = 'served';
    return true;
end $$;
comment on function clear_results is 'After the last order is gone: nothing is published, no scores are kept and no model is served. Returns whether that was so; with orders nothing changes.';
revoke execute on function clear_results() from public;
grant execute on function clear_results() to foresell_app;

set search_path = access;

create function has_active_user() returns boolean
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select exists (
        select from users
        where disabled_at is null and (
            user_id in (select user_id from passwords)
            or user_id in (select user_id from passkeys)
            or user_id in (select user_id from oidc_accounts)));
end;
comment on function has_active_user is 'Whether any user can sign in; until then the sign-in page says where the first link is.';
revoke execute on function has_active_user() from public;
grant execute on function has_active_user() to foresell_app, foresell_web;

set search_path = core;

update company_settings set checklist_dismissed_at = now()
where exists (select from publication) and (select count(*) from access.users where disabled_at is null) > 1;
