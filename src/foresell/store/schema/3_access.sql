-- Users, roles, sessions, authentication factors, and the functions that row security policies call.
-- A transaction of the web says which user it acts for (foresell.user_id); team, ownership and permissions are read from
-- these tables, never taken from the application. Secrets are stored hashed or encrypted. foresell_reader cannot read this schema.

create schema access;
comment on schema access is 'Users and their permissions. Row security policies call current_user_id, current_scope, has_permission and can_see.';
set search_path = access;

create table roles (
    role text primary key,
    scope text not null check (scope in ('own', 'team', 'all')),
    description text not null,
    requires_second_factor boolean not null default true,
    reveals_a_day integer check (reveals_a_day > 0),
    contact_exports_a_day integer check (contact_exports_a_day > 0)
);
comment on table roles is 'One row per role. scope: whose customers it may see (own, team or all); the widest scope of a user''s roles applies. requires_second_factor: its users set one up at their first sign-in. reveals_a_day, contact_exports_a_day: to how many customers'' contact details, and how many exports with them, a user has access in 24 hours; null: no limit; the highest of a user''s roles applies.';

create table permissions (
    permission text primary key,
    description text not null
);
comment on table permissions is 'One row per permission. What is not granted is denied.';

create table role_permissions (
    role text not null references roles,
    permission text not null references permissions,
    primary key (role, permission)
);
comment on table role_permissions is 'One row per role and permission it grants.';

create table teams (
    team_id integer primary key generated always as identity,
    name text not null unique check (name <> '')
);
comment on table teams is 'One row per team; a manager sees the customers of their team.';

create table users (
    user_id integer primary key generated always as identity,
    name text not null check (name <> ''),
    email text not null check (email = lower(email) and email like '%_@_%'),
    team_id integer references teams,
    preferences jsonb not null default '{}',
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    unique (email)
);
comment on table users is 'One row per user. Never deleted, so that the audit log keeps its names; a user with disabled_at has no access.';
create index users_team on users (team_id);

create table user_roles (
    user_id integer not null references users,
    role text not null references roles,
    primary key (user_id, role)
);
comment on table user_roles is 'One row per user and role of that user.';

create table customer_owners (
    customer_id text primary key,
    user_id integer not null references users,
    assigned_at timestamptz not null default now()
);
comment on table customer_owners is 'One row per customer with an owner. The row may outlive the customer (ids are never reused), so customer_id is not a foreign key.';
create index customer_owners_user on customer_owners (user_id);

create table passwords (
    user_id integer primary key references users,
    hash text not null check (hash like '$argon2id$%'),
    single_factor_ok boolean not null,
    changed_at timestamptz not null default now()
);
comment on table passwords is 'One row per user with a password. hash: argon2id. single_factor_ok: long enough to sign in without a second factor.';

create table totp (
    user_id integer primary key references users,
    secret bytea not null,
    confirmed_at timestamptz,
    last_step bigint not null default 0
);
comment on table totp is 'One row per authenticator app. secret: encrypted with a key of the home. last_step: the newest 30-second step a code was accepted for, so that no code is accepted twice.';

create table recovery_codes (
    user_id integer not null references users,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);
comment on table recovery_codes is 'One row per recovery code of the newest set; each can be used once.';

create table passkeys (
    credential_id bytea primary key,
    user_id integer not null references users,
    public_key bytea not null,
    sign_count bigint not null,
    name text not null check (name <> ''),
    created_at timestamptz not null default now(),
    last_used_at timestamptz
);
comment on table passkeys is 'One row per passkey. sign_count: only increases; a passkey with a smaller count is a copy and is refused.';
create index passkeys_user on passkeys (user_id);

create table oidc_accounts (
    provider text not null,
    subject text not null,
    user_id integer not null references users,
    linked_at timestamptz not null default now(),
    primary key (provider, subject)
);
comment on table oidc_accounts is 'One row per account at an OpenID Connect provider that signs a user in.';
create index oidc_accounts_user on oidc_accounts (user_id);

create table sessions (
    session_id uuid primary key default gen_random_uuid(),
    user_id integer not null references users,
    signed_in_by text not null check (signed_in_by in ('password', 'passkey', 'link', 'oidc')),
    device text not null,
    network cidr,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    second_factor_at timestamptz,
    revoked_at timestamptz,
    revoked_because text check (revoked_because in ('signed out', 'reuse', 'by user', 'by admin', 'password changed', 'second factor added', 'alarm'))
);
comment on table sessions is 'One row per sign-in on one device. network: the /24 (IPv4) or /48 (IPv6) of the client. second_factor_at: the last re-authentication (step-up).';
create index sessions_user on sessions (user_id);

create table refresh_tokens (
    token_hash bytea primary key,
    session_id uuid not null references sessions on delete cascade,
    issued_at timestamptz not null default now(),
    used_at timestamptz
);
comment on table refresh_tokens is 'One row per refresh token of a session, as SHA-256. Each can be used once; a reused token ends the session.';
create index refresh_tokens_session on refresh_tokens (session_id);

create table devices (
    token_hash bytea not null,
    user_id integer not null references users,
    known_since timestamptz not null default now(),
    primary key (token_hash, user_id)
);
comment on table devices is 'One row per device on which a user has signed in: failed attempts from elsewhere do not lock it out.';
create index devices_user on devices (user_id);

create table api_keys (
    api_key_id integer primary key generated always as identity,
    user_id integer not null references users,
    name text not null check (name <> ''),
    key_hash bytea not null unique,
    hint text not null,
    permissions text[] not null check (cardinality(permissions) > 0),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null check (expires_at <= created_at + interval '366 days'),
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint api_keys_reveal_is_granted check (revoked_at is not null or 'contacts.reveal' <> all (permissions))
);
comment on table api_keys is 'One row per API key. key_hash: SHA-256. It grants what both its own permissions and those of its user allow; contacts.reveal only by a row of api_key_grants. hint: its first characters, to tell keys apart.';
create index api_keys_user on api_keys (user_id);

create table api_key_grants (
    api_key_id integer primary key references api_keys,
    reason text not null check (btrim(reason) <> ''),
    granted_by integer references users,
    granted_at timestamptz not null default now()
);
comment on table api_key_grants is 'One row per API key that may show contact details (contacts.reveal), which no key may without: who granted it, and why.';

create table login_links (
    token_hash bytea primary key,
    user_id integer not null references users,
    loopback_only boolean not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
comment on table login_links is 'One row per one-time sign-in link. loopback_only: accepted only from the machine itself.';
create index login_links_user on login_links (user_id);

create table auth_challenges (
    token_hash bytea primary key,
    kind text not null check (kind in ('second factor', 'passkey', 'new passkey', 'oidc')),
    user_id integer references users,
    data jsonb not null default '{}',
    expires_at timestamptz not null
);
comment on table auth_challenges is 'One row per sign-in that waits for its next step, which deletes it.';
create index auth_challenges_expire on auth_challenges (expires_at);

create table login_attempts (
    attempt_id bigint primary key generated always as identity,
    account_hash bytea not null,
    network cidr not null,
    device bytea,
    attempted_at timestamptz not null default now()
);
comment on table login_attempts is 'One row per failed sign-in attempt of the last hour. account_hash: keyed hash of the e-mail entered, whether or not such a user exists. device: set when it came from a known device.';
create index login_attempts_account on login_attempts (account_hash, attempted_at);
create index login_attempts_network on login_attempts (network, attempted_at);

create function current_user_id() returns integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select user_id from users
    where user_id = nullif(current_setting('foresell.user_id', true), '')::integer and disabled_at is null;
end;
comment on function current_user_id is 'The user this transaction acts for; null when there is none or the user is disabled.';

create function delete_expired_challenges() returns void
language sql security definer
set search_path = access, pg_temp
begin atomic
    delete from auth_challenges where expires_at < now() - interval '5 minutes';
end;
comment on function delete_expired_challenges is 'Deletes expired challenges, which row security shows to their holders only.';

create function current_scope() returns text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select coalesce((
        select r.scope from user_roles as u join roles as r using (role) where u.user_id = current_user_id()
        order by array_position(array['all', 'team', 'own'], r.scope) limit 1
    ), 'none');
end;
comment on function current_scope is 'Whose customers this transaction may see: none, own, team or all.';

create function has_permission(wanted text) returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select exists (
        select from user_roles as u join role_permissions as r using (role)
        where u.user_id = current_user_id() and r.permission = wanted
    );
end;
comment on function has_permission is 'Whether the user of this transaction has a permission.';

create function current_team_id() returns integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select team_id from users where user_id = current_user_id();
end;
comment on function current_team_id is 'The team of the user of this transaction, or null.';

create function visible_user_ids() returns setof integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select u.user_id from users as u
    where case current_scope() when 'all' then true
        when 'team' then u.user_id = current_user_id() or u.team_id = current_team_id()
        when 'own' then u.user_id = current_user_id()
        else false end;
end;
comment on function visible_user_ids is 'Grain: one user whose customers and calls this transaction may see, the current user included.';

create function owned_customer_ids() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select customer_id from customer_owners where user_id in (select visible_user_ids());
end;
comment on function owned_customer_ids is 'Grain: one customer whose owner is visible: the own or the team''s customers. What figures and call lists hold; with scope all, they hold customers without an owner, too.';

create function may_see_unassigned() returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select current_scope() = 'all'
        or (current_scope() = 'team' and current_team_id() is not null and has_permission('customers.assign'));
end;
comment on function may_see_unassigned is 'Whether this transaction may see customers without an owner: with scope all, or to assign them within its own team.';

create function unassigned_customer_ids() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select c.customer_id from core.customers as c
    where (select may_see_unassigned()) and c.merged_into is null
        and not exists (select from customer_owners as o where o.customer_id = c.customer_id);
end;
comment on function unassigned_customer_ids is 'Grain: one customer without an owner, if this transaction may see them.';

create function visible_customer_ids() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select owned_customer_ids() union all select unassigned_customer_ids();
end;
comment on function visible_customer_ids is 'Grain: one visible customer: with a visible owner or, where they may be seen, without an owner.';

create function can_see(customer text) returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select current_scope() = 'all'
        or exists (
            select from customer_owners where customer_id = customer and user_id in (select visible_user_ids()))
        or (may_see_unassigned() and not exists (select from customer_owners where customer_id = customer));
end;
comment on function can_see is 'Whether this transaction may see one customer.';

create function user_id_of_email(wanted text) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select user_id from users where email = lower(wanted) and disabled_at is null;
end;
comment on function user_id_of_email is 'The enabled user with this e-mail, for sign-in, before a user is known.';

create function has_active_user() returns boolean
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select exists (
        select from users
        where disabled_at is null and (
            user_id in (select user_id from passwords)
            or user_id in (select user_id from passkeys)
            or user_id in (select user_id from oidc_accounts)));
end;
comment on function has_active_user is 'Whether any user can sign in; until then the sign-in page says where the first link is.';

create function user_id_of_secret(what text, secret bytea) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select case what
        when 'refresh token' then (
            select s.user_id from refresh_tokens join sessions as s using (session_id) where token_hash = secret)
        when 'link' then (select user_id from login_links where token_hash = secret)
        when 'api key' then (select user_id from api_keys where key_hash = secret)
        when 'passkey' then (select user_id from passkeys where credential_id = secret)
    end;
end;
comment on function user_id_of_secret is 'The user a secret belongs to; whether it is still valid is checked acting for that user.';

create function user_id_of_oidc_account(of_provider text, of_subject text) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select user_id from oidc_accounts where provider = of_provider and subject = of_subject;
end;
comment on function user_id_of_oidc_account is 'The user that an account at an OpenID Connect provider signs in.';

create function reset_user(wanted integer, factors boolean) returns void
language sql security definer
set search_path = access, pg_temp
begin atomic
    update sessions set revoked_at = now(), revoked_because = 'by admin'
    where user_id = wanted and revoked_at is null and has_permission('users.manage');
    delete from devices where user_id = wanted and has_permission('users.manage');
    delete from totp where user_id = wanted and factors and has_permission('users.manage');
    delete from recovery_codes where user_id = wanted and factors and has_permission('users.manage');
    delete from passkeys where user_id = wanted and factors and has_permission('users.manage');
end;
comment on function reset_user is 'Ends a user''s sessions and deletes the known devices; with factors, also the authenticator app, recovery codes and passkeys. Needs users.manage.';

create function sign_in_states()
returns table (user_id integer, second_factor boolean, requires_second_factor boolean, last_seen_at timestamptz)
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select u.user_id,
        exists (select from totp as t where t.user_id = u.user_id and t.confirmed_at is not null)
            or exists (select from passkeys as p where p.user_id = u.user_id),
        exists (select from user_roles as r join roles using (role) where r.user_id = u.user_id and requires_second_factor),
        (select max(s.last_seen_at) from sessions as s where s.user_id = u.user_id)
    from users as u
    where has_permission('users.manage') or u.user_id = current_user_id();
end;
comment on function sign_in_states is 'Grain: one user, with whether a second factor is set up, whether a role requires one, and when the user was last active. Needs users.manage; without it only the current user.';

create function second_factor_due() returns boolean
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select exists (select from user_roles join roles using (role) where user_id = current_user_id() and requires_second_factor)
        and not exists (select from totp where user_id = current_user_id() and confirmed_at is not null)
        and not exists (select from passkeys where user_id = current_user_id())
        and not (
            coalesce(current_setting('foresell.single_user', true), '') = 'on'
            and (select count(*) from users where disabled_at is null) = 1);
end;
comment on function second_factor_due is 'Whether the user of this transaction has a role that requires a second factor, and none is set up. Not for the only user of an installation that serves its own machine (foresell.single_user).';

create function most_a_day(what text) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select case when count(*) = count(most) then max(most) end
    from (
        select case what when 'reveals' then reveals_a_day when 'contact exports' then contact_exports_a_day end as most
        from user_roles join roles using (role) join role_permissions as p using (role)
        where user_id = current_user_id()
            and p.permission = case what when 'reveals' then 'contacts.reveal' when 'contact exports' then 'contacts.export' end
    ) as limits;
end;
comment on function most_a_day is 'How many reveals or contact exports the roles of this transaction''s user allow in 24 hours; null: no limit.';

create function protect_managed_columns() returns trigger
language plpgsql
set search_path = access, pg_temp
as $$
begin
    if current_user = 'foresell_web' and not has_permission('users.manage') then
        raise insufficient_privilege using message = 'changing the team or state of a user needs the permission users.manage';
    end if;
    return new;
end $$;
comment on function protect_managed_columns is 'Users may change their own name, e-mail and preferences, but not their team or whether they are disabled.';
create trigger users_protect_managed_columns before update on users for each row
when (old.team_id is distinct from new.team_id or old.disabled_at is distinct from new.disabled_at)
execute function protect_managed_columns();

alter table roles enable row level security;
alter table permissions enable row level security;
alter table role_permissions enable row level security;
alter table teams enable row level security;
alter table users enable row level security;
alter table user_roles enable row level security;
alter table customer_owners enable row level security;
alter table passwords enable row level security;
alter table totp enable row level security;
alter table recovery_codes enable row level security;
alter table passkeys enable row level security;
alter table oidc_accounts enable row level security;
alter table sessions enable row level security;
alter table refresh_tokens enable row level security;
alter table devices enable row level security;
alter table api_keys enable row level security;
alter table api_key_grants enable row level security;
alter table login_links enable row level security;
alter table auth_challenges enable row level security;
alter table login_attempts enable row level security;

create policy app on roles to foresell_app using (true);
create policy app on permissions to foresell_app using (true);
create policy app on role_permissions to foresell_app using (true);
create policy app on teams to foresell_app using (true);
create policy app on users to foresell_app using (true);
create policy app on user_roles to foresell_app using (true);
create policy app on customer_owners to foresell_app using (true);
create policy app on passwords to foresell_app using (true);
create policy app on totp to foresell_app using (true);
create policy app on recovery_codes to foresell_app using (true);
create policy app on passkeys to foresell_app using (true);
create policy app on oidc_accounts to foresell_app using (true);
create policy app on sessions to foresell_app using (true);
create policy app on refresh_tokens to foresell_app using (true);
create policy app on devices to foresell_app using (true);
create policy app on api_keys to foresell_app using (true);
create policy app on api_key_grants to foresell_app using (true);
create policy app on login_links to foresell_app using (true);
create policy app on auth_challenges to foresell_app using (true);
create policy app on login_attempts to foresell_app using (true);

create policy signed_in on roles for select to foresell_web using ((select current_user_id()) is not null);
create policy manage on roles for update to foresell_web using ((select has_permission('users.manage')));
create policy signed_in on permissions for select to foresell_web using ((select current_user_id()) is not null);
create policy signed_in on role_permissions for select to foresell_web using ((select current_user_id()) is not null);
create policy signed_in on teams for select to foresell_web using ((select current_user_id()) is not null);
create policy manage on teams to foresell_web using ((select has_permission('users.manage')));

create policy visible on users for select to foresell_web
using (user_id = (select current_user_id()) or user_id in (select visible_user_ids()) or (select has_permission('users.manage')));
create policy own on users for update to foresell_web using (user_id = (select current_user_id()));
create policy manage on users to foresell_web using ((select has_permission('users.manage')));
create policy visible on user_roles for select to foresell_web using (user_id = (select current_user_id()));
create policy manage on user_roles to foresell_web using ((select has_permission('users.manage')));

create policy visible on customer_owners for select to foresell_web
using ((select current_scope()) = 'all' or user_id in (select visible_user_ids()));
create policy reassign on customer_owners for update to foresell_web
using ((select has_permission('customers.assign')) and user_id in (select visible_user_ids()));
create policy assign on customer_owners for insert to foresell_web
with check ((select has_permission('customers.assign')) and (select may_see_unassigned())
    and user_id in (select visible_user_ids()));
create policy unassign on customer_owners for delete to foresell_web
using ((select has_permission('customers.assign')) and (select may_see_unassigned())
    and user_id in (select visible_user_ids()));

create policy own on passwords to foresell_web using (user_id = (select current_user_id()));
create policy own on totp to foresell_web using (user_id = (select current_user_id()));
create policy own on recovery_codes to foresell_web using (user_id = (select current_user_id()));
create policy own on passkeys to foresell_web using (user_id = (select current_user_id()));
create policy own on oidc_accounts to foresell_web using (user_id = (select current_user_id()));
create policy own on sessions to foresell_web using (user_id = (select current_user_id()));
create policy own on refresh_tokens to foresell_web using (session_id in (select session_id from sessions));
create policy own on devices to foresell_web using (user_id = (select current_user_id()));
create policy own on api_keys to foresell_web using (user_id = (select current_user_id()));
create policy own on login_links to foresell_web using (user_id = (select current_user_id()));

create policy own on api_key_grants for select to foresell_web using (api_key_id in (select api_key_id from api_keys));
create policy grant_reveal on api_key_grants for insert to foresell_web
with check ((select has_permission('keys.manage')) and granted_by = (select current_user_id()));
create policy withdraw on api_key_grants for delete to foresell_web using ((select has_permission('keys.manage')));
create policy manage on api_keys for select to foresell_web using ((select has_permission('keys.manage')));
create policy revoke on api_keys for update to foresell_web using ((select has_permission('keys.manage')));
create policy manage on login_links for insert to foresell_web with check ((select has_permission('users.manage')));

create policy holder on auth_challenges to foresell_web
using (encode(token_hash, 'hex') = current_setting('foresell.challenge', true))
with check (true);
create policy sign_in on login_attempts to foresell_web using (true);

grant usage on schema access to foresell_app, foresell_web;
grant select on all tables in schema access to foresell_app, foresell_web;
grant insert, update, delete on teams, users, user_roles, customer_owners, passwords, totp, recovery_codes, passkeys,
    oidc_accounts, sessions, refresh_tokens, devices, api_keys, login_links, auth_challenges, login_attempts to foresell_app;
grant insert, delete on api_key_grants to foresell_app, foresell_web;
grant update (requires_second_factor, reveals_a_day, contact_exports_a_day) on roles to foresell_app, foresell_web;
grant insert, update on teams to foresell_web;
grant insert, update on users to foresell_web;
grant insert, delete on user_roles to foresell_web;
grant insert, update, delete on customer_owners, passwords, totp, recovery_codes, passkeys, oidc_accounts to foresell_web;
grant insert, update, delete on sessions to foresell_web;
grant insert, update on refresh_tokens, api_keys, login_links to foresell_web;
grant insert, delete on devices, auth_challenges, login_attempts to foresell_web;

revoke execute on all functions in schema access from public;
grant execute on function current_user_id(), has_active_user(), delete_expired_challenges(), current_scope(), has_permission(text), current_team_id(), visible_user_ids(), visible_customer_ids(), can_see(text),
    owned_customer_ids(), may_see_unassigned(), unassigned_customer_ids(),
    user_id_of_email(text), user_id_of_secret(text, bytea), user_id_of_oidc_account(text, text),
    reset_user(integer, boolean), sign_in_states(), second_factor_due(), most_a_day(text) to foresell_app, foresell_web;

insert into roles (role, scope, description, requires_second_factor, reveals_a_day, contact_exports_a_day) values
('rep', 'own', 'Calls their own customers.', true, 300, 10),
('manager', 'team', 'Leads a team: sees its customers and calls, and assigns customers.', true, 300, 10),
('analyst', 'all', 'Reads all metrics and changes the segment rules.', false, null, null),
('marketer', 'all', 'Builds segments and exports lists without contact details.', false, null, null),
('steward', 'all', 'Maintains the data: imports, undo, quality, erasure.', true, 300, 10),
('admin', 'all', 'Manages users, models and keys, and reads the audit log.', true, 300, 10);

insert into permissions (permission, description) values
('audit.read', 'View and verify the audit log.'),
('calls.configure', 'Change the capacity and the quotas of call lists.'),
('calls.manage', 'Edit and undo the calls of the team.'),
('calls.read', 'View logged calls.'),
('calls.write', 'Log calls and snooze customers.'),
('company.manage', 'Change the company settings.'),
('contacts.export', 'Export lists with contact details (after confirming the password).'),
('contacts.reveal', 'Show the contact details of a customer (this is logged).'),
('customers.assign', 'Assign customers to users.'),
('customers.export', 'Export lists without contact details.'),
('customers.names', 'See the names of customers.'),
('customers.read', 'View customers, their orders and scores.'),
('enrichment.manage', 'Set which values of directories are accepted by a rule, and allow web pages to be read.'),
('enrichment.review', 'Accept and refuse what directories propose about customers.'),
('events.all', 'View events of unknown visitors, too.'),
('events.manage', 'Add and revoke the keys with which the pages of a site send events.'),
('events.read', 'View the events of customers.'),
('events.write', 'Send events.'),
('identity.manage', 'Change how records are matched and which values are shown; approve matching models.'),
('identity.review', 'Decide which records are one customer: merge, split and undo.'),
('imports.undo', 'Undo an import.'),
('imports.write', 'Import files.'),
('keys.manage', 'Manage encryption keys and the API keys of other users.'),
('model.read', 'View model cards, backtests and the track record.'),
('models.manage', 'Withdraw a model.'),
('privacy.erase', 'Erase the personal data of a customer (after confirming the password).'),
('quality.read', 'View rejected rows and data quality findings.'),
('runs.read', 'View runs.'),
('runs.write', 'Start, publish and roll back runs.'),
('sales.annotate', 'Add and delete notes on the sales charts.'),
('sales.read', 'View sales and forecasts.'),
('segments.movement', 'View which customers moved between segments.'),
('segments.read', 'View segments.'),
('segments.write', 'Change the segment rules.'),
('sources.manage', 'Connect sources, start syncs and decide on rows that are gone.'),
('sources.read', 'View connected sources and their syncs.'),
('status.read', 'View the state of the installation: speed, availability, metrics.'),
('users.manage', 'Manage users, roles and teams.'),
('views.write', 'Save views.');

insert into role_permissions (role, permission)
select 'admin', permission from permissions
union all
select role, unnest(granted) from (values
    ('rep', array['customers.read', 'calls.write', 'calls.read', 'segments.read', 'model.read', 'sales.read',
        'views.write', 'contacts.reveal', 'customers.names', 'customers.export', 'runs.read', 'events.read']),
    ('manager', array['customers.read', 'calls.write', 'calls.read', 'segments.read', 'model.read', 'sales.read',
        'views.write', 'contacts.reveal', 'customers.names', 'customers.export', 'runs.read', 'customers.assign', 'contacts.export',
        'segments.movement', 'calls.configure', 'calls.manage', 'sales.annotate', 'events.read']),
    ('analyst', array['customers.read', 'segments.read', 'segments.write', 'model.read', 'sales.read', 'views.write',
        'customers.export', 'runs.read', 'quality.read', 'sales.annotate', 'sources.read', 'events.read', 'events.all']),
    ('marketer', array['customers.read', 'segments.read', 'segments.write', 'model.read', 'sales.read', 'views.write',
        'customers.export', 'runs.read', 'sales.annotate', 'events.read', 'events.all']),
    ('steward', array['customers.read', 'segments.read', 'imports.write', 'imports.undo', 'runs.read', 'runs.write',
        'contacts.reveal', 'customers.names', 'enrichment.review', 'identity.review', 'privacy.erase', 'quality.read', 'sources.manage', 'sources.read', 'status.read', 'views.write',
        'events.all', 'events.manage', 'events.read', 'events.write'])
) as grants (role, granted);
