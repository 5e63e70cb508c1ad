-- PostgreSQL: detectors, activity, alarms and canary customers. The API is under row security: audit.read reads, users.manage changes.

-- name: add_activity
-- What the API saw since the last time, in the order it saw it; `age`: seconds ago.
insert into detection.activity (at, kind, user_id, session_id, api_key_id, network, account_hash, customer_id, count)
select clock_timestamp() - age * interval '1 second', kind, user_id, session_id, api_key_id, network,
    decode(account_hash, 'hex'), customer_id, count
from jsonb_to_recordset(%(rows)s) as r (
    age double precision, kind text, user_id integer, session_id uuid, api_key_id integer, network cidr, account_hash text,
    customer_id text, count integer
)

-- name: list_detectors
-- Grain: one detector, with how many alarms of it are open.
select d.detector, d.title, d.finds, d.counts, d.threshold, d.factor, d.window_minutes, d.mode, d.can_answer, d.answer,
    d.checked_until, d.failing_since,
    (select count(*) from detection.alarms as a where a.detector = d.detector and a.state = 'open') as open_alarms
from detection.detectors as d
where %(detector)s::text is null or d.detector = %(detector)s
order by d.position

-- name: lock_detector
-- Grain: the detector, unless it is off or another worker is at it; from when on it looks: a minute of what it saw already, for
-- what was committed late; an hour at first; never more than a day.
select detector, threshold, factor, window_minutes, mode, answer, clock_timestamp() as until,
    greatest(coalesce(checked_until, clock_timestamp() - interval '59 minutes') - interval '1 minute',
        clock_timestamp() - interval '1 day') as since
from detection.detectors
where detector = %(detector)s and mode <> 'off'
for update skip locked

-- name: mark_checked
update detection.detectors set checked_until = %(until)s, failing_since = null where detector = %(detector)s

-- name: mark_failing
update detection.detectors set failing_since = coalesce(failing_since, now()) where detector = %(detector)s

-- name: raise_alarm
-- Grain: the alarm, when this is news: later than what is known or was acknowledged.
insert into detection.alarms as a (detector, subject, user_id, session_id, first_seen, last_seen, count, evidence, mode)
select %(detector)s, %(subject)s, %(user_id)s::integer, %(session_id)s::uuid, %(first_seen)s, %(last_seen)s, %(count)s,
    %(evidence)s, %(mode)s
where not exists (
    select from detection.alarms as k
    where k.detector = %(detector)s and k.subject = %(subject)s and %(last_seen)s <= greatest(k.last_seen, k.acknowledged_at)
)
on conflict (detector, subject) where state = 'open' do update
set last_seen = excluded.last_seen, count = greatest(a.count, excluded.count), mode = excluded.mode,
    evidence = case when excluded.count >= a.count then excluded.evidence else a.evidence end
returning alarm_id, xmax = 0 as is_new

-- name: end_sessions
-- The session of an alarm, or all of its user.
update access.sessions set revoked_at = now(), revoked_because = 'alarm'
where revoked_at is null and expires_at > now()
    and (session_id = %(session_id)s::uuid or (%(session_id)s::uuid is null and 'user:' || user_id = %(subject)s))

-- name: require_step_up
-- The same, but they go on after a second factor.
update access.sessions set second_factor_at = 'epoch'
where revoked_at is null and expires_at > now()
    and (session_id = %(session_id)s::uuid or (%(session_id)s::uuid is null and 'user:' || user_id = %(subject)s))

-- name: mark_answered
update detection.alarms set answered_at = now(), sessions_answered = sessions_answered + %(sessions)s
where alarm_id = %(alarm_id)s

-- name: list_alarms
-- Grain: one alarm, the last seen first.
select a.alarm_id, a.detector, d.title, a.subject, a.user_id, u.name as "user", k.name as api_key, a.first_seen, a.last_seen,
    a.count, d.counts, a.evidence, a.mode, a.answered_at, a.sessions_answered, a.state, a.acknowledged_at,
    by.name as acknowledged_by, a.reason
from detection.alarms as a
join detection.detectors as d using (detector)
left join access.users as u on u.user_id = a.user_id
left join access.users as by on by.user_id = a.acknowledged_by
left join access.api_keys as k on 'api-key:' || k.api_key_id = a.subject
where (%(state)s::text is null or a.state = %(state)s) and (%(alarm_id)s::integer is null or a.alarm_id = %(alarm_id)s)
order by a.last_seen desc, a.alarm_id desc
limit %(limit)s offset %(start)s

-- name: count_alarms
select count(*) as total from detection.alarms where %(state)s::text is null or state = %(state)s

-- name: acknowledge
update detection.alarms set state = 'acknowledged', acknowledged_at = now(), acknowledged_by = %(user_id)s, reason = %(reason)s
where alarm_id = %(alarm_id)s and state = 'open'

-- name: change_detector
update detection.detectors
set threshold = %(threshold)s, factor = %(factor)s, window_minutes = %(window_minutes)s, mode = %(mode)s, answer = %(answer)s,
    changed_at = now(), changed_by = %(user_id)s
where detector = %(detector)s

-- name: list_canaries
-- Grain: one canary customer.
select c.customer_id, c.marked_at, u.name as marked_by
from detection.canary_customers as c left join access.users as u on u.user_id = c.marked_by
order by c.customer_id

-- name: mark_canary
insert into detection.canary_customers (customer_id, marked_by)
select %(customer_id)s, %(user_id)s where not exists (
    select from detection.canary_customers
    where customer_id in (select identity.ids_of_customer(%(customer_id)s))
)

-- name: unmark_canary
-- Also an id that was merged into the customer.
delete from detection.canary_customers
where customer_id = %(customer_id)s or customer_id in (select identity.ids_of_customer(%(customer_id)s))

-- name: count_raised
-- Grain: one detector: how many alarms it has raised, open or acknowledged.
select detector, alarms from detection.count_alarms()
