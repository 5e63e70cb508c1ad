-- name: list_passkeys
-- Grain: one passkey of the user, oldest first.
select credential_id, name, created_at, last_used_at from access.passkeys
where user_id = access.current_user_id() order by created_at, credential_id

-- name: add
-- Grain: the new passkey; no row when it is registered already.
insert into access.passkeys (credential_id, user_id, public_key, sign_count, name)
values (%(credential_id)s, %(user_id)s, %(public_key)s, %(sign_count)s, %(name)s)
on conflict do nothing
returning name, created_at, last_used_at

-- name: find_owner
-- Grain: one row: whose passkey this is, or null.
select access.user_id_of_secret('passkey', %(credential_id)s) as user_id

-- name: find_passkey
-- Grain: the passkey, locked: two uses at once are judged one after the other.
select public_key, sign_count from access.passkeys
where credential_id = %(credential_id)s and user_id = access.current_user_id()
for update

-- name: record_use
-- The count to beat next time.
update access.passkeys set sign_count = %(sign_count)s, last_used_at = now() where credential_id = %(credential_id)s

-- name: remove
-- Forget one of the user's.
delete from access.passkeys where credential_id = %(credential_id)s and user_id = access.current_user_id()
