-- PostgreSQL: answers kept by Idempotency-Key, for the user the transaction acts for.

-- name: lock_key
-- Held until the transaction ends, so that of two requests with one key only one acts.
select pg_try_advisory_xact_lock(hashtextextended(%(key)s, %(user_id)s)) as taken

-- name: find_answer
select request, status, body from desk.effects where user_id = %(user_id)s and key = %(key)s

-- name: keep_answer
insert into desk.effects (user_id, key, request, status, body)
values (%(user_id)s, %(key)s, %(request)s, %(status)s, %(body)s)
