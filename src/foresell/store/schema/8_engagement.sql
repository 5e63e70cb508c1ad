-- What users do with the scores: calls, snoozes, follow-ups, saved views, assignments and call lists. Undo marks rows; it deletes nothing.

create schema engagement;
comment on schema engagement is 'What users do with the scores. Row security: a user''s own rows, or those of visible customers.';
set search_path = engagement;

create table calls (
    call_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    outcome text not null check (outcome in ('reached', 'no_answer', 'not_interested', 'will_order')),
    called_at timestamptz not null default now(),
    undone_at timestamptz,
    edited_at timestamptz,
    note bytea check (length(note) between 30 and 9000),
    original_customer_id text not null
);
comment on table calls is 'One row per logged call. undone_at: the call was undone and no longer counts. edited_at: when its outcome or note was last changed. note: encrypted with the key of original_customer_id in privacy.customer_keys; erasing the customer clears it. original_customer_id: as it was written; customer_id follows merges.';
create index calls_customer on calls (customer_id, called_at desc);
create index calls_recent on calls (called_at desc) where undone_at is null;

create table snoozes (
    snooze_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    call_id bigint references calls,
    until date not null,
    snoozed_at timestamptz not null default now(),
    cancelled_at timestamptz,
    original_customer_id text not null
);
comment on table snoozes is 'One row per snooze of a customer, who is not on the call list before the day `until`. call_id: the call it was set with; undoing the call cancels it. original_customer_id: as it was written; customer_id follows merges.';
create index snoozes_customer on snoozes (customer_id) where cancelled_at is null;
create index snoozes_call on snoozes (call_id) where call_id is not null;

create table follow_ups (
    follow_up_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    call_id bigint references calls,
    due_on date not null,
    created_at timestamptz not null default now(),
    done_at timestamptz,
    done_call_id bigint references calls,
    cancelled_at timestamptz,
    task bytea check (length(task) between 30 and 900),
    original_customer_id text not null
);
comment on table follow_ups is 'One row per follow-up of a customer, who is on the call list from due_on until it is done. user_id: who set it. call_id: the call it was set with; undoing the call cancels it. done_call_id: the call that did it; undoing that call opens it again. task: what to do; encrypted with the key of original_customer_id in privacy.customer_keys; erasing the customer clears it. original_customer_id: as it was written; customer_id follows merges.';
create index follow_ups_open on follow_ups (customer_id) where done_at is null and cancelled_at is null;
create index follow_ups_call on follow_ups (call_id) where call_id is not null;
create index follow_ups_done_call on follow_ups (done_call_id) where done_call_id is not null;

create table saved_views (
    view_id integer primary key generated always as identity,
    user_id integer not null references access.users,
    name text not null check (length(name) between 1 and 100),
    filters jsonb not null,
    sort text not null,
    changed_at timestamptz not null default now(),
    description text check (length(description) between 1 and 500),
    shared_with text not null default 'private' check (shared_with in ('private', 'team', 'everyone')),
    team_id integer references access.teams on delete set null,
    unique (user_id, name)
);
comment on table saved_views is 'One row per saved view of the customer list: its filters and sort order, and what it is for. shared_with: who else may use it; team_id: the team it is shared with. Only its owner changes it.';

create table assignments (
    assignment_id bigint primary key generated always as identity,
    assigned_by integer not null references access.users,
    user_id integer references access.users,
    previous_owners jsonb not null,
    assigned_at timestamptz not null default now(),
    undone_at timestamptz,
    new_owners jsonb
);
comment on table assignments is 'One row per assignment of customers to a user (null: to none), or to several users by rules. previous_owners: customer id to the user id before (null: none), so that undo is exact. new_owners: customer id to user id, of an assignment by rules.';

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
    original_customer_id text not null,
    primary key (call_list_id, position),
    unique (call_list_id, customer_id)
);
comment on table call_list_entries is 'One row per call list and customer on it, with the reason as it was shown. value_at_risk: net revenue of 30 days; null where expected revenue was off. original_customer_id: as it was written; customer_id follows merges.';
create table chart_notes (
    note_id integer primary key generated always as identity,
    day date not null,
    text text not null check (length(text) between 1 and 120),
    user_id integer not null references access.users,
    created_at timestamptz not null default now()
);
comment on table chart_notes is 'One row per note on the sales charts: what happened on a day, a campaign or a holiday. Visible to everyone who sees sales.';
create index chart_notes_day on chart_notes (day);

create function keep_original_customer() returns trigger
language plpgsql security definer
set search_path = engagement, pg_temp
as $$
begin
    new.original_customer_id := new.customer_id;
    new.customer_id := coalesce((select merged_into from core.customers where customer_id = new.customer_id), new.customer_id);
    return new;
end $$;
comment on function keep_original_customer is 'What is written about a customer keeps the id it was written under, and belongs to the customer that has its records: merges change customer_id, and undoing them changes it back.';
revoke execute on function keep_original_customer() from public;
grant execute on function keep_original_customer() to foresell_app, foresell_web;
create trigger calls_keep_original_customer before insert on calls for each row execute function keep_original_customer();
create trigger snoozes_keep_original_customer before insert on snoozes for each row execute function keep_original_customer();
create trigger follow_ups_keep_original_customer before insert on follow_ups for each row execute function keep_original_customer();
create trigger call_list_entries_keep_original_customer before insert on call_list_entries for each row
execute function keep_original_customer();
create index calls_original_customer on calls (original_customer_id);
create index snoozes_original_customer on snoozes (original_customer_id);
create index follow_ups_original_customer on follow_ups (original_customer_id);
create index call_list_entries_original_customer on call_list_entries (original_customer_id);

alter table calls enable row level security;
alter table snoozes enable row level security;
alter table follow_ups enable row level security;
alter table saved_views enable row level security;
alter table assignments enable row level security;
alter table chart_notes enable row level security;

create policy app on calls to foresell_app using (true);
create policy app on snoozes to foresell_app using (true);
create policy app on follow_ups to foresell_app using (true);
create policy app on saved_views to foresell_app using (true);
create policy app on assignments to foresell_app using (true);
create policy app on chart_notes to foresell_app using (true);

create policy visible on calls for select to foresell_web
using ((select access.has_permission('calls.read'))
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy log on calls for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('calls.write'))
    and access.can_see(customer_id));
create policy change on calls for update to foresell_web
using ((select access.has_permission('calls.write')) and (user_id = (select access.current_user_id())
    or ((select access.has_permission('calls.manage')) and user_id in (select access.visible_user_ids()))));

create policy visible on snoozes for select to foresell_web
using ((select access.has_permission('calls.read'))
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy snooze on snoozes for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('calls.write'))
    and access.can_see(customer_id));
create policy cancel on snoozes for update to foresell_web
using ((select access.has_permission('calls.write')) and access.can_see(customer_id));

create policy visible on follow_ups for select to foresell_web
using ((select access.has_permission('calls.read'))
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy add on follow_ups for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('calls.write'))
    and access.can_see(customer_id));
create policy change on follow_ups for update to foresell_web
using ((select access.has_permission('calls.write')) and access.can_see(customer_id));

create policy visible on saved_views for select to foresell_web
using (user_id = (select access.current_user_id())
    or (shared_with = 'everyone' and (select access.current_user_id()) is not null)
    or (shared_with = 'team' and team_id = (select access.current_team_id())));
create policy own on saved_views to foresell_web
using (user_id = (select access.current_user_id()) and (select access.has_permission('views.write')))
with check (user_id = (select access.current_user_id()) and (select access.has_permission('views.write'))
    and (shared_with = 'private'
        or (shared_with = 'team' and team_id = (select access.current_team_id())
            and (select access.has_permission('customers.assign')))
        or (shared_with = 'everyone' and (select access.has_permission('users.manage')))));

create policy own on assignments to foresell_web
using (assigned_by = (select access.current_user_id()) and (select access.has_permission('customers.assign')));

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
create policy visible on chart_notes for select to foresell_web using ((select access.has_permission('sales.read')));
create policy annotate on chart_notes for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('sales.annotate')));
create policy remove on chart_notes for delete to foresell_web using ((select access.has_permission('sales.annotate')));

grant usage on schema engagement to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema engagement to foresell_app;
grant select on calls, snoozes, follow_ups, saved_views, assignments to foresell_web;
grant insert (customer_id, user_id, outcome, note, called_at), update (undone_at, outcome, note, edited_at) on calls to foresell_web;
grant insert (customer_id, user_id, call_id, until), update (cancelled_at) on snoozes to foresell_web;
grant insert (customer_id, user_id, call_id, due_on, task), update (done_at, done_call_id, cancelled_at)
    on follow_ups to foresell_web;
grant insert, update, delete on saved_views to foresell_web;
grant insert (assigned_by, user_id, previous_owners, new_owners), update (undone_at) on assignments to foresell_web;
grant select, delete, insert (day, text, user_id) on chart_notes to foresell_web;
grant select on call_list_settings, call_lists, call_list_entries to foresell_web;
grant insert (team_id, capacity, overdue, win_back, second_order, due, changed_by) on call_list_settings to foresell_web;
grant insert (user_id, day, run_id, as_of, policy, settings_id) on call_lists to foresell_web;
grant insert (call_list_id, position, customer_id, call_reason, why_call, value_at_risk) on call_list_entries to foresell_web;

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

-- The keys of notes. An erasure waits for transactions that write a note, and they for it.
create function note_keys(customer_ids text[])
returns table (customer_id text, kek_id integer, wrapped_key bytea)
language sql stable security definer
set search_path = engagement, pg_temp
begin atomic
    select k.customer_id, k.kek_id, k.wrapped_key from privacy.customer_keys as k
    left join core.customers as c using (customer_id)
    where k.customer_id = any (customer_ids) and (select access.has_permission('calls.read'))
        and ((select access.current_scope()) = 'all'
            or coalesce(c.merged_into, k.customer_id) in (select access.visible_customer_ids()));
end;
comment on function note_keys is 'Grain: one id of these that stands for a visible customer, with the wrapped key of the notes written under it. Needs calls.read.';

create function lock_note_keys() returns void
language sql
begin atomic
    select pg_advisory_xact_lock_shared(hashtext('foresell notes'));
end;
comment on function lock_note_keys is 'Keeps the keys of notes until the transaction ends: an erasure or a rotation waits, and this waits for one. Taken before any row is locked.';

create function key_of_notes(about_customer text, new_kek_id integer default null, new_key bytea default null)
returns table (kek_id integer, wrapped_key bytea, is_new_kek boolean)
language plpgsql security definer
set search_path = engagement, pg_temp
as $$
#variable_conflict use_column
declare
    current_kek integer;
    is_new boolean := false;
begin
    if not (access.has_permission('calls.write') and access.can_see(coalesce((
        select c.merged_into from core.customers as c where c.customer_id = about_customer), about_customer))) then
        raise insufficient_privilege using message = 'the user may not write notes about this customer';
    end if;
    perform engagement.lock_note_keys();
    if new_key is not null then
        insert into privacy.customer_keys (customer_id, kek_id, wrapped_key)
        values (about_customer, new_kek_id, new_key) on conflict do nothing;
    end if;
    return query select k.kek_id, k.wrapped_key, false from privacy.customer_keys as k where k.customer_id = about_customer;
    if found then
        return;
    end if;
    select max(e.kek_id) into current_kek from privacy.key_encryption_keys as e where e.retired_at is null;
    if current_kek is null then
        lock table privacy.key_encryption_keys in share row exclusive mode;
        select max(e.kek_id) into current_kek from privacy.key_encryption_keys as e where e.retired_at is null;
    end if;
    if current_kek is null then
        insert into privacy.key_encryption_keys default values returning kek_id into current_kek;
        is_new := true;
    end if;
    return query select current_kek, null::bytea, is_new;
end $$;
comment on function key_of_notes is 'One row: the wrapped key of the notes about a customer, kept until the transaction ends. Without one: the number of the key-encryption key to wrap a new one by (is_new_kek: it is to be made first), and a null key; called again with the new key, it keeps that. Needs calls.write.';
revoke execute on function note_keys(text[]), lock_note_keys(), key_of_notes(text, integer, bytea)
    from public;
grant execute on function note_keys(text[]), lock_note_keys() to foresell_app, foresell_web;
grant execute on function key_of_notes(text, integer, bytea) to foresell_web;
