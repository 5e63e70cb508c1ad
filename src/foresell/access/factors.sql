-- name: load_factors
-- Grain: one row, of the user this transaction acts for.
select
    exists (select from access.passwords where user_id = access.current_user_id()) as password,
    exists (select from access.passwords where user_id = access.current_user_id() and single_factor_ok) as stands_alone,
    exists (select from access.totp where user_id = access.current_user_id() and confirmed_at is not null) as totp,
    (select count(*)::integer from access.passkeys where user_id = access.current_user_id()) as passkeys,
    (select count(*)::integer from access.recovery_codes where user_id = access.current_user_id() and used_at is null) as recovery_codes

-- name: load_due
-- Grain: one row: whether the user's roles require a second factor that is not set up.
select access.second_factor_due() as due

-- name: load_password
-- Grain: the user's password, if there is one.
select hash from access.passwords where user_id = access.current_user_id()

-- name: set_password
-- The first one, or another.
insert into access.passwords (user_id, hash, single_factor_ok)
values (access.current_user_id(), %(hash)s, %(stands_alone)s)
on conflict (user_id) do update set hash = excluded.hash, single_factor_ok = excluded.single_factor_ok, changed_at = now()

-- name: rehash_password
-- The same one, hashed with today's parameters.
update access.passwords set hash = %(hash)s where user_id = access.current_user_id()

-- name: enrol_totp
-- Replaces one that was never confirmed; touches no row when one is in service.
insert into access.totp (user_id, secret) values (%(user_id)s, %(secret)s)
on conflict (user_id) do update set secret = excluded.secret, last_step = 0
where totp.confirmed_at is null

-- name: load_totp
-- Grain: the user's authenticator app.
select secret from access.totp where user_id = access.current_user_id() and (confirmed_at is not null) = %(confirmed)s

-- name: consume_totp
-- Touches a row only when no code of this step or a later one was accepted before.
update access.totp set last_step = %(step)s where user_id = access.current_user_id() and last_step < %(step)s

-- name: confirm_totp
-- In service.
update access.totp set confirmed_at = now() where user_id = access.current_user_id() and confirmed_at is null

-- name: remove_totp
-- Out of service.
delete from access.totp where user_id = access.current_user_id()

-- name: delete_recovery_codes
-- All of the user's.
delete from access.recovery_codes where user_id = access.current_user_id()

-- name: add_recovery_codes
-- As hashes.
insert into access.recovery_codes (user_id, code_hash) select %(user_id)s, unnest(%(hashes)s::bytea[])

-- name: consume_recovery_code
-- Touches a row only when the code is the user's and unused.
update access.recovery_codes set used_at = now()
where user_id = access.current_user_id() and code_hash = %(code_hash)s and used_at is null
