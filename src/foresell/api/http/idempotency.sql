-- PostgreSQL: answers kept by Idempotency-Key, for the user the transaction acts for.

-- name: lock_key
-- Held until the transaction ends, so that of two requests with one key only one acts.
select pg_try_advisory_xact_lock(hashtextextended(%(key)s, %(user_id)s)) as taken

-- name: find_answer
select request_hash as request, status, response_body as body from api.idempotency_keys where user_id = %(user_id)s and key = %(key)s

-- name: keep_answer
insert into api.idempotency_keys (user_id, key, request_hash, status, response_body)
values (%(user_id)s, %(key)s, %(request)s, %(status)s, %(body)s)
