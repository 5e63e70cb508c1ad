-- name: create
-- Grain: the new key.
insert into access.api_keys (user_id, name, key_hash, hint, permissions, expires_at)
values (%(user_id)s, %(name)s, %(key_hash)s, %(hint)s, %(permissions)s, %(expires_at)s)
returning api_key_id, name, hint, permissions, created_at, expires_at, last_used_at, null as reveal_reason

-- name: list_own_keys
-- Grain: one valid key of the user.
select api_key_id, name, hint, permissions, created_at, expires_at, last_used_at, g.reason as reveal_reason
from access.api_keys left join access.api_key_grants as g using (api_key_id)
where user_id = access.current_user_id() and revoked_at is null and expires_at > now()
order by created_at desc, api_key_id desc

-- name: list_all_keys
-- Grain: one visible valid key, with its owner.
select k.api_key_id, k.name, k.hint, k.permissions, k.created_at, k.expires_at, k.last_used_at, g.reason as reveal_reason,
    k.user_id, u.name as owner
from access.api_keys as k join access.users as u using (user_id) left join access.api_key_grants as g using (api_key_id)
where k.revoked_at is null and k.expires_at > now()
order by u.name, k.created_at desc, k.api_key_id desc

-- name: revoke
-- The user's own keys, or all keys for those who manage keys.
update access.api_keys set revoked_at = now() where api_key_id = %(api_key_id)s and revoked_at is null

-- name: grant_reveal
-- Touches no row when the key has it.
insert into access.api_key_grants (api_key_id, reason, granted_by) values (%(api_key_id)s, %(reason)s, %(granted_by)s)
on conflict do nothing

-- name: withdraw_reveal
delete from access.api_key_grants where api_key_id = %(api_key_id)s

-- name: find_owner
-- Grain: one row: whose key this is, or null.
select access.user_id_of_secret('api key', %(key_hash)s) as user_id

-- name: find_by_hash
-- Grain: the key, if valid.
select api_key_id from access.api_keys
where key_hash = %(key_hash)s and user_id = access.current_user_id() and revoked_at is null and expires_at > now()

-- name: record_use
-- To the minute: a busy key is not written to with every request.
update access.api_keys set last_used_at = now()
where api_key_id = %(api_key_id)s and (last_used_at is null or last_used_at < now() - interval '1 minute')
