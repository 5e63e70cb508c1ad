-- Exports: one row for each, so that it is known what data left the system.

create schema delivery;
comment on schema delivery is 'Data that leaves the system.';
set search_path = delivery;

create table exports (
    export_id bigint primary key generated always as identity,
    user_id integer not null references access.users,
    started_at timestamptz not null default now(),
    format text not null check (format in ('csv', 'xlsx')),
    filters jsonb not null,
    sort text not null,
    columns text[] not null,
    with_contacts boolean not null,
    run_id integer not null references core.runs,
    rows bigint not null,
    bytes bigint,
    sha256 text,
    finished_at timestamptz,
    check ((finished_at is not null) = (sha256 is not null and bytes is not null))
);
comment on table exports is 'One row per started export. finished_at, bytes, sha256: set once the whole file was sent. filters: as requested, without search text.';

alter table exports enable row level security;
create policy app on exports to foresell_app using (true);
create policy own on exports to foresell_web using (user_id = (select access.current_user_id()));
create policy audited on exports for select to foresell_web using ((select access.has_permission('audit.read')));

grant usage on schema delivery to foresell_app, foresell_web;
grant select, insert, update, delete on exports to foresell_app;
grant select, insert (user_id, format, filters, sort, columns, with_contacts, run_id, rows),
    update (bytes, sha256, finished_at) on exports to foresell_web;
