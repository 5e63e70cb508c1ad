-- Counts that decide the date format of a column. {field}, {dmy} and {mdy} are filled in by dates.py.

-- name: count_iso
-- One row: values, and values that are ISO dates or date-times. `1/2/20` would pass as the year 1, hence the bounds.
select
    count({field}) as number_of_values,
    count(*) filter (
        try_cast({field} as timestamp) >= timestamp '1000-01-01' and try_cast({field} as timestamp) < timestamp '9999-01-01'
    ) as iso
from mapped_rows

-- name: list_date_values
-- One row per distinct value: how often it occurs and the first line it stands on.
create or replace temp table date_values as
select trim({field}::varchar) as value, count(*) as times, min(line) as line
from mapped_rows
where {field} is not null and trim({field}::varchar) <> ''
group by value

-- name: count_numeric
-- One row: values that can be Excel serial days (1955 ... 2119), Unix seconds and Unix milliseconds (1973 ... 2128).
select
    sum(times) filter (try_cast(value as double) between 20000 and 80000) as excel,
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
    coalesce(bool_and(contains(value, '.')) filter (dmy is not null and mdy is not null), false) as dotted
from read
