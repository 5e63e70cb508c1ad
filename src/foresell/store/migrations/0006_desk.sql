-- The desk: what people do with the scores (calls, snoozes, views, hand-overs), files that wait to be loaded, what the
-- worker is asked to do, and the live events that tell everybody's screens. Nothing is deleted to undo it.

create schema desk;
comment on schema desk is 'The work around the scores. Row security: own rows, or those of customers in reach.';
set search_path = desk;

create table calls (
    call_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    outcome text not null check (outcome in ('reached', 'no_answer', 'not_interested', 'will_order')),
    note text check (length(note) between 1 and 2000),
    called_at timestamptz not null default now(),
    undone_at timestamptz
);
comment on table calls is 'One row per call somebody logged, by the wall clock. undone_at: taken back, and then it never counted. note: may hold personal data; erasing the customer empties it.';
create index calls_customer on calls (customer_id, called_at desc);
create index calls_recent on calls (called_at desc) where undone_at is null;

create table snoozes (
    snooze_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    call_id bigint references calls,
    until date not null,
    snoozed_at timestamptz not null default now(),
    lifted_at timestamptz
);
comment on table snoozes is 'One row per time a customer was put off: not on the call list before the day `until`. call_id: the call that did it, whose undo lifts it. lifted_at: taken back.';
create index snoozes_customer on snoozes (customer_id) where lifted_at is null;
create index snoozes_call on snoozes (call_id) where call_id is not null;

create table views (
    view_id integer primary key generated always as identity,
    user_id integer not null references access.users,
    name text not null check (length(name) between 1 and 100),
    filters jsonb not null,
    sort text not null,
    shared boolean not null default false,
    changed_at timestamptz not null default now(),
    unique (user_id, name)
);
comment on table views is 'One row per saved way of looking at the customer list: filters and sort, the owner''s alone or shared with everybody.';

create table assignments (
    assignment_id bigint primary key generated always as identity,
    by_user integer not null references access.users,
    user_id integer references access.users,
    previous jsonb not null,
    assigned_at timestamptz not null default now(),
    undone_at timestamptz
);
comment on table assignments is 'One row per hand-over of customers to a user (null: to nobody). previous: customer id to the user before (null: nobody), so that undo is exact.';

create table jobs (
    job_id bigint primary key generated always as identity,
    kind text not null check (kind in ('inspect', 'load', 'undo', 'refresh')),
    asked_by integer references access.users,
    asked_at timestamptz not null default now(),
    arguments jsonb not null default '{}',
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempts integer not null default 0,
    step text,
    done bigint,
    total bigint,
    started_at timestamptz,
    finished_at timestamptz,
    cancel_asked boolean not null default false,
    cancellable boolean not null default true,
    check (cancellable or not cancel_asked),
    result jsonb not null default '{}',
    error text,
    remedy text,
    check ((finished_at is not null) = (state in ('done', 'failed', 'cancelled')))
);
comment on table jobs is 'One row per thing the worker was asked to do, and how far it is: done of total, in words of step. arguments, result: ids and counts. cancellable: false from the moment its result is committed.';
create unique index jobs_one_refresh on jobs (kind) where kind = 'refresh' and state in ('queued', 'running');
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
    batch_id integer references truth.load_batches,
    received_at timestamptz not null default now()
);
comment on table imports is 'One row per uploaded file. The file, its mapping and what was found in it lie in the work folder until it is loaded or deleted. revision: counts the mappings tried.';

create table effects (
    user_id integer not null references access.users,
    key text not null check (length(key) between 1 and 255),
    request bytea not null,
    status integer not null,
    body bytea not null,
    happened_at timestamptz not null default now(),
    primary key (user_id, key)
);
comment on table effects is 'One row per request that came with an Idempotency-Key and had its effect: what was asked (a hash) and what was answered. Written with the effect, kept for two days.';
create index effects_age on effects (happened_at);

create table live_events (
    event_id bigint primary key generated always as identity,
    at timestamptz not null default clock_timestamp(),
    kind text not null check (kind ~ '^[a-z_]+$'),
    payload jsonb not null,
    permission text references access.permissions,
    customer_id text,
    user_id integer references access.users
);
comment on table live_events is 'One row per thing screens should know of, in the order of commits. Audience: who holds permission, sees customer_id, is user_id; null does not restrict. payload: ids and counts, never personal data. Kept for a day.';
create index live_events_at on live_events (at);

create function tell(
    kind text, payload jsonb default '{}', permission text default null, customer_id text default null,
    user_id integer default null
) returns void
language plpgsql security definer
set search_path = desk, pg_temp
as $$
begin
    -- One writer at a time until it commits: whoever has read event n has not missed one before it.
    perform pg_advisory_xact_lock(hashtext('desk.live_events'));
    insert into live_events (kind, payload, permission, customer_id, user_id)
    values (tell.kind, tell.payload, tell.permission, tell.customer_id, tell.user_id);
    perform pg_notify('foresell', tell.kind);
end $$;
comment on function tell is 'Add a live event and wake every process that streams. To be the last statement of a transaction.';

create function newest_event() returns bigint
language sql stable security definer
set search_path = desk, pg_temp
begin atomic
    select coalesce(max(event_id), 0) from live_events;
end;
comment on function newest_event is 'Where a new stream begins: the last event, whoever it was for.';

create function tell_publication() returns trigger
language plpgsql
as $$
begin
    perform desk.tell('run_published', jsonb_build_object('run_id', new.run_id));
    return null;
end $$;
comment on function tell_publication is 'Screens learn of a new run where it is published, whoever does it.';
create trigger told after insert or update on truth.publication for each row execute function tell_publication();

create function wake_on_assignment() returns trigger
language plpgsql
as $$
begin
    perform pg_notify('foresell', 'customers_assigned');
    return null;
end $$;
comment on function wake_on_assignment is 'Processes that remember who sees whom forget it, whoever changes it.';
create trigger told after insert or update or delete on access.customer_owners
for each statement execute function wake_on_assignment();

create function settle_import() returns trigger
language plpgsql
set search_path = desk, pg_temp
as $$
begin
    update imports set state = case
        when state = 'inspecting' then 'unreadable' when new.state = 'cancelled' then 'ready' else 'failed' end
    where job_id = new.job_id and state in ('inspecting', 'loading');
    return null;
end $$;
comment on function settle_import is 'An import whose job ends badly, whatever ended it, does not wait for ever.';
create trigger settled after update on jobs for each row
when (old.state <> new.state and new.state in ('failed', 'cancelled')) execute function settle_import();

create function queue(job bigint) returns void
language plpgsql security definer
set search_path = jobs, pg_temp
as $$
begin
    perform procrastinate_defer_jobs_v1(array[
        row('desk', 'do', 0, null, null, jsonb_build_object('job_id', job), null)::procrastinate_job_to_defer_v1
    ]);
end $$;
comment on function queue is 'Put a job of desk.jobs into the worker''s queue, in the same transaction.';

create function ask_for(kind text, arguments jsonb) returns bigint
language plpgsql security definer
set search_path = desk, pg_temp
as $$
declare
    new_job bigint;
    needed constant text := case kind
        when 'refresh' then 'runs.write' when 'undo' then 'imports.undo' else 'imports.write' end;
begin
    if not access.may(needed) then
        raise insufficient_privilege using message = format('this needs the permission %s', needed);
    end if;
    insert into desk.jobs (kind, asked_by, arguments) values (ask_for.kind, access.me(), ask_for.arguments)
    returning job_id into new_job;
    perform desk.queue(new_job);
    return new_job;
end $$;
comment on function ask_for is 'Ask the worker to do something, in the same transaction as whatever asks for it. Returns the job.';

alter table calls enable row level security;
alter table snoozes enable row level security;
alter table views enable row level security;
alter table assignments enable row level security;
alter table jobs enable row level security;
alter table imports enable row level security;
alter table effects enable row level security;
alter table live_events enable row level security;
alter table truth.load_batches enable row level security;

create policy app on calls to foresell_app using (true);
create policy app on snoozes to foresell_app using (true);
create policy app on views to foresell_app using (true);
create policy app on assignments to foresell_app using (true);
create policy app on jobs to foresell_app using (true);
create policy app on imports to foresell_app using (true);
create policy app on effects to foresell_app using (true);
create policy app on live_events to foresell_app using (true);
create policy app on truth.load_batches to foresell_app using (true);
create policy reader on truth.load_batches for select to foresell_reader using (true);

create policy reach on calls for select to foresell_web
using ((select access.may('calls.read'))
    and ((select access.scope()) = 'all' or customer_id in (select access.customers_seen())));
create policy log on calls for insert to foresell_web
with check (user_id = (select access.me()) and (select access.may('calls.write')) and access.sees(customer_id));
create policy undo on calls for update to foresell_web using (user_id = (select access.me()));

create policy reach on snoozes for select to foresell_web
using ((select access.may('calls.read'))
    and ((select access.scope()) = 'all' or customer_id in (select access.customers_seen())));
create policy put_off on snoozes for insert to foresell_web
with check (user_id = (select access.me()) and (select access.may('calls.write')) and access.sees(customer_id));
create policy lift on snoozes for update to foresell_web
using ((select access.may('calls.write')) and access.sees(customer_id));

create policy reach on views for select to foresell_web
using (user_id = (select access.me()) or (shared and (select access.me()) is not null));
create policy own on views to foresell_web
using (user_id = (select access.me()) and (select access.may('views.write')));

create policy own on assignments to foresell_web
using (by_user = (select access.me()) and (select access.may('customers.assign')));

create policy reach on jobs for select to foresell_web
using (asked_by = (select access.me()) or (select access.may('runs.write')) or (select access.may('imports.write')));
create policy cancel on jobs for update to foresell_web using ((select access.may('imports.write')));
create policy stewards on imports to foresell_web
using ((select access.may('imports.write'))) with check ((select access.may('imports.write')));
create policy own on effects to foresell_web using (user_id = (select access.me()));
create policy audience on live_events for select to foresell_web
using ((select access.me()) is not null
    and (permission is null or access.may(permission))
    and (customer_id is null or access.sees(customer_id))
    and (user_id is null or user_id = (select access.me())));
create policy stewards on truth.load_batches for select to foresell_web
using ((select access.may('quality.read')) or (select access.may('imports.write')));

grant usage on schema desk to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema desk to foresell_app;
grant select on calls, snoozes, views, assignments, jobs, imports, effects, live_events, truth.load_batches
    to foresell_web;
grant insert (customer_id, user_id, outcome, note), update (undone_at) on calls to foresell_web;
grant insert (customer_id, user_id, call_id, until), update (lifted_at) on snoozes to foresell_web;
grant insert, update, delete on views to foresell_web;
grant insert (by_user, user_id, previous), update (undone_at) on assignments to foresell_web;
grant update (state, cancel_asked, finished_at) on jobs to foresell_web;
grant insert, update (state, revision, job_id) on imports to foresell_web;
grant insert (user_id, key, request, status, body) on effects to foresell_web;
revoke execute on all functions in schema desk from public;
grant execute on function tell(text, jsonb, text, text, integer) to foresell_app, foresell_web;
grant execute on function tell_publication(), wake_on_assignment(), settle_import() to foresell_app, foresell_web;
grant execute on function queue(bigint) to foresell_app;
grant execute on function ask_for(text, jsonb), newest_event() to foresell_web;
