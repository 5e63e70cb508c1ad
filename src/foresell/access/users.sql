-- name: list_users
-- Grain: one visible user, with roles and team. user_id: only this one.
select u.user_id, u.name, u.email, u.disabled_at is not null as disabled, u.created_at, s.second_factor,
    s.requires_second_factor, s.last_seen_at,
    case when t.team_id is not null then jsonb_build_object('team_id', t.team_id, 'name', t.name) end as team,
    array(select role from access.user_roles as r where r.user_id = u.user_id order by role) as roles
from access.users as u
left join access.teams as t using (team_id)
left join access.sign_in_states() as s using (user_id)
where %(user_id)s::integer is null or u.user_id = %(user_id)s
order by u.name, u.user_id

-- name: find_by_email
-- Grain: one row: the user, or null.
select access.user_id_of_email(%(email)s) as user_id

-- name: load_own
-- Grain: the user this transaction acts for.
select u.name, u.email, u.preferences, t.name as team,
    (select name from core.company_settings) as company,
    (select checklist_dismissed_at is null from core.company_settings) as setup_open
from access.users as u left join access.teams as t using (team_id)
where u.user_id = access.current_user_id()

-- name: create
-- Grain: the new user.
insert into access.users (name, email, team_id) values (%(name)s, %(email)s, %(team_id)s) returning user_id

-- name: lock_users
-- So that two administrators cannot take the role from each other at once, or undo each other's change of a role.
select pg_advisory_xact_lock(hashtext('access.users'))

-- name: is_manager
-- Touches one row when the acting user still may: another administrator may have revoked it meanwhile.
select 1 where access.has_permission('users.manage')

-- name: set_name
-- What the person is called.
update access.users set name = %(value)s where user_id = %(user_id)s

-- name: set_email
-- What the person signs in with.
update access.users set email = %(value)s where user_id = %(user_id)s

-- name: set_team_id
-- Whose colleague the person is.
update access.users set team_id = %(value)s where user_id = %(user_id)s

-- name: set_disabled
-- Locked out, or let in again.
update access.users set disabled_at = case when %(value)s then coalesce(disabled_at, now()) end where user_id = %(user_id)s

-- name: set_preferences
-- How the person likes it.
update access.users set preferences = %(value)s where user_id = %(user_id)s

-- name: drop_roles
-- Those that are not wanted.
delete from access.user_roles where user_id = %(user_id)s and role <> all (%(roles)s::text[])

-- name: add_roles
-- Those that are missing.
insert into access.user_roles (user_id, role) select %(user_id)s, unnest(%(roles)s::text[]) on conflict do nothing

-- name: has_manager
-- Touches one row when a user administrator remains.
select 1 from access.users join access.user_roles using (user_id) join access.role_permissions using (role)
where permission = 'users.manage' and disabled_at is null
limit 1

-- name: active
select access.has_active_user() as active

-- name: reset
-- Sessions and devices, and the factors when wanted.
select access.reset_user(%(user_id)s, %(factors)s)

-- name: list_roles
-- Grain: one role, the widest scope last.
select role as name, scope, description, requires_second_factor, reveals_a_day, contact_exports_a_day,
    array(select permission from access.role_permissions as p where p.role = r.role order by permission) as permissions
from access.roles as r
order by array_position(array['own', 'team', 'all'], scope), role

-- name: change_role
-- What its users need to sign in, and how many contact details they see.
update access.roles set requires_second_factor = %(requires_second_factor)s, reveals_a_day = %(reveals_a_day)s,
    contact_exports_a_day = %(contact_exports_a_day)s
where role = %(role)s

-- name: list_teams
-- Grain: one team.
select t.team_id, t.name, count(u.user_id)::integer as users
from access.teams as t
left join access.users as u on u.team_id = t.team_id and u.disabled_at is null
group by t.team_id order by t.name

-- name: create_team
-- Grain: the new team.
insert into access.teams (name) values (%(team)s) returning team_id, name, 0 as users

-- name: find_by_oidc_account
-- Grain: one row: the user an account at a provider signs in, or null.
select access.user_id_of_oidc_account(%(provider)s, %(subject)s) as user_id

-- name: link_oidc_account
-- From now on this account signs this user in; touches no row when another one of the provider does.
insert into access.oidc_accounts (provider, subject, user_id)
select %(provider)s, %(subject)s, %(user_id)s
where not exists (select from access.oidc_accounts where provider = %(provider)s and user_id = %(user_id)s)
on conflict do nothing

-- name: reset_from_command_line
-- As access.reset_user, for the command line.
with ended as (
    update access.sessions set revoked_at = now(), revoked_because = 'by admin'
    where user_id = %(user_id)s and revoked_at is null
),
devices as (delete from access.devices where user_id = %(user_id)s),
totp as (delete from access.totp where user_id = %(user_id)s and %(factors)s),
codes as (delete from access.recovery_codes where user_id = %(user_id)s and %(factors)s)
delete from access.passkeys where user_id = %(user_id)s and %(factors)s
