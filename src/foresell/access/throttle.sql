-- name: lock_account
-- Guesses at one account, and from one network, wait for each other, so that none slips past the count.
select pg_advisory_xact_lock(hashtextextended(encode(%(account)s, 'hex'), 1)),
    pg_advisory_xact_lock(hashtextextended(%(network)s, 2))

-- name: delete_old_attempts
-- An hour is more than any count looks back.
delete from access.login_attempts where attempted_at < now() - interval '1 hour'

-- name: seconds_to_wait
-- Grain: one row: how long until every count is below its limit again; 0 when they are.
with recent as (
    select attempted_at, network, device, account_hash = %(account)s as same_account
    from access.login_attempts
    where attempted_at > clock_timestamp() - interval '15 minutes'
        and (account_hash = %(account)s or network = %(network)s::cidr)
),
counted as (
    select attempted_at, 'device' as by, %(per_device)s as allowed from recent
    where same_account and device = %(device)s::bytea
    union all
    select attempted_at, 'account', %(per_account)s from recent
    where %(device)s::bytea is null and same_account and device is null
    union all
    select attempted_at, 'account and network', %(per_account_and_network)s from recent
    where %(device)s::bytea is null and same_account and device is null and network = %(network)s::cidr
    union all
    select attempted_at, 'network', %(per_network)s from recent
    where %(device)s::bytea is null and device is null and network = %(network)s::cidr
),
numbered as (
    select attempted_at, allowed, row_number() over (partition by by order by attempted_at desc) as place from counted
)
select coalesce(ceil(extract(epoch from max(attempted_at) + interval '15 minutes' - clock_timestamp())), 0)::integer as seconds
from numbered where place = allowed

-- name: insert_attempt
-- One more guess, by the clock of this moment.
insert into access.login_attempts (account_hash, network, device, attempted_at)
values (%(account)s, %(network)s::cidr, %(device)s, clock_timestamp())
returning attempt_id

-- name: clear_attempt
-- It was right after all.
delete from access.login_attempts where attempt_id = %(attempt_id)s
