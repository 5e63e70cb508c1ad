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
        then
            case
                when contains(x::varchar, '@') then lower(clean(x))
                when contains(lower(x::varchar), 'e') and regexp_full_match(x::varchar, '\s*\d\.\d+[eE]\+?\d{1,2}\s*') then x::varchar::double::bigint::varchar
                else clean_key(x)
            end
    end

-- name: unescape_html
create or replace temp macro unescape_html(x) as
    case
        when contains(x, '&') and contains(x, ';')
        then replace(replace(replace(replace(replace(replace(
            x, '&quot;', '"'), '&#39;', chr(39)), '&apos;', chr(39)), '&lt;', '<'), '&gt;', '>'), '&amp;', '&')
        else x
    end

-- name: status_word
-- A word of a status or type column without case, punctuation at its ends and the prefix of WooCommerce.
create or replace temp macro status_word(x) as regexp_replace(lower(trim(x)), '^(wc-|[^\p{L}\p{N}]+)|[^\p{L}\p{N}]+$', '', 'g')

-- name: is_remark
create or replace temp macro is_remark(x) as
    x = lower(x) or contains(x, '?') or not regexp_matches(x, '\p{L}')
    or regexp_matches(
        x, '(?i)^\W*(damage|check|found|missing|adjust|amazon|dotcom|ebay|wrong|lost|sold as|wet|smashed|thrown|unsaleable'
        || '|given away|mailout|no stock|counted|crushed|broken|mouldy|faulty|test$|temp$|incorrect)'
    )
