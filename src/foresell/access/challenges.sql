-- name: delete_expired
-- Abandoned sign-ins.
select access.delete_expired_challenges()

-- name: insert_challenge
-- Grain: the new challenge.
insert into access.auth_challenges (token_hash, kind, user_id, data, expires_at)
values (%(token_hash)s, %(kind)s, %(user_id)s, %(data)s, now() + make_interval(secs => %(seconds)s))

-- name: present_ticket
-- For the rest of the transaction.
select set_config('foresell.challenge', encode(%(token_hash)s, 'hex'), true)

-- name: find_challenge
-- Grain: the challenge, if valid.
select user_id, data from access.auth_challenges
where token_hash = %(token_hash)s and kind = %(kind)s and expires_at > now()

-- name: consume_challenge
-- Grain: the challenge, if it was valid; of two concurrent requests one gets it.
delete from access.auth_challenges
where token_hash = %(token_hash)s and kind = %(kind)s and expires_at > now()
returning user_id, data
