-- PostgreSQL: connected sources, their syncs and what they sent. Parameters are psycopg's, except under load_*, which are
-- ADBC's ($1, $2).

-- name: connect
insert into sources.connections (kind, source, settings, every_seconds, created_by, is_imitation)
values (%(kind)s, %(source)s, %(settings)s, %(every_seconds)s, %(created_by)s, %(is_imitation)s)
on conflict (source) where removed_at is null do nothing
returning connection_id

-- name: connections
-- Grain: one connected source, with its last sync that ended and how much it has brought.
select
    c.connection_id, c.kind, c.source, c.settings, c.is_imitation, c.every_seconds, c.state, c.reason, c.remedy, c.failures,
    c.next_at, c.created_at, c.secret_at, running.sync_id as running_sync_id,
    last.sync_id as last_sync_id, last.state as last_state, last.finished_at as last_finished_at,
    last.records as last_records, last.changed as last_changed, last.deleted as last_deleted, last.error as last_error,
    (select max(s.finished_at) from sources.syncs as s where s.connection_id = c.connection_id and s.state = 'done')
        as read_until,
    brought.customers, brought.orders,
    (select coalesce(sum(s.requests), 0) from sources.syncs as s
        where s.connection_id = c.connection_id and s.started_at >= date_trunc('month', now())) as requests_this_month,
    (select count(*) from sources.held_changes as h where h.connection_id = c.connection_id and h.state = 'open') as held
from sources.connections as c
cross join lateral sources.count_brought(c.source) as brought
left join sources.syncs as running on running.connection_id = c.connection_id and running.state = 'running'
left join lateral (
    select * from sources.syncs as s where s.connection_id = c.connection_id and s.state <> 'running'
    order by s.sync_id desc limit 1
) as last on true
where c.removed_at is null and (%(source)s::text is null or c.source = %(source)s)
order by c.source

-- name: connection
select connection_id, kind, source, settings, secret, is_imitation, every_seconds, state, failures, next_at, throttled_since
from sources.connections where connection_id = %(connection_id)s and removed_at is null

-- name: lock_secret
-- One process at a time replaces the tokens, or the key that they are sealed with.
select secret from sources.connections where connection_id = %(connection_id)s for update

-- name: secret
select secret from sources.connections where connection_id = %(connection_id)s

-- name: save_secret
update sources.connections set secret = %(secret)s, secret_at = clock_timestamp() where connection_id = %(connection_id)s

-- name: save_settings
update sources.connections set settings = %(settings)s where connection_id = %(connection_id)s

-- name: change
-- The state that a person sets: due or paused.
update sources.connections
set state = %(state)s, reason = null, remedy = null, failures = 0, next_at = now(), throttled_since = null
where connection_id = %(connection_id)s
returning connection_id

-- name: need_sign_in
update sources.connections set state = 'needs you', reason = 'authentication', remedy = 'Sign in to it.'
where connection_id = %(connection_id)s

-- name: remove
-- What it sent is forgotten; what was loaded stays, as do its syncs.
with dropped as (delete from sources.documents where connection_id = %(connection_id)s),
cursors as (delete from sources.streams where connection_id = %(connection_id)s),
outdated as (
    update sources.held_changes set state = 'outdated' where connection_id = %(connection_id)s and state = 'open'
)
update sources.connections
set removed_at = now(), secret = null, state = 'paused' where connection_id = %(connection_id)s
returning source

-- name: sign_in_ended
-- Sources whose sign-in has ended wait for a person from this moment on, before a call is made.
update sources.connections set state = 'needs you', reason = 'authentication', remedy = 'The sign-in has ended. Sign in to it again.'
where removed_at is null and state in ('due', 'throttled') and (settings ->> 'signed_in_until')::timestamptz <= now()

-- name: due
-- Asks for the syncs that are due. Returns the connections asked for. A folder is read on when it needs a person: one of its files
-- may be wrong, and a drive that was away comes back by itself.
select connection_id from sources.connections
where removed_at is null and next_at <= now()
    and (state in ('due', 'throttled') or (kind = 'folder' and state = 'needs you'))
    and sources.ask_for_sync(connection_id) is not null

-- name: wake
-- A source that says it has news, or whose folder changed, is due now; where it is being read, again after that.
update sources.connections set next_at = clock_timestamp()
where connection_id = %(connection_id)s and (state = 'due' or (kind = 'folder' and state = 'needs you'))
    and (next_at > now() or exists (
        select from sources.syncs as s where s.connection_id = connections.connection_id and s.state = 'running'))

-- name: folders
select connection_id, settings ->> 'path' as path from sources.connections
where kind = 'folder' and removed_at is null and state in ('due', 'needs you')

-- name: needs_refresh
-- Requests a refresh when a sync brought something since the last run began, not more often than every ten minutes.
with requested as (
    insert into jobs.jobs (kind, requested_by, arguments)
    select 'refresh', null, '{}'
    where exists (
        select from sources.syncs as s
        where s.state = 'done' and cardinality(s.batch_ids) > 0
            and s.finished_at > coalesce((select max(r.started_at) from core.runs as r), '-infinity'))
        and not exists (select from core.runs as r where r.started_at > now() - make_interval(secs => %(seconds)s))
    on conflict do nothing returning job_id
)
select jobs.enqueue_job(job_id) from requested

-- name: take_lock
-- Held by the session that reads this source: one at a time, and released when its process ends.
select pg_try_advisory_lock(hashtextextended('sources.connections', %(connection_id)s)) as taken

-- name: release_lock
select pg_advisory_unlock(hashtextextended('sources.connections', %(connection_id)s))

-- name: close_lost
-- Syncs whose process ended.
update sources.syncs set state = 'failed', finished_at = clock_timestamp(), error = 'Its process ended.',
    remedy = 'What it had read is kept; the next sync goes on from there.'
where connection_id = %(connection_id)s and state = 'running'

-- name: open_sync
insert into sources.syncs (connection_id, job_id) values (%(connection_id)s, %(job_id)s) returning sync_id

-- name: cursor
select cursor from sources.streams where connection_id = %(connection_id)s and stream = %(stream)s

-- name: forget_cursors
-- The next reading begins anew.
delete from sources.streams where connection_id = %(connection_id)s

-- name: forget_cursor
delete from sources.streams where connection_id = %(connection_id)s and stream = %(stream)s

-- name: forget_versions
-- Every record that is received counts as changed, such as after its load was undone.
update sources.documents set version = '' where connection_id = %(connection_id)s

-- name: save_cursor
insert into sources.streams (connection_id, stream, cursor, read_at)
values (%(connection_id)s, %(stream)s, %(cursor)s, case when %(ended)s then clock_timestamp() end)
on conflict (connection_id, stream) do update
set cursor = excluded.cursor, read_at = coalesce(excluded.read_at, streams.read_at)

-- name: arrivals
create temporary table arrivals (
    key text, version text, updated_at timestamptz, fetched_at timestamptz, origin text, document bytea
) on commit drop

-- name: copy_arrivals
copy arrivals (key, version, updated_at, fetched_at, origin, document) from stdin

-- name: land
-- New and changed records wait to be loaded. One that is older than what is held changes nothing; of one record that came
-- twice in a page the newest counts. Returns how many are new or changed.
with newest as (
    select distinct on (key) * from arrivals order by key, updated_at desc nulls last
),
landed as (
    insert into sources.documents as d
        (connection_id, stream, key, version, updated_at, fetched_at, origin, document, state, sync_id)
    select %(connection_id)s, %(stream)s, key, version, updated_at, fetched_at, origin, document, 'pending', %(sync_id)s
    from newest
    on conflict (connection_id, stream, key) do update
    set version = excluded.version, updated_at = excluded.updated_at, fetched_at = excluded.fetched_at,
        origin = excluded.origin, document = excluded.document, state = 'pending', deleted_at = null, problem = null,
        sync_id = excluded.sync_id, missed = 0
    where (d.version <> excluded.version or d.deleted_at is not null)
        and (d.updated_at is null or excluded.updated_at is null or excluded.updated_at >= d.updated_at)
        and not (d.deleted_at is not null and d.version = excluded.version and d.deleted_at > excluded.fetched_at)
    returning key
),
seen as (
    update sources.documents as d set sync_id = %(sync_id)s, missed = 0
    from newest as n
    where d.connection_id = %(connection_id)s and d.stream = %(stream)s and d.key = n.key and d.sync_id <> %(sync_id)s
        and n.key not in (select key from landed)
)
select count(*) as changed from landed

-- name: delete_keys
-- Records that the source says are deleted.
update sources.documents set deleted_at = clock_timestamp(), state = 'pending', sync_id = %(sync_id)s
where connection_id = %(connection_id)s and stream = %(stream)s and key = any (%(keys)s) and deleted_at is null

-- name: add_to_sync
update sources.syncs
set pages = pages + 1, records = records + %(records)s, changed = changed + %(changed)s, deleted = deleted + %(deleted)s
where sync_id = %(sync_id)s

-- name: erased
-- Keyed hashes of the erased records of a source.
select source_key_hash from privacy.erased_records where source = %(source)s

-- name: remember_erased
insert into privacy.erased_records (source, source_key_hash) values (%(source)s, %(digest)s) on conflict do nothing

-- name: records_of_customer
-- The records of a customer that connected sources have brought, with the connection.
select c.connection_id, c.kind, r.source, r.source_key
from core.customer_records as r
join sources.connections as c on c.source = r.source and c.removed_at is null
where r.customer_id = identity.current_customer(%(customer_id)s)

-- name: kept_documents
select stream, key, document from sources.documents
where connection_id = %(connection_id)s and document is not null
order by stream, key

-- name: delete_document
delete from sources.documents where connection_id = %(connection_id)s and stream = %(stream)s and key = %(key)s

-- name: change_document
update sources.documents set document = %(document)s
where connection_id = %(connection_id)s and stream = %(stream)s and key = %(key)s

-- name: sealed_connections
-- Grain: one source with something sealed, also one that was removed.
select connection_id, source from sources.connections as c
where secret is not null
    or exists (select from sources.documents as d where d.connection_id = c.connection_id and d.document is not null)
order by connection_id

-- name: seal_secret
update sources.connections set secret = %(secret)s where connection_id = %(connection_id)s

-- name: documents_to_seal
select stream, key, document from sources.documents
where connection_id = %(connection_id)s and document is not null
    and get_byte(document, 0) * 256 + get_byte(document, 1) <> %(key_number)s
limit %(limit)s

-- name: needed_keys
-- Grain: one key that something is sealed with.
select get_byte(secret, 0) * 256 + get_byte(secret, 1) as key_number from sources.connections where secret is not null
union
select get_byte(document, 0) * 256 + get_byte(document, 1) from sources.documents where document is not null

-- name: held_records
-- How many records of a stream are held, and how many of them this reading has not received.
select count(*) as held, count(*) filter (where sync_id <> %(sync_id)s) as unseen
from sources.documents
where connection_id = %(connection_id)s and stream = %(stream)s and deleted_at is null

-- name: count_listing
-- missed: how many complete listings in a row did not have a record.
update sources.documents set missed = case when sync_id = %(sync_id)s then 0 else least(missed + 1, 100) end
where connection_id = %(connection_id)s and stream = %(stream)s and deleted_at is null and (sync_id <> %(sync_id)s or missed > 0)

-- name: unseen_keys
select key from sources.documents
where connection_id = %(connection_id)s and stream = %(stream)s and deleted_at is null and missed >= %(listings)s
order by key

-- name: hold
-- A newer reading replaces the question of an older one.
with older as (
    update sources.held_changes set state = 'outdated'
    where connection_id = %(connection_id)s and stream = %(stream)s and state = 'open' and fingerprint <> %(fingerprint)s
)
insert into sources.held_changes (connection_id, sync_id, stream, gone, held, keys, fingerprint)
select %(connection_id)s, %(sync_id)s, %(stream)s, %(gone)s, %(held)s, %(keys)s, %(fingerprint)s
where not exists (
    select from sources.held_changes
    where connection_id = %(connection_id)s and stream = %(stream)s and state = 'open' and fingerprint = %(fingerprint)s)

-- name: close_older_questions
update sources.held_changes set state = 'outdated'
where connection_id = %(connection_id)s and stream = %(stream)s and state = 'open'

-- name: decision
-- What a person decided about exactly these rows.
select state from sources.held_changes
where connection_id = %(connection_id)s and stream = %(stream)s and fingerprint = %(fingerprint)s
    and state in ('accepted', 'refused')
order by held_id desc limit 1

-- name: held_changes
select h.held_id, h.connection_id, c.source, h.stream, h.gone, h.held, h.keys, h.state, h.opened_at, h.decided_at,
    case when h.decided_by is not null then jsonb_build_object('user_id', h.decided_by, 'name', u.name) end as decided_by
from sources.held_changes as h
join sources.connections as c using (connection_id)
left join access.users as u on u.user_id = h.decided_by
where (%(source)s::text is null or c.source = %(source)s) and (not %(only_open)s or h.state = 'open')
order by h.held_id desc limit 100

-- name: decide
update sources.held_changes set state = %(state)s, decided_at = now(), decided_by = %(decided_by)s
where held_id = %(held_id)s and state = 'open'
returning connection_id

-- name: pending
-- Grain: one record to be loaded, with what is held of it.
select stream, key, document, fetched_at, deleted_at is not null as deleted
from sources.documents
where connection_id = %(connection_id)s and state = 'pending'
order by stream, key

-- name: reject
update sources.documents as d set state = 'rejected', problem = p.problem
from unnest(%(streams)s::text[], %(keys)s::text[], %(problems)s::text[]) as p (stream, key, problem)
where d.connection_id = %(connection_id)s and d.stream = p.stream and d.key = p.key

-- name: load_done
-- In the transaction of the load: what was pending is loaded. Records about people are kept without their content.
update sources.documents
set state = 'loaded', batch_id = $2, problem = null,
    document = case when stream = any (string_to_array($3, ',')) then null else document end
where connection_id = $1 and state = 'pending'

-- name: settle_pending
-- Pending records of which nothing was to be loaded.
update sources.documents
set state = 'loaded', document = case when stream = any (%(without_content)s) then null else document end
where connection_id = %(connection_id)s and state = 'pending'

-- name: revenue_by_month
-- Net revenue of a source by month of the order, as it is held.
select to_char(o.ordered_at, 'YYYY-MM') as month, sum(i.amount) as revenue
from core.orders as o join core.order_items as i using (order_id)
where o.source = %(source)s and o.status <> 'cancelled'
group by 1 order by 1

-- name: finish_sync
update sources.syncs
set state = %(state)s, finished_at = clock_timestamp(), records = %(records)s, changed = %(changed)s, deleted = %(deleted)s,
    requests = %(requests)s, retries = %(retries)s,
    batch_ids = %(batch_ids)s, warnings = %(warnings)s, mismatches = %(mismatches)s,
    totals_compared = %(totals_compared)s, error = %(error)s, remedy = %(remedy)s
where sync_id = %(sync_id)s

-- name: finish_connection
-- A person may have paused or removed it meanwhile, and it may have been woken since this reading began.
update sources.connections as c
set state = case when c.state = 'paused' then c.state else %(state)s end, reason = %(reason)s, remedy = %(remedy)s,
    failures = case when %(failed)s then failures + 1 else 0 end,
    throttled_since = case when %(over_quota)s then coalesce(throttled_since, clock_timestamp()) end,
    next_at = least(
        clock_timestamp() + make_interval(secs => coalesce(%(wait)s, every_seconds)),
        case when %(state)s <> 'throttled' and next_at > s.started_at then next_at end)
from sources.syncs as s
where c.connection_id = %(connection_id)s and s.sync_id = %(sync_id)s

-- name: syncs
select s.sync_id, s.started_at, s.finished_at, s.state, s.pages, s.records, s.changed, s.deleted, s.requests, s.retries,
    s.batch_ids, s.warnings, s.mismatches, s.totals_compared, s.error, s.remedy
from sources.syncs as s join sources.connections as c using (connection_id)
where c.source = %(source)s and c.removed_at is null
order by s.sync_id desc limit %(limit)s

-- name: forget_old
-- Syncs that brought nothing are kept for seven days, others for two years.
delete from sources.syncs as s
where s.finished_at < now() - case when s.changed + s.deleted = 0 and cardinality(s.batch_ids) = 0 and s.state = 'done'
    then interval '7 days' else interval '2 years' end
    and not exists (select from sources.documents as d where d.sync_id = s.sync_id)
    and not exists (select from sources.held_changes as h where h.sync_id = s.sync_id)
