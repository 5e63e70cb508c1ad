-- name: clear
-- Nobody comes back for these.
select access.delete_expired_challenges()

-- name: issue
-- Grain: the new challenge.
insert into access.auth_challenges (token_hash, kind, user_id, data, expires_at)
values (%(token_hash)s, %(kind)s, %(user_id)s, %(data)s, now() + make_interval(secs => %(seconds)s))

-- name: hold
-- For the rest of the transaction.
select set_config('foresell.challenge', encode(%(token_hash)s, 'hex'), true)

-- name: look
-- Grain: the challenge, if it still counts.
select user_id, data from access.auth_challenges
where token_hash = %(token_hash)s and kind = %(kind)s and expires_at > now()

-- name: take
-- Grain: the challenge, if it still counted; of two who come at once, one gets it.
delete from access.auth_challenges
where token_hash = %(token_hash)s and kind = %(kind)s and expires_at > now()
returning user_id, data
