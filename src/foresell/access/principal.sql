-- name: load_principal
-- Grain: the user this transaction acts for, or no row when the session or key given does not count any more.
select u.user_id, u.name, u.email, u.team_id, (select access.current_scope()) as scope, s.second_factor_at,
    s.session_id is not null and (select access.second_factor_due()) as second_factor_due,
    array(select role from access.user_roles where user_id = u.user_id) as roles,
    array(
        select distinct p.permission from access.user_roles as r join access.role_permissions as p using (role)
        where r.user_id = u.user_id and (k.api_key_id is null or p.permission = any (k.permissions)
            or (p.permission = 'contacts.reveal' and k.api_key_id in (select api_key_id from access.api_key_grants)))
    ) as permissions
from access.users as u
left join access.sessions as s
    on s.user_id = u.user_id and s.session_id = %(session_id)s::uuid and s.revoked_at is null and s.expires_at > now()
left join access.api_keys as k
    on k.user_id = u.user_id and k.api_key_id = %(api_key_id)s::integer and k.revoked_at is null and k.expires_at > now()
where u.user_id = (select access.current_user_id()) and (s.session_id is not null or k.api_key_id is not null)
    and (select access.current_scope()) <> 'none'

-- name: find_end
-- Grain: one row: when the session or the API key of the user expires, unless it is revoked before.
select (select expires_at from access.sessions where session_id = %(session_id)s::uuid) as session_ends,
    (select expires_at from access.api_keys where api_key_id = %(api_key_id)s::integer) as api_key_ends

-- name: can_sign_in
-- Touches one row when the user this transaction acts for may sign in at all.
select 1 where access.current_user_id() is not null and access.current_scope() <> 'none'
