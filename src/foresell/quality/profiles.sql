-- PostgreSQL: stored profiles of batches. Parameters of load_* are ADBC's ($1, $2), the others are bound by name.

-- name: load_source
select source from core.load_batches where batch_id = $1

-- name: load_earlier
-- Grain: one column of one of the last eight batches of this source and stream with enough rows, the newest first.
select p.batch_id, p.rows, c.column_name, c.empty, c.different, c.smallest, c.largest, c.middle, c.shortest, c.longest,
    c.mean_length, c.patterns::text as patterns, c.shares::text as shares, c.checked, c.invalid
from (
    select p.batch_id, p.stream, p.rows
    from quality.batch_profiles as p join core.load_batches as b using (batch_id)
    where b.source = $1 and p.stream = $2 and p.batch_id < $3 and b.state = 'loaded' and p.rows >= $4::integer
    order by p.batch_id desc limit 8
) as p
join quality.column_profiles as c using (batch_id, stream)
order by p.batch_id desc, c.position

-- name: load_save_profile
insert into quality.batch_profiles (batch_id, stream, rows, compared_with, differences)
values ($1::integer, $2, $3, array(select jsonb_array_elements_text($4::jsonb)::integer), $5::jsonb)

-- name: load_save_column
insert into quality.column_profiles (batch_id, stream, position, column_name, empty, different, smallest, largest, middle, shortest,
    longest, mean_length, patterns, shares, checked, invalid)
select $1::integer, $2, (c ->> 'position')::smallint, c ->> 'column_name', (c ->> 'empty')::bigint, (c ->> 'different')::bigint,
    c ->> 'smallest', c ->> 'largest', (c ->> 'middle')::double precision, (c ->> 'shortest')::integer, (c ->> 'longest')::integer,
    (c ->> 'mean_length')::double precision, c -> 'patterns', c -> 'shares', (c ->> 'checked')::integer, (c ->> 'invalid')::integer
from jsonb_array_elements($3::jsonb) as c

-- name: of_batch
-- Grain: one stream of a batch.
select p.stream, p.rows, p.compared_with, p.differences,
    (select jsonb_agg(to_jsonb(c) - array['batch_id', 'stream', 'position'] order by c.position)
        from quality.column_profiles as c where c.batch_id = p.batch_id and c.stream = p.stream) as columns
from quality.batch_profiles as p
where p.batch_id = %(batch_id)s order by p.stream

-- name: of_batches
-- Grain: one of these batches that has a profile: how many columns differ, and with how many batches it was compared.
select p.batch_id, max(cardinality(p.compared_with)) as compared_with,
    count(distinct (p.stream, d ->> 'column')) filter (where d is not null) as differing
from quality.batch_profiles as p left join lateral jsonb_array_elements(p.differences) as d on true
where p.batch_id = any(%(ids)s) group by p.batch_id
