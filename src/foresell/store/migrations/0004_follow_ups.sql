-- Follow-ups of calls; calls that are edited and undone at any time, by the caller or by the manager of the caller's team.

insert into access.permissions (permission, description) values ('calls.manage', 'Edit and undo the calls of the team.');
insert into access.role_permissions (role, permission) values ('manager', 'calls.manage'), ('admin', 'calls.manage');

set search_path = engagement;

alter table calls add column edited_at timestamptz;
comment on table calls is 'One row per logged call. undone_at: the call was undone and no longer counts. edited_at: when its outcome or note was last changed. note: may contain personal data; erasing the customer clears it.';

create table follow_ups (
    follow_up_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    call_id bigint references calls,
    due_on date not null,
    task text check (length(task) between 1 and 200),
    created_at timestamptz not null default now(),
    done_at timestamptz,
    done_call_id bigint references calls,
    cancelled_at timestamptz
);
comment on table follow_ups is 'One row per follow-up of a customer, who is on the call list from due_on until it is done. user_id: who set it. call_id: the call it was set with; undoing the call cancels it. done_call_id: the call that did it; undoing that call opens it again. task: what to do; may contain personal data; erasing the customer clears it.';
create index follow_ups_open on follow_ups (customer_id) where done_at is null and cancelled_at is null;
create index follow_ups_call on follow_ups (call_id) where call_id is not null;
create index follow_ups_done_call on follow_ups (done_call_id) where done_call_id is not null;

alter table follow_ups enable row level security;
create policy app on follow_ups to foresell_app using (true);
create policy visible on follow_ups for select to foresell_web
using ((select access.has_permission('calls.read'))
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy add on follow_ups for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('calls.write'))
    and access.can_see(customer_id));
create policy change on follow_ups for update to foresell_web
using ((select access.has_permission('calls.write')) and access.can_see(customer_id));

drop policy undo on calls;
create policy change on calls for update to foresell_web
using ((select access.has_permission('calls.write')) and (user_id = (select access.current_user_id())
    or ((select access.has_permission('calls.manage')) and user_id in (select access.visible_user_ids()))));

grant select, insert, update, delete on follow_ups to foresell_app;
grant select on follow_ups to foresell_web;
grant insert (customer_id, user_id, call_id, due_on, task), update (done_at, done_call_id, cancelled_at)
    on follow_ups to foresell_web;
grant insert (called_at), update (outcome, note, edited_at) on calls to foresell_web;
