-- PostgreSQL: runs and the published one. Parameters are psycopg's, those of the publishing transaction ADBC's ($1).

-- name: take_lock
-- One refresh at a time; a session of its own holds the lock, so the end of the process releases it.
select pg_try_advisory_lock(hashtext('foresell refresh')) as taken

-- name: mark_interrupted
-- While this process holds the lock, no other process builds a run.
update runs set state = 'failed', error = 'interrupted' where state = 'building'

-- name: begin
insert into runs (as_of, state, rules_version, versions)
values ('epoch', 'building', (select max(rules_version) from segment_rules), %(versions)s)
returning run_id

-- name: fail
update runs set state = 'failed', error = %(error)s where run_id = %(run_id)s and state = 'building'

-- name: supersede
update runs set state = 'superseded' where state = 'published'

-- name: publish
update runs
set state = 'published', as_of = $2, snapshot_file = $3, customers_scored = $4, timings = $5::jsonb, published_at = now()
where run_id = $1

-- name: save_history
-- A replayed run of a past day: its scores and predictions are kept to be compared with what was observed; it is never
-- shown and has no snapshot.
update runs
set state = 'superseded', as_of = $2, customers_scored = $3, timings = $4::jsonb, published_at = null
where run_id = $1

-- name: point
insert into publication (run_id) values ($1) on conflict (one_row) do update set run_id = excluded.run_id

-- name: summarise_segments
insert into run_segments (run_id, segment, customers, monetary)
select run_id, segment, count(*), sum(monetary) from rfm_scores where run_id = $1 group by run_id, segment

-- name: published
select r.* from publication join runs as r using (run_id)

-- name: run
select * from runs where run_id = %(run_id)s

-- name: runs
-- A run without a day yet (building, failed) has null.
select run_id, nullif(as_of, 'epoch') as as_of, state, rules_version, snapshot_file, versions, timings, customers_scored,
    error, started_at, published_at
from runs order by run_id desc limit %(limit)s

-- name: before
-- The run that was published before this one and still has its snapshot.
select * from runs
where state = 'superseded' and snapshot_file is not null and run_id < %(run_id)s
order by run_id desc limit 1

-- name: withdraw
update runs set state = 'withdrawn' where run_id = %(run_id)s

-- name: republish
update runs set state = 'published' where run_id = %(run_id)s

-- name: repoint
update publication set run_id = %(run_id)s

-- name: clear_results
select clear_results()

-- name: prune
-- Beyond the newest %(keep)s: the last run of each calendar month keeps its scores, the others keep their totals only,
-- once their predictions for the next 30 days have been compared with what was observed.
with ranked as (
    select run_id, row_number() over (order by run_id desc) as age,
        row_number() over (partition by date_trunc('month', as_of) order by run_id desc) as in_month
    from runs where state in ('superseded', 'withdrawn')
),
old as (
    update runs set snapshot_file = null, state = case
        when in_month = 1 then state
        when exists (select from run_models as m where m.run_id = runs.run_id and m.task = 'purchase' and m.level <> 'off')
            and not exists (select from prediction_outcomes as g where g.run_id = runs.run_id and g.task = 'purchase') then state
        else 'pruned' end
    from ranked where ranked.run_id = runs.run_id and age > %(keep)s and runs.state <> 'pruned'
    returning runs.run_id, runs.state
),
scores as (delete from rfm_scores using old where old.run_id = rfm_scores.run_id and old.state = 'pruned'),
reasons as (delete from prediction_reasons using old where old.run_id = prediction_reasons.run_id and old.state = 'pruned')
delete from predictions using old where old.run_id = predictions.run_id and old.state = 'pruned'

-- name: kept_files
select snapshot_file from runs where snapshot_file is not null

-- name: line_classes
select class, lines, amount from run_line_classes where run_id = %(run_id)s order by class

-- name: segments
select segment, customers, monetary from run_segments where run_id = %(run_id)s

-- name: movement
-- Grain: one row per pair of segments, (from, to); 'not yet' and 'no longer': not scored in one of the runs.
select coalesce(a.segment, 'not yet') as segment_from, coalesce(b.segment, 'no longer') as segment_to, count(*) as customers
from (select customer_id, segment from rfm_scores where run_id = %(since)s) as a
full join (select customer_id, segment from rfm_scores where run_id = %(run_id)s) as b using (customer_id)
group by 1, 2
order by 3 desc, 1, 2
