-- What users do with the scores: calls, snoozes, saved views and assignments. Undo marks rows; it deletes nothing.

create schema engagement;
comment on schema engagement is 'What users do with the scores. Row security: a user''s own rows, or those of visible customers.';
set search_path = engagement;

create table calls (
    call_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    outcome text not null check (outcome in ('reached', 'no_answer', 'not_interested', 'will_order')),
    note text check (length(note) between 1 and 2000),
    called_at timestamptz not null default now(),
    undone_at timestamptz
);
comment on table calls is 'One row per logged call. undone_at: the call was undone and no longer counts. note: may contain personal data; erasing the customer clears it.';
create index calls_customer on calls (customer_id, called_at desc);
create index calls_recent on calls (called_at desc) where undone_at is null;

create table snoozes (
    snooze_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    call_id bigint references calls,
    until date not null,
    snoozed_at timestamptz not null default now(),
    cancelled_at timestamptz
);
comment on table snoozes is 'One row per snooze of a customer, who is not on the call list before the day `until`. call_id: the call it was set with; undoing the call cancels it.';
create index snoozes_customer on snoozes (customer_id) where cancelled_at is null;
create index snoozes_call on snoozes (call_id) where call_id is not null;

create table saved_views (
    view_id integer primary key generated always as identity,
    user_id integer not null references access.users,
    name text not null check (length(name) between 1 and 100),
    filters jsonb not null,
    sort text not null,
    shared boolean not null default false,
    changed_at timestamptz not null default now(),
    unique (user_id, name)
);
comment on table saved_views is 'One row per saved view of the customer list: its filters and sort order. shared: visible to all users, not only to its owner.';

create table assignments (
    assignment_id bigint primary key generated always as identity,
    assigned_by integer not null references access.users,
    user_id integer references access.users,
    previous_owners jsonb not null,
    assigned_at timestamptz not null default now(),
    undone_at timestamptz
);
comment on table assignments is 'One row per assignment of customers to a user (null: to none). previous_owners: customer id to the user id before (null: none), so that undo is exact.';

alter table calls enable row level security;
alter table snoozes enable row level security;
alter table saved_views enable row level security;
alter table assignments enable row level security;

create policy app on calls to foresell_app using (true);
create policy app on snoozes to foresell_app using (true);
create policy app on saved_views to foresell_app using (true);
create policy app on assignments to foresell_app using (true);

create policy visible on calls for select to foresell_web
using ((select access.has_permission('calls.read'))
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy log on calls for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('calls.write'))
    and access.can_see(customer_id));
create policy undo on calls for update to foresell_web using (user_id = (select access.current_user_id()));

create policy visible on snoozes for select to foresell_web
using ((select access.has_permission('calls.read'))
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy snooze on snoozes for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('calls.write'))
    and access.can_see(customer_id));
create policy cancel on snoozes for update to foresell_web
using ((select access.has_permission('calls.write')) and access.can_see(customer_id));

create policy visible on saved_views for select to foresell_web
using (user_id = (select access.current_user_id()) or (shared and (select access.current_user_id()) is not null));
create policy own on saved_views to foresell_web
using (user_id = (select access.current_user_id()) and (select access.has_permission('views.write')));

create policy own on assignments to foresell_web
using (assigned_by = (select access.current_user_id()) and (select access.has_permission('customers.assign')));

grant usage on schema engagement to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema engagement to foresell_app;
grant select on calls, snoozes, saved_views, assignments to foresell_web;
grant insert (customer_id, user_id, outcome, note), update (undone_at) on calls to foresell_web;
grant insert (customer_id, user_id, call_id, until), update (cancelled_at) on snoozes to foresell_web;
grant insert, update, delete on saved_views to foresell_web;
grant insert (assigned_by, user_id, previous_owners), update (undone_at) on assignments to foresell_web;
