-- PostgreSQL: one statement per detector, of the same name as its row in detection.detectors.
-- Grain: one subject and moment after `since` and not after `until` at which it counts `threshold` or more
-- within the `window` before. Columns: subject, user_id, session_id, at, count, evidence (counts and ids only).
-- Where different values are counted, one moment a minute is looked at.

-- name: password_spray
-- Failed sign-ins to many accounts from one network.
select 'network:' || m.network as subject, null::integer as user_id, null::uuid as session_id, m.at, c.accounts as count,
    jsonb_build_object('accounts', c.accounts, 'failed_sign_ins', c.failed) as evidence
from (
    select network, max(at) as at from detection.activity
    where kind = 'sign-in refused' and at > %(since)s and at <= %(until)s group by network, date_trunc('minute', at)
) as m
cross join lateral (
    select count(distinct r.account_hash)::integer as accounts, sum(r.count) as failed from detection.activity as r
    where r.kind = 'sign-in refused' and r.network = m.network and r.at > m.at - %(window)s and r.at <= m.at
) as c
where c.accounts >= %(threshold)s

-- name: account_guessing
-- Many failed sign-ins to one account, refused before the password was looked at or after.
select coalesce('user:' || user_id, 'account:' || left(encode(account_hash, 'hex'), 16)) as subject, user_id,
    null::uuid as session_id, at, failed as count, jsonb_build_object('failed_sign_ins', failed) as evidence
from (
    select account_hash, at, sum(count) over recent as failed, max(user_id) over recent as user_id from detection.activity
    where kind = 'sign-in refused' and at > %(since)s - %(window)s and at <= %(until)s
    window recent as (partition by account_hash order by at range between %(window)s preceding and current row)
) as counted
where at > %(since)s and failed >= %(threshold)s

-- name: credential_stuffing
-- Failed sign-ins to many accounts from as many networks: stolen passwords tried by a botnet.
select 'sign-in' as subject, null::integer as user_id, null::uuid as session_id, m.at,
    least(c.accounts, c.networks)::integer as count,
    jsonb_build_object('accounts', c.accounts, 'networks', c.networks) as evidence
from (
    select max(at) as at from detection.activity
    where kind = 'sign-in refused' and at > %(since)s and at <= %(until)s group by date_trunc('minute', at)
) as m
cross join lateral (
    select count(distinct r.account_hash) as accounts, count(distinct r.network) as networks from detection.activity as r
    where r.kind = 'sign-in refused' and r.at > m.at - %(window)s and r.at <= m.at
) as c
where least(c.accounts, c.networks) >= %(threshold)s

-- name: second_factor_guessing
-- Wrong codes, at sign-in and to confirm an operation.
select subject, substr(subject, 6)::integer as user_id, null::uuid as session_id, at, refused as count,
    jsonb_build_object('wrong_second_factors', refused, 'last_event', event_id) as evidence
from (
    select event_id, at, subject, count(*) over (
        partition by subject order by at range between %(window)s preceding and current row
    ) as refused
    from audit.events
    where action = 'sign-in.refused' and at > %(since)s - %(window)s and at <= %(until)s
        and detail ->> 'by' in ('second factor', 'step-up') and subject like 'user:%%'
) as counted
where at > %(since)s and refused >= %(threshold)s

-- name: refresh_token_reuse
-- A token that was used up came back: the cookie of the session was copied.
select subject, substr(subject, 6)::integer as user_id, (detail ->> 'session_id')::uuid as session_id, at, reuses as count,
    jsonb_build_object('reuses', reuses, 'last_event', event_id) as evidence
from (
    select event_id, at, subject, detail, count(*) over (
        partition by subject order by at range between %(window)s preceding and current row
    ) as reuses
    from audit.events where action = 'session.reuse' and at > %(since)s - %(window)s and at <= %(until)s
) as counted
where at > %(since)s and reuses >= %(threshold)s

-- name: session_in_two_places
-- A session that moves from one network to another has one change. Two holders of its token take turns: many.
-- A device with IPv4 and IPv6 uses both at once, so each is looked at by itself.
select 'session:' || session_id as subject, user_id, session_id, at, changes as count,
    jsonb_build_object('changes', changes) as evidence
from (
    select session_id, user_id, at, is_change, count(*) filter (where is_change) over (
        partition by session_id order by at range between %(window)s preceding and current row
    ) as changes
    from (
        select session_id, user_id, at, lag(network) over (
            partition by session_id, family(network) order by at, activity_id
        ) <> network as is_change
        from detection.activity
        where kind = 'used' and session_id is not null and at > %(since)s - %(window)s and at <= %(until)s
    ) as used
) as counted
where at > %(since)s and is_change and changes >= %(threshold)s

-- name: api_key_from_new_network
-- A key in use for `threshold` days comes from a network from which it did not come until a window ago.
select 'api-key:' || u.api_key_id as subject, u.user_id, null::uuid as session_id, u.at, c.days as count,
    jsonb_build_object('days_in_use', c.days, 'network', u.network::text) as evidence
from detection.activity as u
cross join lateral (
    select extract(day from u.at - min(k.at))::integer as days from detection.activity as k
    where k.api_key_id = u.api_key_id
) as c
where u.kind = 'used' and u.api_key_id is not null and u.at > %(since)s and u.at <= %(until)s
    and c.days >= %(threshold)s
    and not exists (
        select from detection.activity as k
        where k.api_key_id = u.api_key_id and k.network = u.network and k.at < u.at - %(window)s
    )

-- name: permission_probing
-- Requests refused because a permission is missing; pages do not ask for what their user may not see.
select actor as subject, user_id, null::uuid as session_id, at, denied as count,
    jsonb_build_object('refused_requests', denied) as evidence
from (
    select actor, user_id, at, sum(count) over (
        partition by actor order by at range between %(window)s preceding and current row
    ) as denied
    from detection.activity where kind = 'denied' and at > %(since)s - %(window)s and at <= %(until)s
) as counted
where at > %(since)s and denied >= %(threshold)s

-- name: unknown_customers
-- Different customer numbers that the actor may not see or that do not exist; both are answered alike.
select m.actor as subject, m.user_id, null::uuid as session_id, m.at, c.customers as count,
    jsonb_build_object('customers', c.customers) as evidence
from (
    select actor, max(user_id) as user_id, max(at) as at from detection.activity
    where kind = 'customer missing' and at > %(since)s and at <= %(until)s group by actor, date_trunc('minute', at)
) as m
cross join lateral (
    select count(distinct a.customer_id)::integer as customers from detection.activity as a
    where a.kind = 'customer missing' and a.actor = m.actor and a.at > m.at - %(window)s and a.at <= m.at
) as c
where c.customers >= %(threshold)s

-- name: customers_in_sequence
-- Each opening that follows one of a number at most three away: a call list is in no such order.
select actor as subject, user_id, null::uuid as session_id, at, customers as count,
    jsonb_build_object('customers', customers) as evidence
from (
    select actor, user_id, at, is_next, count(*) filter (where is_next) over (
        partition by actor order by at range between %(window)s preceding and current row
    ) as customers
    from (
        select actor, user_id, at, abs(number - lag(number) over (partition by actor order by at, activity_id))
            between 1 and 3 as is_next
        from (
            select activity_id, at, actor, user_id, substr(customer_id, 2)::bigint as number from detection.activity
            where kind = 'customer opened' and at > %(since)s - %(window)s and at <= %(until)s
        ) as numbered
    ) as opened
) as counted
where at > %(since)s and is_next and customers >= %(threshold)s

-- name: many_customers
-- Different customers opened, in any order.
select m.actor as subject, m.user_id, null::uuid as session_id, m.at, c.customers as count,
    jsonb_build_object('customers', c.customers) as evidence
from (
    select actor, max(user_id) as user_id, max(at) as at from detection.activity
    where kind = 'customer opened' and at > %(since)s and at <= %(until)s group by actor, date_trunc('minute', at)
) as m
cross join lateral (
    select count(distinct a.customer_id)::integer as customers from detection.activity as a
    where a.kind = 'customer opened' and a.actor = m.actor and a.at > m.at - %(window)s and a.at <= m.at
) as c
where c.customers >= %(threshold)s

-- name: many_reveals
-- More than `factor` times the 95th percentile of the user's own days in the four weeks before; of everyone's days for a user
-- without any.
with days as (
    select actor_id, at::date as day, count(distinct subject) as customers from audit.events
    where action = 'contact.reveal' and at > %(since)s - %(window)s - interval '28 days' and at <= %(until)s
        and exists (select from audit.events where action = 'contact.reveal' and at > %(since)s and at <= %(until)s)
    group by actor_id, at::date
),
moments as (
    select actor_id, max(at) as at from audit.events
    where action = 'contact.reveal' and at > %(since)s and at <= %(until)s and actor_id is not null
    group by actor_id, date_trunc('minute', at)
)
select 'user:' || m.actor_id as subject, m.actor_id as user_id, null::uuid as session_id, m.at, c.customers as count,
    jsonb_build_object('customers', c.customers, 'usual_p95', usual.customers, 'last_event', c.last_event) as evidence
from moments as m
cross join lateral (
    select count(distinct e.subject)::integer as customers, max(e.event_id) as last_event from audit.events as e
    where e.action = 'contact.reveal' and e.actor_id = m.actor_id and e.at > m.at - %(window)s and e.at <= m.at
) as c
cross join lateral (
    select coalesce(
        percentile_disc(0.95) within group (order by d.customers) filter (where d.actor_id = m.actor_id),
        percentile_disc(0.95) within group (order by d.customers), 0
    ) as customers
    from days as d
    where d.day < (m.at - %(window)s)::date and d.day >= (m.at - %(window)s)::date - 28
) as usual
where c.customers >= %(threshold)s and c.customers > %(factor)s * usual.customers

-- name: mass_export
-- More than `factor` times the median of the user's own exports in the 90 days before; of everyone's for a user without any.
-- Nothing is unusual before the first export.
with exports as (
    select event_id, at, actor_id, (detail ->> 'rows')::integer as rows from audit.events
    where action = 'export' and at > %(since)s - %(window)s - interval '90 days' and at <= %(until)s
        and exists (select from audit.events where action = 'export' and at > %(since)s and at <= %(until)s)
)
select 'user:' || x.actor_id as subject, x.actor_id as user_id, null::uuid as session_id, x.at, c.rows as count,
    jsonb_build_object('rows', c.rows, 'usual_median', usual.rows, 'last_event', x.event_id) as evidence
from exports as x
cross join lateral (
    select sum(e.rows)::integer as rows from exports as e
    where e.actor_id = x.actor_id and e.at > x.at - %(window)s and e.at <= x.at
) as c
cross join lateral (
    select coalesce(
        percentile_disc(0.5) within group (order by e.rows) filter (where e.actor_id = x.actor_id),
        percentile_disc(0.5) within group (order by e.rows)
    ) as rows
    from exports as e
    where e.at <= x.at - %(window)s and e.at > x.at - interval '90 days'
) as usual
where x.at > %(since)s and c.rows >= %(threshold)s and c.rows > %(factor)s * usual.rows

-- name: export_at_unusual_hour
-- A user with `threshold` earlier exports in 90 days has none of them within an hour of this hour of the day.
with exports as (
    select event_id, at, actor_id, extract(hour from at at time zone 'UTC')::integer as hour from audit.events
    where action = 'export' and at > %(since)s - interval '90 days' and at <= %(until)s
        and exists (select from audit.events where action = 'export' and at > %(since)s and at <= %(until)s)
)
select 'user:' || x.actor_id as subject, x.actor_id as user_id, null::uuid as session_id, x.at, c.earlier as count,
    jsonb_build_object('earlier_exports', c.earlier, 'hour_utc', x.hour, 'last_event', x.event_id) as evidence
from exports as x
cross join lateral (
    select count(*)::integer as earlier, count(*) filter (where (e.hour - x.hour + 25) %% 24 <= 2) as then_too
    from exports as e
    where e.actor_id = x.actor_id and e.at <= x.at - %(window)s and e.at > x.at - interval '90 days'
) as c
where x.at > %(since)s and c.earlier >= %(threshold)s and c.then_too = 0

-- name: canary_customer
-- A customer marked as a canary was opened, or the contact details shown or found.
-- One that was merged stands for its customer, and every id of that customer for the canary.
with canaries as (
    select customer_id, marked_at, customer_id as id from detection.canary_customers
    union
    select c.customer_id, c.marked_at, i.id
    from detection.canary_customers as c
    cross join lateral identity.ids_of_customer(identity.current_customer(c.customer_id)) as i (id)
),
opened as (
    select a.at, a.actor, a.user_id, c.customer_id, a.count
    from detection.activity as a join canaries as c on c.id = a.customer_id
    where a.kind = 'customer opened' and a.at > %(since)s - %(window)s and a.at <= %(until)s and a.at > c.marked_at
    union all
    select e.at, 'user:' || e.actor_id, e.actor_id, c.customer_id, 1
    from canaries as c
    join audit.event_customer_blocks as b on b.block = left(c.id, -3) and c.id = any (b.customer_ids)
    join audit.events as e using (event_id)
    where e.action in ('contact.reveal', 'contact.lookup') and e.at > %(since)s - %(window)s and e.at <= %(until)s
        and e.at > c.marked_at
),
moments as (
    select actor, max(at) as at from opened where at > %(since)s group by actor, date_trunc('minute', at)
)
select m.actor as subject, c.user_id, null::uuid as session_id, m.at, c.times as count,
    jsonb_build_object('times', c.times, 'customer_ids', c.customer_ids) as evidence
from moments as m
cross join lateral (
    select sum(o.count)::integer as times, max(o.user_id) as user_id, array_agg(distinct o.customer_id) as customer_ids
    from opened as o
    where o.actor = m.actor and o.at > m.at - %(window)s and o.at <= m.at
) as c
where c.times >= %(threshold)s

-- name: audit_log_broken
-- The worker verifies the log again and again, and records what does not match.
select 'audit' as subject, null::integer as user_id, null::uuid as session_id, at, (detail ->> 'findings')::integer as count,
    jsonb_build_object('findings', (detail ->> 'findings')::integer, 'first_event', detail -> 'event_id') as evidence
from audit.events
where action = 'audit.broken' and at > %(since)s and at <= %(until)s and (detail ->> 'findings')::integer >= %(threshold)s
