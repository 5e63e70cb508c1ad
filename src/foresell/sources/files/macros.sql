-- How cells become fields, the same for every file. In keys, `12346.0` is a float of Excel or pandas; leading zeros are kept.

-- name: clean
-- Only for files with tabs, no-break spaces or (Parquet, SQLite) NUL bytes, which PostgreSQL does not store: trimming a set
-- of characters takes ten times as long as trimming spaces.
create or replace temp macro clean(x) as nullif(trim(replace(x::varchar, chr(0), ''), ' ' || chr(9) || chr(10) || chr(13) || chr(160)), '')

-- name: clean_plain
create or replace temp macro clean(x) as nullif(trim(x::varchar), '')

-- name: clean_key
create or replace temp macro clean_key(x) as
    case when contains(x::varchar, '.0') then regexp_replace(clean(x), '^(\d+)\.0$', '\1') else clean(x) end

-- name: clean_customer_key
-- Not written as NOT IN: from six words on DuckDB turns that into a join that every query of `mapped_rows` pays for.
create or replace temp macro clean_customer_key(x) as
    case
        when x is not null and not contains('|nan|null|none|n/a|#n/a|<na>|', '|' || lower(trim(x::varchar)) || '|')
        then clean_key(x)
    end

-- name: is_remark
create or replace temp macro is_remark(x) as
    x = lower(x) or contains(x, '?') or not regexp_matches(x, '\p{L}')
    or regexp_matches(
        x, '(?i)^\W*(damage|check|found|missing|adjust|amazon|dotcom|ebay|wrong|lost|sold as|wet|smashed|thrown|unsaleable'
        || '|given away|mailout|no stock|counted|crushed|broken|mouldy|faulty|test$|temp$|incorrect)'
    )

-- name: number_fault
create or replace temp macro number_fault(x, blank) as
    case
        when x is null or trim(x) = '' then blank
        when contains(x, '%') then 'percentage, not an amount'
        when lower(trim(x, ' +-')) in ('nan', 'inf', 'infinity') then 'not a finite number'
        when try_cast(x as double) is not null then 'number too large'
        when regexp_matches(x, '\p{Sc}') then 'in another currency than the rest of the column, or not a number'
        else 'not a number in the format of this column'
    end
