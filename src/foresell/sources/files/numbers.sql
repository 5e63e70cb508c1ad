-- Counts that decide the number format of a column, and the macros that parse it. The names in braces are filled in by
-- numbers.py. `find_sign` is the currency sign or code in a text, or null.

-- name: count_plain
-- One quick scan, one row: values that are not plain numbers, values with a point, and those of them whose point has three
-- digits after it, as a thousands separator has.
select
    count({field}) - count(try_cast({field} as decimal(18, 6))) as odd,
    count(*) filter (contains({field}, '.')) as dotted,
    count(*) filter (contains({field}, '.') and substr({field}, -4, 1) = '.') as grouped
from mapped_rows

-- name: count_evidence
-- One row: how many values must have a decimal point, how many a decimal comma, how many may have either, with an example;
-- the thousands separator seen. Signs, codes and blanks around the digits are ignored.
with every as (
    select regexp_replace(regexp_replace({field}, '^[^0-9.,]+|[^0-9.,]+$|[.,][-–—]+\s*$', '', 'g'), '[\x{a0}\x{2009}\x{202f}]', ' ', 'g') as x, {field} as value
    from mapped_rows
    where {field} is not null and regexp_matches({field}, '[.,]|\d[ ''’\x{a0}\x{2009}\x{202f}]\d')
)
select
    count(*) filter (
        regexp_full_match(x, '\d{1,3}([, ''’]\d{2,3})+\.\d+|\d+\.\d{1,2}|\d+\.\d{4,}|\d{4,}\.\d+|0\d*\.\d+|\.\d+|\d{1,3}(,\d{3}){2,}|\d{1,2}(,\d{2})+,\d{3}')
    ) as dot,
    count(*) filter (
        regexp_full_match(x, '\d{1,3}([. ''’]\d{3})+,\d+|\d+,\d{1,2}|\d+,\d{4,}|\d{4,},\d+|0\d*,\d+|,\d+|\d{1,3}(\.\d{3}){2,}')
    ) as comma,
    count(*) filter (regexp_full_match(x, '[1-9]\d{0,2}[.,]\d{3}')) as either,
    min(value) filter (regexp_full_match(x, '[1-9]\d{0,2}[.,]\d{3}')) as example,
    mode(regexp_extract(x, '^\d{1,3}([., ''’])\d{3}([., ''’]|$)', 1)) filter (
        regexp_matches(x, '^\d{1,3}([., ''’])\d{3}([., ''’]|$)')
    ) as thousands
from every

-- name: count_currencies
-- One row per currency sign or code written with the numbers, the most frequent first.
select sign, count(*) as values
from (select {sign} as sign from mapped_rows where {field} is not null)
where sign is not null
group by sign
order by values desc, sign

-- name: find_sign
coalesce(
    nullif(regexp_extract(upper({x}), '(?:^|[^A-Z])({codes})(?:[^A-Z]|$)', 1), ''),
    nullif(regexp_extract({x}, '{signs}'), '')
)

-- name: create_number_macro
-- The number, or null: in the column's currency, grouped or not, with one minus sign before or after it or in brackets. A
-- dash after the mark (`12.-`) stands for no cents, a dash with a currency sign or with the blanks of a spreadsheet (` -   `)
-- for zero.
create or replace temp macro to_number_{field}(x) as (
    case
        when regexp_full_match({bare}, '{shape}')
        then try_cast(
            (case when regexp_matches({bare}, '^\s*[-−–(]|[-−–]\s*$') then '-' else '' end)
            || replace(regexp_replace({bare}, '[^\d{decimal}]', '', 'g'), '{decimal}', '.')
            as decimal(18, 6)
        )
        when regexp_full_match({bare}, '\s*[-–—]\s*') and (regexp_matches(x, '[-–—]\s{2,}$') or {sign} is not null) then 0
        else try_cast(case when '{decimal}' = '.' then x end as decimal(18, 6))
    end
)

-- name: create_fault_macro
-- Why a value is no number of this column.
create or replace temp macro number_fault_{field}(x, blank) as (
    case
        when x is null or trim(x) = '' then blank
        when contains(x, '%') then 'percentage, not an amount'
        when {sign} is not null and not ({own}) then
            'in ' || coalesce({code}, {sign}) || ', not in {currency} like the rest of the column'
        when lower(trim(x, ' +-')) in ('nan', 'inf', 'infinity') then 'not a finite number'
        when regexp_matches({bare}, '(?i)\d\s*(k|m|b|bn|mn|mio|mrd|tsd|tys|thousand|million)\.?\s*$')
        then 'shortened number: write it in full, without k or m'
        when regexp_full_match({bare}, '\s*[-–—]\s*') then 'a dash, not a number'
        when regexp_full_match({bare}, '{other_shape}') and not regexp_full_match({bare}, '{shape}')
        then 'decimal mark differs from the rest of the column'
        when try_cast(x as double) is not null or regexp_full_match({bare}, '{shape}') then 'number too large'
        else 'not a number in the format of this column'
    end
)
