-- Call lists that stay as they were when the day began, and the settings they follow.

insert into access.permissions (permission, description) values ('calls.configure', 'Change the capacity and the quotas of call lists.');
insert into access.role_permissions (role, permission) values ('manager', 'calls.configure'), ('admin', 'calls.configure');

set search_path = engagement;

create table call_list_settings (
    settings_id integer primary key generated always as identity,
    team_id integer references access.teams,
    capacity integer not null check (capacity between 1 and 500),
    overdue integer not null check (overdue between 0 and 100),
    win_back integer not null check (win_back between 0 and 100),
    second_order integer not null check (second_order between 0 and 100),
    due integer not null check (due between 0 and 100),
    changed_by integer references access.users,
    changed_at timestamptz default now(),
    check (overdue + win_back + second_order + due = 100)
);
comment on table call_list_settings is 'One row per change of the settings of call lists; the latest of a team applies, without one that of the company (team_id null). capacity: calls per user and day. overdue ... due: percent of the list for each call reason. changed_by, changed_at: null in the row that Foresell comes with. Never updated: a list names the row it followed.';
create index call_list_settings_team on call_list_settings (team_id, settings_id desc);
insert into call_list_settings (capacity, overdue, win_back, second_order, due, changed_at) values (50, 50, 20, 15, 15, null);

create table call_lists (
    call_list_id bigint primary key generated always as identity,
    user_id integer not null references access.users,
    day date not null,
    run_id integer not null,
    as_of date not null,
    policy text not null,
    settings_id integer not null references call_list_settings,
    produced_at timestamptz not null default now(),
    unique (user_id, day)
);
comment on table call_lists is 'One row per user and day (UTC) with a call list, frozen when it was first produced. run_id, as_of: of the scores it was made from; the run may be gone. policy: name and version of the rule that chose the customers.';

create table call_list_entries (
    call_list_id bigint not null references call_lists on delete cascade,
    position integer not null check (position > 0),
    customer_id text not null,
    call_reason text not null check (call_reason in ('overdue', 'win-back', 'second order', 'due')),
    why_call text not null,
    value_at_risk numeric(18, 2),
    primary key (call_list_id, position),
    unique (call_list_id, customer_id)
);
comment on table call_list_entries is 'One row per call list and customer on it, with the reason as it was shown. value_at_risk: net revenue of 30 days; null where expected revenue was off.';

alter table call_list_settings enable row level security;
alter table call_lists enable row level security;
alter table call_list_entries enable row level security;

create policy app on call_list_settings to foresell_app using (true);
create policy app on call_lists to foresell_app using (true);
create policy app on call_list_entries to foresell_app using (true);

create policy visible on call_list_settings for select to foresell_web
using ((select access.has_permission('calls.read')) and (team_id is null
    or (select access.current_scope()) = 'all' or team_id = (select access.current_team_id())));
create policy change on call_list_settings for insert to foresell_web
with check (changed_by = (select access.current_user_id()) and (select access.has_permission('calls.configure'))
    and ((select access.current_scope()) = 'all' or team_id = (select access.current_team_id())));
create policy own on call_lists to foresell_web
using (user_id = (select access.current_user_id()) and (select access.has_permission('calls.read')));
create policy own on call_list_entries for select to foresell_web
using (call_list_id in (select call_list_id from call_lists)
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy add on call_list_entries for insert to foresell_web
with check (call_list_id in (select call_list_id from call_lists));

grant select, insert, update, delete on call_list_settings, call_lists, call_list_entries to foresell_app;
grant select on call_list_settings, call_lists, call_list_entries to foresell_web;
grant insert (team_id, capacity, overdue, win_back, second_order, due, changed_by) on call_list_settings to foresell_web;
grant insert (user_id, day, run_id, as_of, policy, settings_id) on call_lists to foresell_web;
grant insert (call_list_id, position, customer_id, call_reason, why_call, value_at_risk) on call_list_entries to foresell_web;
