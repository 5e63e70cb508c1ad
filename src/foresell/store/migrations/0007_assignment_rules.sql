-- Rules that assign customers without an owner.

set search_path = engagement;

alter table assignments add column new_owners jsonb;
comment on table assignments is 'One row per assignment of customers to a user (null: to none), or to several users by rules. previous_owners: customer id to the user id before (null: none), so that undo is exact. new_owners: customer id to user id, of an assignment by rules.';
grant insert (new_owners) on assignments to foresell_web;

create table assignment_rules (
    team_id integer references access.teams unique nulls not distinct,
    rules jsonb not null check (jsonb_typeof(rules) = 'array'),
    automatic boolean not null,
    saved_by integer not null references access.users,
    saved_at timestamptz not null default now()
);
comment on table assignment_rules is 'One row per team, and one for the company (team_id null): rules that assign customers without an owner, in order of precedence; each has countries, segments, postcodes (prefixes), user_ids and capacity. automatic: applied after each run, with the rights of saved_by.';

alter table assignment_rules enable row level security;
create policy app on assignment_rules to foresell_app using (true);
create policy own on assignment_rules to foresell_web
using ((select access.has_permission('customers.assign'))
    and case when (select access.current_scope()) = 'all' then team_id is null else team_id = (select access.current_team_id()) end)
with check (saved_by = (select access.current_user_id()) and (select access.has_permission('customers.assign'))
    and case when (select access.current_scope()) = 'all' then team_id is null else team_id = (select access.current_team_id()) end);
grant select, insert, update, delete on assignment_rules to foresell_app;
grant select, insert, update on assignment_rules to foresell_web;
