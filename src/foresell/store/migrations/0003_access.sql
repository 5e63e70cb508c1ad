-- Who may see what: users, roles, sessions, factors, and the functions row security asks.
-- The web's transactions say who they act for (foresell.user_id); team, ownership and permissions are read here, never
-- taken from the application. Secrets are stored hashed or encrypted. foresell_reader sees nothing of this schema.

create schema access;
comment on schema access is 'Who may see what. The functions me, scope, may and sees are what row security asks.';
set search_path = access;

create table roles (
    role text primary key,
    scope text not null check (scope in ('own', 'team', 'all')),
    description text not null
);
comment on table roles is 'One row per role. scope: whose customers it reaches; the widest of a user''s roles counts.';

create table permissions (
    permission text primary key,
    description text not null
);
comment on table permissions is 'One row per thing that can be allowed. Whatever is not granted is denied.';

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
comment on table teams is 'One row per team; a manager sees the customers of the own team.';

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
comment on table users is 'One row per person who may sign in. Never deleted, so that the audit keeps its names; disabled_at ends everything at once.';
create index users_team on users (team_id);

create table user_roles (
    user_id integer not null references users,
    role text not null references roles,
    primary key (user_id, role)
);
comment on table user_roles is 'One row per user and role held.';

create table customer_owners (
    customer_id text primary key,
    user_id integer not null references users,
    assigned_at timestamptz not null default now()
);
comment on table customer_owners is 'One row per customer somebody looks after. It may outlive the customer (ids are never reused), so customer_id refers to no row.';
create index customer_owners_user on customer_owners (user_id);

create table passwords (
    user_id integer primary key references users,
    hash text not null check (hash like '$argon2id$%'),
    stands_alone boolean not null,
    changed_at timestamptz not null default now()
);
comment on table passwords is 'One row per user with a password, as argon2id. stands_alone: long enough without a second factor.';

create table totp (
    user_id integer primary key references users,
    secret bytea not null,
    confirmed_at timestamptz,
    last_step bigint not null default 0
);
comment on table totp is 'One row per authenticator app. secret: encrypted with a key of the home. last_step: the newest 30-second step a code was accepted for, so that no code counts twice.';

create table recovery_codes (
    user_id integer not null references users,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);
comment on table recovery_codes is 'One row per recovery code given out last; each counts once.';

create table passkeys (
    credential_id bytea primary key,
    user_id integer not null references users,
    public_key bytea not null,
    sign_count bigint not null,
    name text not null check (name <> ''),
    created_at timestamptz not null default now(),
    last_used_at timestamptz
);
comment on table passkeys is 'One row per passkey. sign_count: only ever grows; a smaller one is a copy and is refused.';
create index passkeys_user on passkeys (user_id);

create table identities (
    provider text not null,
    subject text not null,
    user_id integer not null references users,
    linked_at timestamptz not null default now(),
    primary key (provider, subject)
);
comment on table identities is 'One row per account at an OpenID Connect provider that signs a user in.';
create index identities_user on identities (user_id);

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
    revoked_because text check (revoked_because in ('signed out', 'reuse', 'by user', 'by admin', 'password changed'))
);
comment on table sessions is 'One row per sign-in on one device. network: the /24 or /48 it came from. second_factor_at: when the person last proved more than holding the session.';
create index sessions_user on sessions (user_id);

create table refresh_tokens (
    token_hash bytea primary key,
    session_id uuid not null references sessions on delete cascade,
    issued_at timestamptz not null default now(),
    used_at timestamptz
);
comment on table refresh_tokens is 'One row per refresh token of a session, as SHA-256. Each counts once; one that comes back ends the session.';
create index refresh_tokens_session on refresh_tokens (session_id);

create table devices (
    token_hash bytea not null,
    user_id integer not null references users,
    known_since timestamptz not null default now(),
    primary key (token_hash, user_id)
);
comment on table devices is 'One row per device a user signed in on before: guesses made elsewhere do not lock it out.';
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
    revoked_at timestamptz
);
comment on table api_keys is 'One row per key of a program, as SHA-256. It may do what both its permissions and its owner''s allow. hint: its first characters, to tell keys apart.';
create index api_keys_user on api_keys (user_id);

create table links (
    token_hash bytea primary key,
    user_id integer not null references users,
    loopback_only boolean not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
comment on table links is 'One row per one-time sign-in link. loopback_only: accepted only from the machine itself.';
create index links_user on links (user_id);

create table challenges (
    token_hash bytea primary key,
    kind text not null check (kind in ('second factor', 'passkey', 'new passkey', 'oidc')),
    user_id integer references users,
    data jsonb not null default '{}',
    expires_at timestamptz not null
);
comment on table challenges is 'One row per sign-in that waits for its next step; taken out when it comes.';
create index challenges_expire on challenges (expires_at);

create table attempts (
    attempt_id bigint primary key generated always as identity,
    account bytea not null,
    network cidr not null,
    device bytea,
    attempted_at timestamptz not null default now()
);
comment on table attempts is 'One row per guess that was evaluated and not right, for an hour. account: keyed hash of the e-mail typed, whether or not there is such a user. device: set when it came from a known one.';
create index attempts_account on attempts (account, attempted_at);
create index attempts_network on attempts (network, attempted_at);

create function me() returns integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select user_id from users
    where user_id = nullif(current_setting('foresell.user_id', true), '')::integer and disabled_at is null;
end;
comment on function me is 'The user this transaction acts for; null when nobody, or when disabled.';

create function scope() returns text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select coalesce((
        select r.scope from user_roles as u join roles as r using (role) where u.user_id = me()
        order by array_position(array['all', 'team', 'own'], r.scope) limit 1
    ), 'none');
end;
comment on function scope is 'Whose customers this transaction reaches: none, own, team or all.';

create function may(wanted text) returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select exists (
        select from user_roles as u join role_permissions as r using (role)
        where u.user_id = me() and r.permission = wanted
    );
end;
comment on function may is 'Whether the user of this transaction holds a permission.';

create function my_team() returns integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select team_id from users where user_id = me();
end;
comment on function my_team is 'The team of the user of this transaction, or null.';

create function colleagues() returns setof integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select u.user_id from users as u
    where case scope() when 'all' then true
        when 'team' then u.user_id = me() or u.team_id = my_team()
        when 'own' then u.user_id = me()
        else false end;
end;
comment on function colleagues is 'Grain: one user whose customers and calls this transaction reaches, oneself included.';

create function customers_seen() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select customer_id from customer_owners where user_id in (select colleagues());
end;
comment on function customers_seen is 'Grain: one owned customer in reach. For lists; whoever has scope all sees the others, too.';

create function sees(customer text) returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select scope() = 'all' or exists (
        select from customer_owners where customer_id = customer and user_id in (select colleagues())
    );
end;
comment on function sees is 'Whether one customer is in reach of this transaction.';

create function user_of_email(wanted text) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select user_id from users where email = lower(wanted) and disabled_at is null;
end;
comment on function user_of_email is 'Whose e-mail this is, for sign-in, when nobody is signed in yet.';

create function user_of_secret(what text, secret bytea) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select case what
        when 'refresh token' then (
            select s.user_id from refresh_tokens join sessions as s using (session_id) where token_hash = secret)
        when 'link' then (select user_id from links where token_hash = secret)
        when 'api key' then (select user_id from api_keys where key_hash = secret)
        when 'passkey' then (select user_id from passkeys where credential_id = secret)
    end;
end;
comment on function user_of_secret is 'Whose secret this is; whether it still counts is read as that user.';

create function user_of_identity(of_provider text, of_subject text) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select user_id from identities where provider = of_provider and subject = of_subject;
end;
comment on function user_of_identity is 'Whom an account at a provider signs in.';

create function reset_user(wanted integer, factors boolean) returns void
language sql security definer
set search_path = access, pg_temp
begin atomic
    update sessions set revoked_at = now(), revoked_because = 'by admin'
    where user_id = wanted and revoked_at is null and may('users.manage');
    delete from devices where user_id = wanted and may('users.manage');
    delete from totp where user_id = wanted and factors and may('users.manage');
    delete from recovery_codes where user_id = wanted and factors and may('users.manage');
    delete from passkeys where user_id = wanted and factors and may('users.manage');
end;
comment on function reset_user is 'Ends a user''s sessions and forgets the devices; with factors, also app, recovery codes and passkeys. For whoever manages users.';

create function sign_in_states() returns table (user_id integer, second_factor boolean, last_seen_at timestamptz)
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select u.user_id,
        exists (select from totp as t where t.user_id = u.user_id and t.confirmed_at is not null)
            or exists (select from passkeys as p where p.user_id = u.user_id),
        (select max(s.last_seen_at) from sessions as s where s.user_id = u.user_id)
    from users as u
    where may('users.manage') or u.user_id = me();
end;
comment on function sign_in_states is 'Grain: one user: whether there is a second factor and when the user was last seen. For whoever manages users.';

create function keep_to_own_columns() returns trigger
language plpgsql
set search_path = access, pg_temp
as $$
begin
    if current_user = 'foresell_web' and not may('users.manage') then
        raise insufficient_privilege using message = 'team and state of a user are changed by whoever manages users';
    end if;
    return new;
end $$;
comment on function keep_to_own_columns is 'People change their own name, e-mail and preferences, not their team or whether they are disabled.';
create trigger users_keep_to_own_columns before update on users for each row
when (old.team_id is distinct from new.team_id or old.disabled_at is distinct from new.disabled_at)
execute function keep_to_own_columns();

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
alter table identities enable row level security;
alter table sessions enable row level security;
alter table refresh_tokens enable row level security;
alter table devices enable row level security;
alter table api_keys enable row level security;
alter table links enable row level security;
alter table challenges enable row level security;
alter table attempts enable row level security;

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
create policy app on identities to foresell_app using (true);
create policy app on sessions to foresell_app using (true);
create policy app on refresh_tokens to foresell_app using (true);
create policy app on devices to foresell_app using (true);
create policy app on api_keys to foresell_app using (true);
create policy app on links to foresell_app using (true);
create policy app on challenges to foresell_app using (true);
create policy app on attempts to foresell_app using (true);

create policy signed_in on roles for select to foresell_web using ((select me()) is not null);
create policy signed_in on permissions for select to foresell_web using ((select me()) is not null);
create policy signed_in on role_permissions for select to foresell_web using ((select me()) is not null);
create policy signed_in on teams for select to foresell_web using ((select me()) is not null);
create policy manage on teams to foresell_web using ((select may('users.manage')));

create policy reach on users for select to foresell_web
using (user_id = (select me()) or user_id in (select colleagues()) or (select may('users.manage')));
create policy myself on users for update to foresell_web using (user_id = (select me()));
create policy manage on users to foresell_web using ((select may('users.manage')));
create policy reach on user_roles for select to foresell_web using (user_id = (select me()));
create policy manage on user_roles to foresell_web using ((select may('users.manage')));

create policy reach on customer_owners for select to foresell_web
using ((select scope()) = 'all' or user_id in (select colleagues()));
create policy hand_over on customer_owners for update to foresell_web
using ((select may('customers.assign')) and user_id in (select colleagues()));
create policy assign on customer_owners for insert to foresell_web
with check ((select may('customers.assign')) and (select scope()) = 'all');
create policy release on customer_owners for delete to foresell_web
using ((select may('customers.assign')) and (select scope()) = 'all');

create policy myself on passwords to foresell_web using (user_id = (select me()));
create policy myself on totp to foresell_web using (user_id = (select me()));
create policy myself on recovery_codes to foresell_web using (user_id = (select me()));
create policy myself on passkeys to foresell_web using (user_id = (select me()));
create policy myself on identities to foresell_web using (user_id = (select me()));
create policy myself on sessions to foresell_web using (user_id = (select me()));
create policy myself on refresh_tokens to foresell_web using (session_id in (select session_id from sessions));
create policy myself on devices to foresell_web using (user_id = (select me()));
create policy myself on api_keys to foresell_web using (user_id = (select me()));
create policy myself on links to foresell_web using (user_id = (select me()));

create policy manage on api_keys for select to foresell_web using ((select may('keys.manage')));
create policy revoke on api_keys for update to foresell_web using ((select may('keys.manage')));
create policy manage on links for insert to foresell_web with check ((select may('users.manage')));

create policy ticket on challenges to foresell_web
using (encode(token_hash, 'hex') = current_setting('foresell.challenge', true) or expires_at < now())
with check (true);
create policy sign_in on attempts to foresell_web using (true);

grant usage on schema access to foresell_app, foresell_web;
grant select on all tables in schema access to foresell_app, foresell_web;
grant insert, update, delete on teams, users, user_roles, customer_owners, passwords, totp, recovery_codes, passkeys,
    identities, sessions, refresh_tokens, devices, api_keys, links, challenges, attempts to foresell_app;
grant insert, update on teams to foresell_web;
grant insert, update on users to foresell_web;
grant insert, delete on user_roles to foresell_web;
grant insert, update, delete on customer_owners, passwords, totp, recovery_codes, passkeys, identities to foresell_web;
grant insert, update, delete on sessions to foresell_web;
grant insert, update on refresh_tokens, api_keys, links to foresell_web;
grant insert, delete on devices, challenges, attempts to foresell_web;

revoke execute on all functions in schema access from public;
grant execute on function me(), scope(), may(text), my_team(), colleagues(), customers_seen(), sees(text),
    user_of_email(text), user_of_secret(text, bytea), user_of_identity(text, text),
    reset_user(integer, boolean), sign_in_states() to foresell_app, foresell_web;

insert into roles (role, scope, description) values
('rep', 'own', 'Calls the own customers.'),
('manager', 'team', 'Leads a team: sees its customers and calls, and assigns them.'),
('analyst', 'all', 'Reads every figure and writes the rules of the segments.'),
('marketer', 'all', 'Builds segments and exports lists without contact data.'),
('steward', 'all', 'Looks after the data: imports, undo, quality, erasure.'),
('admin', 'all', 'Manages users, models and keys, and reads the audit.');

insert into permissions (permission, description) values
('audit.read', 'Read and verify the audit.'),
('calls.read', 'Read logged calls.'),
('calls.write', 'Log calls and snooze customers.'),
('contacts.export', 'Export with contact data; needs a recent second factor.'),
('contacts.reveal', 'See the contact data of one customer; audited.'),
('customers.assign', 'Say who looks after a customer.'),
('customers.export', 'Export lists without contact data.'),
('customers.read', 'See customers, their orders and scores.'),
('imports.undo', 'Take a batch back.'),
('imports.write', 'Load files.'),
('keys.manage', 'Manage encryption keys and other people''s API keys.'),
('model.read', 'Read model cards, backtests and receipts.'),
('models.manage', 'Roll a model back.'),
('privacy.erase', 'Erase a person; needs a recent second factor.'),
('quality.read', 'Read rejects and findings.'),
('runs.read', 'See refreshes.'),
('runs.write', 'Start, publish and roll back refreshes.'),
('sales.read', 'Read sales figures and forecasts.'),
('segments.movement', 'See who moved between segments.'),
('segments.read', 'Read segments.'),
('segments.write', 'Change the rules of the segments.'),
('users.manage', 'Manage users, roles and teams.'),
('views.write', 'Save views.');

insert into role_permissions (role, permission)
select 'admin', permission from permissions
union all
select role, unnest(granted) from (values
    ('rep', array['customers.read', 'calls.write', 'calls.read', 'segments.read', 'model.read', 'sales.read',
        'views.write', 'contacts.reveal', 'customers.export', 'runs.read']),
    ('manager', array['customers.read', 'calls.write', 'calls.read', 'segments.read', 'model.read', 'sales.read',
        'views.write', 'contacts.reveal', 'customers.export', 'runs.read', 'customers.assign', 'contacts.export',
        'segments.movement']),
    ('analyst', array['customers.read', 'segments.read', 'segments.write', 'model.read', 'sales.read', 'views.write',
        'customers.export', 'runs.read', 'quality.read']),
    ('marketer', array['customers.read', 'segments.read', 'segments.write', 'model.read', 'sales.read', 'views.write',
        'customers.export', 'runs.read']),
    ('steward', array['customers.read', 'segments.read', 'imports.write', 'imports.undo', 'runs.read', 'runs.write',
        'contacts.reveal', 'privacy.erase', 'quality.read', 'views.write'])
) as grants (role, granted);
