-- DuckDB: the profile of a staged batch (types.Staging). {table}, {column} and {step} are filled in with names from profile.py.

-- name: text
select count(*) as rows, count(*) - count({column}) as empty, approx_count_distinct({column}) as different, null::varchar as smallest,
    null::varchar as largest, null::double as middle, min(length({column})) as shortest, max(length({column})) as longest,
    avg(length({column})) as mean_length
from {table}

-- name: number
select count(*) as rows, count(*) - count({column}) as empty, approx_count_distinct({column}) as different,
    min({column})::varchar as smallest, max({column})::varchar as largest, approx_quantile({column}::double, 0.5) as middle,
    null::bigint as shortest, null::bigint as longest, null::double as mean_length
from {table}

-- name: day
-- middle: days from the first to the last, without the earliest and latest hundredth.
select count(*) as rows, count(*) - count({column}) as empty, approx_count_distinct({column}::date) as different,
    min({column})::date::varchar as smallest, max({column})::date::varchar as largest,
    (approx_quantile(epoch({column}::timestamp), 0.99) - approx_quantile(epoch({column}::timestamp), 0.01)) / 86400 as middle,
    null::bigint as shortest, null::bigint as longest, null::double as mean_length
from {table}

-- name: patterns
-- Shapes of a sample of the values: A capitals, a small letters, 9 digits, each once for a run; in other scripts a as well.
with shapes as (
    select regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        left({column}, 60), '\p{Lu}+', 'A', 'g'), '[\p{Ll}\p{Lo}\p{Lt}\p{Lm}]+', 'a', 'g'), '\d+', '9', 'g'), '\s+', ' ', 'g') as pattern
    from {table} where rowid % {step} = 0 and {column} is not null
)
select pattern, count(*) / sum(count(*)) over () as share from shapes group by 1 order by 2 desc, 1 limit 5

-- name: shares
-- Values of a column that describes no person; what fewer than five rows have is left out.
select {column} as value, count(*) / (select count(*) from {table}) as share
from {table} where {column} is not null group by 1 having count(*) >= 5 order by 2 desc, 1 limit 20

-- name: sample
select {column} as value, {country} as country from {table} where rowid % {step} = 0 and {column} is not null limit 2000

-- name: count
select count(*) as rows from {table}
