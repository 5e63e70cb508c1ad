-- Notes on the sales charts: a campaign, a holiday.

insert into access.permissions (permission, description) values ('sales.annotate', 'Add and delete notes on the sales charts.');
insert into access.role_permissions (role, permission)
select role, 'sales.annotate' from access.roles where role in ('admin', 'analyst', 'manager', 'marketer');

set search_path = engagement;

create table chart_notes (
    note_id integer primary key generated always as identity,
    day date not null,
    text text not null check (length(text) between 1 and 120),
    user_id integer not null references access.users,
    created_at timestamptz not null default now()
);
comment on table chart_notes is 'One row per note on the sales charts: what happened on a day, a campaign or a holiday. Visible to everyone who sees sales.';
create index chart_notes_day on chart_notes (day);
alter table chart_notes enable row level security;
create policy app on chart_notes to foresell_app using (true);
create policy visible on chart_notes for select to foresell_web using ((select access.has_permission('sales.read')));
create policy annotate on chart_notes for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('sales.annotate')));
create policy remove on chart_notes for delete to foresell_web using ((select access.has_permission('sales.annotate')));
grant select, insert, update, delete on chart_notes to foresell_app;
grant select, delete, insert (day, text, user_id) on chart_notes to foresell_web;
