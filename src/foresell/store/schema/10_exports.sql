-- What left: one row per export. And the right to see how the installation itself is doing.

create table desk.exports (
    export_id bigint primary key generated always as identity,
    user_id integer not null references access.users,
    started_at timestamptz not null default now(),
    format text not null check (format in ('csv', 'xlsx')),
    filters jsonb not null,
    sort text not null,
    columns text[] not null,
    with_contacts boolean not null,
    run_id integer not null references truth.runs,
    rows bigint not null,
    bytes bigint,
    sha256 text,
    finished_at timestamptz,
    check ((finished_at is not null) = (sha256 is not null and bytes is not null))
);
comment on table desk.exports is 'One row per export that was begun; finished_at, bytes, sha256: only once it was sent whole. filters: as asked for, but never the words of a search.';
alter table desk.exports enable row level security;
create policy app on desk.exports to foresell_app using (true);
create policy own on desk.exports to foresell_web using (user_id = (select access.me()));
create policy audited on desk.exports for select to foresell_web using ((select access.may('audit.read')));
grant select, insert, update, delete on desk.exports to foresell_app;
grant select, insert (user_id, format, filters, sort, columns, with_contacts, run_id, rows),
    update (bytes, sha256, finished_at) on desk.exports to foresell_web;

create function desk.worker_seen() returns timestamptz
language sql stable security definer
set search_path = jobs, pg_temp
as $$ select max(last_heartbeat) from procrastinate_workers $$;
comment on function desk.worker_seen is 'When a worker last gave a sign of life; null when there is none.';
revoke execute on function desk.worker_seen() from public;
grant execute on function desk.worker_seen() to foresell_app, foresell_web;

insert into access.permissions (permission, description) values
('status.read', 'See how the installation is doing: speed, availability, metrics.');
insert into access.role_permissions (role, permission) values ('admin', 'status.read'), ('steward', 'status.read');
