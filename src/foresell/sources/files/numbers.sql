-- Counts that decide the number format of a column, and the macro that parses it. {field}, {codes}, {group}, {decimal} and {bare} are filled in by numbers.py.

-- name: count_evidence
-- One row: of the values that are not plain numbers, how many must have a decimal point, how many a decimal comma, how many
-- may have either, with an example; the thousands separator seen. Signs, codes and blanks around the digits are ignored.
with odd as (
    select replace(regexp_replace({field}, '^[^0-9.,]+|[^0-9.,]+$', '', 'g'), ' ', ' ') as x, {field} as value
    from mapped_rows
    where {field} is not null and try_cast({field} as decimal(18, 6)) is null
),
every as (
    select x, value from odd
    union all
    select {field}::varchar, null from (select {field} from mapped_rows where {field} is not null limit 0)
)
select
    count(*) filter (
        regexp_full_match(x, '\d{1,3}([, ''’]\d{2,3})+\.\d+|\d+\.\d{1,2}|\d+\.\d{4,}|\d{1,3}(,\d{3}){2,}|\d*\.\d+')
    ) as dot,
    count(*) filter (
        regexp_full_match(x, '\d{1,3}([. ''’]\d{3})+,\d+|\d+,\d{1,2}|\d{4,},\d+|\d+,\d{4,}|,\d+|\d{1,3}(\.\d{3}){2,}')
    ) as comma,
    count(*) filter (regexp_full_match(x, '\d{1,3},\d{3}')) as either,
    min(value) filter (regexp_full_match(x, '\d{1,3},\d{3}')) as example,
    mode(regexp_extract(x, '^\d{1,3}([., ''’])\d{3}([., ''’]|$)', 1)) filter (
        regexp_matches(x, '^\d{1,3}([., ''’])\d{3}([., ''’]|$)')
    ) as thousands
from every

-- name: count_currencies
-- One row per currency sign or code written with the numbers, the most frequent first.
select sign, count(*) as values
from (
    select coalesce(
        nullif(regexp_extract(upper({field}), '\b({codes})\b'), ''), nullif(regexp_extract({field}, 'R\$|zł|\p{Sc}'), '')
    ) as sign
    from mapped_rows
    where {field} is not null
)
where sign is not null
group by sign
order by values desc, sign

-- name: create_number_macro
-- The number, or null: in the column's currency, grouped or not, minus sign before or after, or (brackets).
create or replace temp macro to_number_{field}(x) as (
    case
        when regexp_full_match(
            regexp_replace(
                trim({bare}, '-+−() ' || chr(9) || chr(160)),
                '[   ''’]', '{group}', 'g'
            ),
            '\d+([{decimal}]\d*)?|[{decimal}]\d+|\d{1,3}([{group}]\d{2,3})*[{group}]\d{3}([{decimal}]\d*)?'
        )
        then try_cast(
            (case when regexp_matches(x, '^[^\d]*[-−(]|[-−]\s*$') then '-' else '' end)
            || replace(regexp_replace(x, '[^\d{decimal}]', '', 'g'), '{decimal}', '.')
            as decimal(18, 6)
        )
        else try_cast(case when '{decimal}' = '.' then x end as decimal(18, 6))
    end
)
