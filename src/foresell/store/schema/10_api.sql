-- What the API needs beyond the data itself: idempotency keys, and the live events that keep open pages up to date.

create schema api;
comment on schema api is 'Idempotency keys and live events.';
set search_path = api;

create table idempotency_keys (
    user_id integer not null references access.users,
    key text not null check (length(key) between 1 and 255),
    request_hash bytea not null,
    status integer not null,
    response_body bytea not null,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
);
comment on table idempotency_keys is 'One row per completed request with an Idempotency-Key, with its response. Written in the transaction of the request, kept for two days.';
create index idempotency_keys_created_at on idempotency_keys (created_at);

create table live_events (
    event_id bigint primary key generated always as identity,
    at timestamptz not null default clock_timestamp(),
    kind text not null check (kind ~ '^[a-z_]+$'),
    payload jsonb not null,
    permission text references access.permissions,
    customer_id text,
    user_id integer references access.users
);
comment on table live_events is 'One row per event that open pages receive, in commit order. Recipients: users who have the permission, can see customer_id and are user_id; null restricts nothing. payload: ids and counts, never personal data. Kept for seven days.';
create index live_events_at on live_events (at);

create function publish_event(
    kind text, payload jsonb default '{}', permission text default null, customer_id text default null,
    user_id integer default null
) returns void
language plpgsql security definer
set search_path = api, pg_temp
as $$
begin
    -- One writer at a time until it commits: a reader that has seen event n has not missed an earlier one.
    perform pg_advisory_xact_lock(hashtext('api.live_events'));
    insert into live_events (kind, payload, permission, customer_id, user_id)
    values (publish_event.kind, publish_event.payload, publish_event.permission, publish_event.customer_id, publish_event.user_id);
    perform pg_notify('foresell', publish_event.kind);
end $$;
comment on function publish_event is 'Adds a live event and wakes every process that streams events. Call it as the last statement of a transaction.';

create function newest_event_id() returns bigint
language sql stable security definer
set search_path = api, pg_temp
begin atomic
    select coalesce(max(event_id), 0) from live_events;
end;
comment on function newest_event_id is 'The id of the last event for any recipient: where a new stream starts.';

create function publish_run_event() returns trigger
language plpgsql
as $$
begin
    perform api.publish_event('run_published', jsonb_build_object('run_id', new.run_id));
    return null;
end $$;
comment on function publish_run_event is 'Announces every newly published run.';
create trigger publish_run_event after insert or update on core.publication for each row execute function publish_run_event();

create function publish_undo_event() returns trigger
language plpgsql
as $$
begin
    perform api.publish_event('batch_undone', jsonb_build_object('batch_id', new.batch_id), 'quality.read');
    return null;
end $$;
comment on function publish_undo_event is 'Announces every undone batch; at commit, because publish_event blocks other publishers until then.';
create constraint trigger publish_undo_event after update on core.load_batches deferrable initially deferred
for each row when (old.undone_at is null and new.undone_at is not null) execute function publish_undo_event();

create function notify_assignment() returns trigger
language plpgsql
as $$
begin
    perform pg_notify('foresell', 'customers_assigned');
    return null;
end $$;
comment on function notify_assignment is 'Tells every process that caches customer visibility to clear its cache.';
create trigger notify_assignment after insert or update or delete on access.customer_owners
for each statement execute function notify_assignment();

create function notify_access_end() returns trigger
language plpgsql
as $$
begin
    perform pg_notify('foresell', 'access_ended');
    return null;
end $$;
comment on function notify_access_end is 'Wakes the live streams, so that each checks whether its session or API key still counts.';
create trigger notify_access_end after update of revoked_at on access.sessions
for each statement execute function notify_access_end();
create trigger notify_access_end after update of revoked_at on access.api_keys
for each statement execute function notify_access_end();
create trigger notify_access_end after update of disabled_at on access.users
for each statement execute function notify_access_end();
create trigger notify_access_end after delete on access.user_roles
for each statement execute function notify_access_end();

alter table idempotency_keys enable row level security;
alter table live_events enable row level security;
create policy app on idempotency_keys to foresell_app using (true);
create policy app on live_events to foresell_app using (true);
create policy own on idempotency_keys to foresell_web using (user_id = (select access.current_user_id()));
create policy recipient on live_events for select to foresell_web
using ((select access.current_user_id()) is not null
    and (permission is null or access.has_permission(permission))
    and (customer_id is null or access.can_see(coalesce(identity.current_customer(customer_id), customer_id)))
    and (user_id is null or user_id = (select access.current_user_id())));

grant usage on schema api to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema api to foresell_app;
grant select on idempotency_keys, live_events to foresell_web;
grant insert (user_id, key, request_hash, status, response_body) on idempotency_keys to foresell_web;
revoke execute on all functions in schema api from public;
grant execute on function publish_event(text, jsonb, text, text, integer), publish_run_event(), notify_assignment(),
    notify_access_end() to foresell_app, foresell_web;
grant execute on function newest_event_id() to foresell_web;
