-- PostgreSQL: directory entries and their comparison keys. Parameters are psycopg's (%(directory)s).

-- name: take_lock
-- The lock that loads take.
select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken

-- name: add_load
insert into enrichment.directory_loads (directory, file_name, file_sha256, is_made_up)
values (%(directory)s, %(file_name)s, %(file_sha256)s, %(is_made_up)s) returning load_id

-- name: close_load
update enrichment.directory_loads set entries = %(entries)s, rejected = %(rejected)s, removed = %(removed)s where load_id = %(load_id)s

-- name: make_table
create temporary table new_entries (
    directory text, entry_key text, name text, details jsonb, origin text, licence text, attribution text, fetched_at timestamptz,
    retention_until date, load_id integer
) on commit drop

-- name: make_keys
create temporary table new_keys (key bigint, directory text, entry_key text) on commit drop

-- name: copy_entries
copy new_entries from stdin

-- name: copy_keys
copy new_keys from stdin

-- name: save
-- The last of several rows with the same key stays. into: entries or osm_entries.
insert into {into}
select distinct on (entry_key) * from new_entries order by entry_key, name
on conflict (directory, entry_key) do update
set name = excluded.name, details = excluded.details, origin = excluded.origin, licence = excluded.licence,
    attribution = excluded.attribution, fetched_at = excluded.fetched_at, retention_until = excluded.retention_until,
    load_id = excluded.load_id

-- name: forget_keys
delete from enrichment.entry_keys where directory = %(directory)s and (
    entry_key in (select entry_key from new_entries) or %(whole)s)

-- name: save_keys
insert into enrichment.entry_keys (key, directory, entry_key) select distinct * from new_keys

-- name: remove_gone
-- Entries that a file with everything does not have any more. into: entries or osm_entries.
delete from {into} where directory = %(directory)s and load_id <> %(load_id)s

-- name: delete_expired
with gone as (delete from enrichment.entries where retention_until < %(today)s returning directory, entry_key),
gone_osm as (delete from enrichment.osm_entries where retention_until < %(today)s returning directory, entry_key)
delete from enrichment.entry_keys as k using (select * from gone union all select * from gone_osm) as g
where k.directory = g.directory and k.entry_key = g.entry_key

-- name: loads
-- Grain: one load, the newest first.
select l.load_id, l.directory, l.file_name, l.entries, l.rejected, l.removed, l.loaded_at, l.is_made_up,
    (select count(*) from enrichment.all_entries as e where e.load_id = l.load_id) as held,
    (select string_agg(distinct e.licence, '; ') from enrichment.all_entries as e where e.load_id = l.load_id) as licences
from enrichment.directory_loads as l order by l.load_id desc limit %(limit)s

-- name: count
select count(*) as entries from enrichment.all_entries

-- name: candidates
-- Grain: one key of these with the entries that have it; a key of more than `most` entries says nothing.
select k.key, array_agg(k.directory || ' ' || k.entry_key) as entries
from enrichment.entry_keys as k where k.key = any(%(keys)s)
group by k.key having count(*) <= %(most)s

-- name: entries
-- Grain: one entry of these (each written as directory, space, key).
select e.directory, e.entry_key, e.name, e.details, e.origin, e.licence, e.attribution, e.fetched_at, l.is_made_up
from unnest(%(ids)s::text[]) as w (id)
join enrichment.all_entries as e on e.directory = split_part(w.id, ' ', 1) and e.entry_key = substr(w.id, strpos(w.id, ' ') + 1)
join enrichment.directory_loads as l using (load_id)
