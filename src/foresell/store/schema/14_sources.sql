-- Connected sources: how each is reached, what was read, and what a person must decide.

create schema sources;
comment on schema sources is 'Connected sources. Written by the worker and the command line; the API reads them and asks for syncs.';
set search_path = sources;

create table connections (
    connection_id integer primary key generated always as identity,
    kind text not null check (kind in ('quickbooks', 'google-sheets', 'folder', 'instagram')),
    source text not null check (source ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
    secret bytea,
    secret_at timestamptz,
    is_imitation boolean not null default false,
    every_seconds integer not null check (every_seconds between 1 and 604800),
    state text not null default 'due' check (state in ('due', 'throttled', 'needs you', 'held', 'paused')),
    reason text,
    remedy text,
    failures integer not null default 0,
    throttled_since timestamptz,
    next_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    created_by integer references access.users,
    removed_at timestamptz
);
comment on table connections is 'One row per connected source. source: its name, as on its customers and orders. settings: no secrets. secret: sealed with the key connections of the home. is_imitation: it reaches a local imitation, not the vendor. state throttled: waits until next_at; needs you: reason and remedy say what a person must do; held: rows that are gone wait for a decision. failures: syncs in a row that failed. throttled_since: since when it says that it is called too often.';
create unique index connections_source on connections (source) where removed_at is null;

create table syncs (
    sync_id bigint primary key generated always as identity,
    connection_id integer not null references connections,
    job_id bigint,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    state text not null default 'running' check (state in ('running', 'done', 'failed', 'held', 'cancelled')),
    pages integer not null default 0,
    records bigint not null default 0,
    changed bigint not null default 0,
    deleted bigint not null default 0,
    requests integer not null default 0,
    retries integer not null default 0,
    batch_ids integer[] not null default '{}',
    warnings text[] not null default '{}',
    mismatches jsonb not null default '[]',
    totals_compared integer not null default 0,
    error text,
    remedy text,
    check ((finished_at is null) = (state = 'running'))
);
comment on table syncs is 'One row per reading of a connected source. records: received; changed: new or different from what was held; deleted: gone at the source. requests, retries: calls to it. batch_ids: what was loaded. mismatches: totals that the source states and that differ from what is held, of totals_compared.';
create index syncs_connection on syncs (connection_id, sync_id desc);
create unique index syncs_one_running on syncs (connection_id) where state = 'running';

create table streams (
    connection_id integer not null references connections,
    stream text not null,
    cursor text,
    read_at timestamptz,
    primary key (connection_id, stream)
);
comment on table streams is 'One row per stream of a connected source. cursor: where reading continues; saved with the records of its page. read_at: when it was last read to its end.';

create table documents (
    connection_id integer not null references connections,
    stream text not null,
    key text not null,
    version text not null,
    updated_at timestamptz,
    fetched_at timestamptz not null,
    origin text not null,
    document bytea,
    state text not null check (state in ('pending', 'loaded', 'rejected')),
    deleted_at timestamptz,
    sync_id bigint not null references syncs,
    batch_id integer references core.load_batches,
    problem text,
    missed smallint not null default 0,
    primary key (connection_id, stream, key)
);
comment on table documents is 'One row per record of a connected source, as it was last received. version: changes with every edit. origin: the call it came from. document: sealed; of streams about people only until it is loaded. state pending: to be loaded; rejected: problem says why. deleted_at: when it was found gone. sync_id: the last reading that received it. batch_id: what it was last loaded in. missed: how many complete listings in a row did not have it.';
create index documents_pending on documents (connection_id) where state = 'pending';
create index documents_batch on documents (batch_id) where batch_id is not null;

create table held_changes (
    held_id integer primary key generated always as identity,
    connection_id integer not null references connections,
    sync_id bigint not null references syncs,
    stream text not null,
    gone bigint not null check (gone > 0),
    held bigint not null check (held >= gone),
    keys text[] not null,
    fingerprint text not null,
    state text not null default 'open' check (state in ('open', 'accepted', 'refused', 'outdated')),
    opened_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by integer references access.users,
    check ((decided_at is null) = (state in ('open', 'outdated')))
);
comment on table held_changes is 'One row per reading after which a person decides whether rows are gone. gone: of the `held` rows, those that the source no longer has; keys: the first of them. fingerprint: SHA-256 of all their keys: an accepted deletion applies to exactly these.';
create unique index held_changes_open on held_changes (connection_id, stream) where state = 'open';

create function ask_for_sync(wanted integer) returns bigint
language plpgsql security definer
set search_path = sources, pg_temp
as $$
declare
    new_job bigint;
begin
    insert into jobs.jobs (kind, requested_by, arguments)
    values ('sync', access.current_user_id(), jsonb_build_object('connection_id', wanted))
    on conflict do nothing returning job_id into new_job;
    if new_job is not null then
        perform jobs.enqueue_job(new_job);
    end if;
    return new_job;
end $$;
comment on function ask_for_sync is 'Adds and enqueues a sync of this connection. Returns its job; null when one waits or runs already.';

create function count_brought(wanted text) returns table (customers bigint, orders bigint)
language sql stable security definer
set search_path = sources, pg_temp
begin atomic
    select (select count(*) from core.customer_records as r where r.source = wanted),
        (select count(*) from core.orders as o where o.source = wanted)
    where 'foresell_web' <> all (array[session_user::text, current_setting('role')]) or access.has_permission('sources.read');
end;
comment on function count_brought is 'How many customer records and orders a source has brought; on the web for those who see sources.';

alter table connections enable row level security;
alter table syncs enable row level security;
alter table streams enable row level security;
alter table documents enable row level security;
alter table held_changes enable row level security;
create policy app on connections to foresell_app using (true);
create policy app on syncs to foresell_app using (true);
create policy app on streams to foresell_app using (true);
create policy app on documents to foresell_app using (true);
create policy app on held_changes to foresell_app using (true);
create policy visible on connections for select to foresell_web using ((select access.has_permission('sources.read')));
create policy manage on connections to foresell_web
using ((select access.has_permission('sources.manage'))) with check ((select access.has_permission('sources.manage')));
create policy visible on syncs for select to foresell_web using ((select access.has_permission('sources.read')));
create policy visible on streams for select to foresell_web using ((select access.has_permission('sources.read')));
create policy visible on held_changes for select to foresell_web using ((select access.has_permission('sources.read')));
create policy decide on held_changes for update to foresell_web using ((select access.has_permission('sources.manage')));

grant usage on schema sources to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema sources to foresell_app;
grant select on syncs, streams, held_changes to foresell_web;
grant select (connection_id, kind, source, settings, secret_at, is_imitation, every_seconds, state, reason, remedy, failures,
    next_at, created_at, created_by, removed_at) on connections to foresell_web;
grant insert (kind, source, settings, secret, secret_at, every_seconds, created_by),
    update (settings, secret, secret_at, every_seconds, state, reason, remedy, failures, next_at, throttled_since, removed_at)
    on connections to foresell_web;
grant update (state, decided_at, decided_by) on held_changes to foresell_web;
revoke execute on all functions in schema sources from public;
grant execute on function count_brought(text) to foresell_app, foresell_web;
grant execute on function ask_for_sync(integer) to foresell_app;
