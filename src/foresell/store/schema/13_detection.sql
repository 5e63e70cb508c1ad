-- Intrusion detection: what users and keys did lately, the detectors with their thresholds, and the alarms they raised.

create schema detection;
comment on schema detection is 'Intrusion detection. Written by the API (activity) and the worker (alarms), read by administrators.';
set search_path = detection;

create table activity (
    activity_id bigint primary key generated always as identity,
    at timestamptz not null,
    kind text not null check (kind in ('used', 'customer opened', 'customer missing', 'denied', 'sign-in refused')),
    user_id integer,
    session_id uuid,
    api_key_id integer,
    network cidr not null,
    account_hash bytea,
    customer_id text,
    count integer not null check (count > 0),
    actor text generated always as (coalesce('api-key:' || api_key_id::text, 'user:' || user_id::text)) stored
);
comment on table activity is 'One row per kind of request, session or API key, network and customer within two seconds; of kind used, per network and five minutes. user_id: of a refused sign-in, the account. account_hash: keyed hash of the e-mail entered. Kept for 30 days, the networks of API keys for 90.';
create index activity_kind on activity (kind, at);
create index activity_api_keys on activity (api_key_id, network, at) where api_key_id is not null;

create table detectors (
    detector text primary key,
    position integer not null unique,
    title text not null,
    finds text not null,
    counts text not null,
    threshold integer not null check (threshold between 1 and 1000000),
    factor integer check (factor between 1 and 100),
    window_minutes integer not null check (window_minutes between 1 and 1440),
    mode text not null default 'watch' check (mode in ('watch', 'answer', 'off')),
    can_answer boolean not null,
    answer text not null check (answer in ('record', 'step-up', 'end session') and (can_answer or answer = 'record')),
    changed_at timestamptz,
    changed_by integer references access.users,
    checked_until timestamptz,
    failing_since timestamptz
);
comment on table detectors is 'One row per detector. It raises an alarm at `threshold` of what it counts within window_minutes; factor: and above this multiple of what is usual. can_answer: its subject is who acts, so that an answer meets no one else. checked_until: up to when the worker has looked. failing_since: its query fails since then.';

create table alarms (
    alarm_id integer primary key generated always as identity,
    detector text not null references detectors,
    subject text not null,
    user_id integer references access.users,
    session_id uuid,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    count integer not null check (count > 0),
    evidence jsonb not null,
    mode text not null check (mode in ('watch', 'answer')),
    answered_at timestamptz,
    sessions_answered integer not null default 0,
    state text not null default 'open' check (state in ('open', 'acknowledged')),
    acknowledged_at timestamptz,
    acknowledged_by integer references access.users,
    reason text check (length(reason) between 1 and 500),
    check ((state = 'acknowledged') = (acknowledged_at is not null and reason is not null))
);
comment on table alarms is 'One row per detector and subject until it is acknowledged, then a new one. subject: user, session, API key, network or account hash. count: the most that was counted within the window. evidence: counts and ids only. sessions_answered: how many sessions were ended, or have to confirm a second factor again.';
create unique index alarms_open on alarms (detector, subject) where state = 'open';

create table canary_customers (
    customer_id text primary key,
    marked_by integer not null references access.users,
    marked_at timestamptz not null default now()
);
comment on table canary_customers is 'One row per customer that no one has a reason to open: opening it raises an alarm.';

create function count_alarms() returns table (detector text, alarms bigint)
language sql stable security definer
set search_path = detection, pg_temp
begin atomic
    select d.detector, count(a.alarm_id) from detectors as d left join alarms as a using (detector)
    where access.has_permission('status.read') group by d.detector;
end;
comment on function count_alarms is 'Grain: one detector, with how many alarms it ever raised; for the metrics. Needs status.read.';
revoke execute on function count_alarms() from public;
grant execute on function count_alarms() to foresell_web;

alter table activity enable row level security;
alter table detectors enable row level security;
alter table alarms enable row level security;
alter table canary_customers enable row level security;
create policy app on activity to foresell_app using (true);
create policy app on detectors to foresell_app using (true);
create policy app on alarms to foresell_app using (true);
create policy app on canary_customers to foresell_app using (true);
create policy add on activity for insert to foresell_web with check (true);
create policy audited on detectors for select to foresell_web using ((select access.has_permission('audit.read')));
create policy manage on detectors for update to foresell_web using ((select access.has_permission('users.manage')));
create policy audited on alarms for select to foresell_web using ((select access.has_permission('audit.read')));
create policy manage on alarms for update to foresell_web using ((select access.has_permission('users.manage')));
create policy audited on canary_customers for select to foresell_web using ((select access.has_permission('audit.read')));
create policy mark on canary_customers for insert to foresell_web
with check (marked_by = (select access.current_user_id()) and (select access.has_permission('users.manage')));
create policy unmark on canary_customers for delete to foresell_web using ((select access.has_permission('users.manage')));

grant usage on schema detection to foresell_app, foresell_web;
grant select, insert, delete on activity to foresell_app;
grant insert on activity to foresell_web;
grant select on detectors, alarms, canary_customers to foresell_app, foresell_web;
grant insert, update, delete on alarms to foresell_app;
grant update (threshold, factor, window_minutes, mode, answer, changed_at, changed_by) on detectors to foresell_web;
grant update (threshold, factor, window_minutes, mode, answer, changed_at, changed_by, checked_until, failing_since) on detectors to foresell_app;
grant update (state, acknowledged_at, acknowledged_by, reason) on alarms to foresell_web;
grant insert (customer_id, marked_by), delete on canary_customers to foresell_web;

insert into detectors (position, detector, title, finds, counts, threshold, factor, window_minutes, can_answer, answer) values
(1, 'password_spray', 'Password spraying', 'Failed sign-ins to many accounts from one network.', 'accounts', 10, null, 15, false, 'record'),
(2, 'account_guessing', 'Password guessing', 'Many failed sign-ins to one account.', 'failed sign-ins', 10, null, 15, false, 'record'),
(3, 'credential_stuffing', 'Credential stuffing', 'Failed sign-ins to many accounts from many networks.', 'accounts, and as many networks', 20, null, 60, false, 'record'),
(4, 'second_factor_guessing', 'Second factor guessing', 'Wrong second factors of one account, whose password is known already.', 'wrong second factors', 5, null, 15, false, 'record'),
(5, 'refresh_token_reuse', 'Copied session cookie', 'A refresh token was used twice. The session has ended already.', 'reuses', 1, null, 60, false, 'record'),
(6, 'session_in_two_places', 'Session in two places', 'One session goes back and forth between networks.', 'changes of network', 3, null, 10, true, 'end session'),
(7, 'api_key_from_new_network', 'API key from a new network', 'An API key in use for some days comes from a network it never came from.', 'days of earlier use', 1, null, 60, false, 'record'),
(8, 'permission_probing', 'Probing permissions', 'A user or key keeps asking for what their roles do not allow.', 'refused requests', 10, null, 5, true, 'step-up'),
(9, 'unknown_customers', 'Guessing customer numbers', 'A user or key asks for customers who do not exist or are not theirs.', 'customers', 20, null, 10, true, 'step-up'),
(10, 'customers_in_sequence', 'Customers opened in sequence', 'A user or key opens customers by number, one after the other.', 'customers with the next number', 25, null, 10, true, 'step-up'),
(11, 'many_customers', 'Many customers opened', 'A user or key opens more customers than a person reads.', 'customers', 300, null, 60, true, 'step-up'),
(12, 'many_reveals', 'Many contact details shown', 'A user shows far more contact details than on nearly all of their days (95 %).', 'customers', 21, 3, 1440, true, 'step-up'),
(13, 'mass_export', 'Unusually large export', 'A user exports far more rows than the median of their exports.', 'rows', 500, 5, 60, true, 'end session'),
(14, 'export_at_unusual_hour', 'Export at an unusual hour', 'A user exports at an hour of the day at which none of their exports was.', 'earlier exports', 10, null, 60, true, 'step-up'),
(15, 'canary_customer', 'Canary customer opened', 'A user opened a customer that no one has a reason to open.', 'times', 1, null, 60, true, 'end session'),
(16, 'audit_log_broken', 'Audit log changed', 'The audit log does not match its seals.', 'findings', 1, null, 60, false, 'record');
