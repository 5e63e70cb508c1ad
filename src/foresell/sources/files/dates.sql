-- Counts that decide the date format of a column. The names in braces are filled in by dates.py.

-- name: count_iso
-- One row: values, and values that are ISO dates or date-times. `1/2/20` would pass as the year 1, hence the bounds.
-- DuckDB takes PM for a time zone and would read `3:04 PM` as 03:04, hence the last condition.
select
    count({field}) as number_of_values,
    count(*) filter (
        try_cast({field} as timestamp) >= timestamp '1000-01-01' and try_cast({field} as timestamp) < timestamp '9999-01-01'
        and not {half_of_day}
    ) as iso
from mapped_rows

-- name: names_half_of_day
(suffix({field}, 'M') or suffix({field}, 'm') or suffix({field}, '.'))

-- name: list_date_values
-- One row per distinct value: how often it occurs and the first line it stands on. `text` is the value in a plain form;
-- the last columns are filled for values that written_dates.py has read.
create or replace temp table date_values as
select
    trim({field}::varchar) as value, value as text, count(*) as times, min(line) as line,
    null::integer as utc_offset, null::varchar as zone, null::boolean as coarse
from mapped_rows
where {field} is not null and trim({field}::varchar) <> ''
group by value

-- name: list_strange_values
-- The values that are neither ISO nor fit one of the formats.
select value
from date_values
where {fits} is null and (coalesce(year(try_cast(value as timestamp)) not between 1000 and 9998, true)
    or right(value, 1) in ('M', 'm', '.'))

-- name: rewrite_date_values
update date_values
set text = r.text, utc_offset = r.utc_offset, zone = r.zone, coarse = r.coarse
from values_read as r
where date_values.value = r.value

-- name: count_iso_texts
select coalesce(sum(times) filter (year(try_cast(text as timestamp)) between 1000 and 9998), 0)::bigint as iso from date_values

-- name: list_written_dates
-- One row per distinct value that the format of the column ({plain}) does not read but that is a date without doubt, or that
-- is moved to another time zone.
create or replace temp table written_dates_{field} as
with local as (
    select
        d.*, z.name as zone_name,
        coalesce(
            {read}, case when year(try_cast(text as timestamp)) between 1000 and 9998 then try_cast(text as timestamp) end, {named}
        ) as time
    from date_values as d
    left join pg_timezone_names() as z on lower(z.name) = d.zone
)
select
    value,
    case
        when {move} and utc_offset is not null then timezone('{zone}', timezone('UTC', time - to_seconds(utc_offset)))
        when {move} and zone_name is not null then timezone('{zone}', timezone(zone_name, time))
        else time
    end as read,
    line, times, coarse, zone is not null and zone_name is null as unknown_zone
from local
where time is not null and (coarse is not null or {plain} is null)

-- name: describe_written_dates
-- One row: values listed, other values that the format of the column reads, values that name only a month or week, values
-- with an unknown zone, the first value listed and the first with an unknown zone.
select
    coalesce(sum(times), 0)::bigint as listed,
    (select coalesce(sum(times), 0)::bigint from date_values where {plain} is not null and coarse is null) as plain,
    coalesce(sum(times) filter (coarse), 0)::bigint as coarse,
    coalesce(sum(times) filter (unknown_zone), 0)::bigint as unknown_zone,
    arg_min(value, line) as example,
    arg_min(value, line) filter (unknown_zone) as unknown_example
from written_dates_{field}

-- name: count_numeric
-- One row: values that can be Excel serial days (1955 ... 2119), Unix seconds and Unix milliseconds (1973 ... 2128).
select
    sum(times) filter (try_cast(replace(value, ',', '.') as double) between 20000 and 80000) as excel,
    sum(times) filter (try_cast(value as bigint) between 100000000 and 5000000000) as epoch,
    sum(times) filter (try_cast(value as bigint) between 100000000000 and 5000000000000) as epoch_ms
from date_values

-- name: compare_day_and_month
-- One row: values that can only be day-first or only month-first with the first of each, whether both readings always
-- agree, and whether the values are written with dots (with dots, the month never comes first).
with read as (
    select value, times, line, {dmy} as dmy, {mdy} as mdy from date_values
)
select
    coalesce(sum(times) filter (dmy is not null and mdy is null), 0)::bigint as only_day,
    coalesce(sum(times) filter (mdy is not null and dmy is null), 0)::bigint as only_month,
    arg_min(value, line) filter (dmy is not null and mdy is null) as day_example,
    min(line) filter (dmy is not null and mdy is null) as day_line,
    arg_min(value, line) filter (mdy is not null and dmy is null) as month_example,
    min(line) filter (mdy is not null and dmy is null) as month_line,
    coalesce(bool_and(dmy = mdy) filter (dmy is not null and mdy is not null), false) as alike,
    coalesce(bool_and(regexp_matches(value, '^\d{1,2}\.')) filter (dmy is not null and mdy is not null), false) as dotted
from read
