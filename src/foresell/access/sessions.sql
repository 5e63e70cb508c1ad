-- name: start
-- Grain: the new session. Old ones of the user that have ended long ago go.
with gone as (
    delete from access.sessions
    where user_id = %(user_id)s and coalesce(revoked_at, expires_at) < now() - interval '90 days'
)
insert into access.sessions (user_id, signed_in_by, device, network, expires_at, second_factor_at)
values (%(user_id)s, %(by)s, %(device)s, %(network)s::cidr, now() + make_interval(days => %(days)s), now())
returning session_id

-- name: issue
-- The next refresh token of a session.
insert into access.refresh_tokens (token_hash, session_id, issued_at)
values (%(token_hash)s, %(session_id)s::uuid, clock_timestamp())

-- name: find_token_owner
-- Grain: one row: whose refresh token this is, or null.
select access.user_id_of_secret('refresh token', %(token_hash)s) as user_id

-- name: lock
-- Refreshes of one session wait for each other.
select from access.sessions
where session_id = (select session_id from access.refresh_tokens where token_hash = %(token_hash)s)
for update

-- name: load_token
-- Grain: the token presented. in_grace: used a moment ago, and no token was used since.
select s.session_id, t.used_at is not null as used,
    s.revoked_at is null and s.expires_at > now()
        and s.last_seen_at > now() - make_interval(hours => %(idle_hours)s) as alive,
    t.used_at > clock_timestamp() - make_interval(secs => %(grace_seconds)s) and not exists (
        select from access.refresh_tokens as later where later.session_id = s.session_id and later.used_at > t.used_at
    ) as in_grace
from access.sessions as s
join access.refresh_tokens as t using (session_id)
where t.token_hash = %(token_hash)s

-- name: consume_token
-- The token is used up and the session seen.
with seen as (
    update access.sessions set last_seen_at = now() where session_id = %(session_id)s::uuid
)
update access.refresh_tokens set used_at = coalesce(used_at, clock_timestamp()) where token_hash = %(token_hash)s

-- name: end
-- It is over, and why.
update access.sessions set revoked_at = now(), revoked_because = %(because)s
where session_id = %(session_id)s::uuid and revoked_at is null

-- name: end_others
-- All of the user's but one.
update access.sessions set revoked_at = now(), revoked_because = %(because)s
where user_id = access.current_user_id() and session_id is distinct from %(session_id)s::uuid and revoked_at is null

-- name: delete_old_devices
-- They have to prove themselves again.
delete from access.devices where user_id = access.current_user_id()

-- name: list_sessions
-- Grain: one live session of the user.
select session_id::text as session_id, signed_in_by, device, network::text as network, created_at, last_seen_at, expires_at
from access.sessions
where user_id = access.current_user_id() and revoked_at is null and expires_at > now()
order by last_seen_at desc, session_id

-- name: record_step_up
-- A step-up.
update access.sessions set second_factor_at = now() where session_id = %(session_id)s::uuid

-- name: remember_device
-- One more device of the user; those whose cookies have expired go.
with gone as (
    delete from access.devices where user_id = %(user_id)s and known_since < now() - interval '400 days'
)
insert into access.devices (token_hash, user_id) values (%(token_hash)s, %(user_id)s)

-- name: is_known_device
-- Grain: one row.
select exists (
    select from access.devices where token_hash = %(token_hash)s::bytea and user_id = %(user_id)s::integer
) as known

-- name: find_by_token
-- Grain: the session of a refresh token.
select session_id from access.refresh_tokens where token_hash = %(token_hash)s

-- name: is_fresh_from_link
-- Touches one row when the session began with a one-time link moments ago: a user who lost the password sets a new one.
select 1 from access.sessions
where session_id = %(session_id)s::uuid and signed_in_by = 'link' and created_at > now() - interval '15 minutes'
