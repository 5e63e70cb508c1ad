-- From one cell with all items of an order to a line for each (item_lines.py). The parameters are patterns of the mapping.

-- name: read_items
-- One row per item of a staged line; `is_whole` where every item of its cell has a product and a quantity.
create or replace temp table packed_items as
with cells as (
    select s.line, string_split(regexp_replace(r.{column}::varchar, $separator, $between, 'g'), chr(31)) as pieces
    from staged_lines as s join raw_rows as r using (line)
    where trim(r.{column}::varchar) <> ''
),
pieces as (
    select line, generate_subscripts(pieces, 1) as position, trim(unnest(pieces)) as piece from cells
),
items as (
    select
        line, position,
        unescape_html(nullif(trim(regexp_extract(piece, $product_name::varchar, 1)), '')) as product_name,
        nullif(trim(regexp_extract(piece, $sku::varchar, 1)), '') as sku,
        try_cast(regexp_extract(piece, $quantity, 1) as decimal(14, 3)) as quantity,
        try_cast(regexp_extract(piece, $amount::varchar, 1) as decimal(18, 4)) as amount
    from pieces
    where piece <> ''
)
select *, bool_and(coalesce(sku, product_name) is not null and coalesce(quantity, 0) > 0) over (partition by line) as is_whole
from items

-- name: count_unread
select count(distinct line) from packed_items where not is_whole

-- name: split_amounts
-- One row per item: its part of the line's amount, in proportion to the amounts of the items where all have one, else to
-- their quantities; what rounding leaves over goes to the largest.
create or replace temp table item_parts as
with weighed as (
    select
        p.*, s.amount as total,
        case when count(p.amount) over items = count(*) over items and sum(p.amount) over items > 0 then p.amount else p.quantity end as weight
    from packed_items as p join staged_lines as s using (line)
    window items as (partition by line)
),
parts as (
    select *, round(total * weight / sum(weight) over (partition by line), 2)::decimal(18, 4) as part from weighed
)
select
    s.line, p.position, s.order_key, s.customer_key, s.ordered_at, s.status, coalesce(p.sku, p.product_name) as sku,
    p.quantity * case when s.quantity < 0 then -1 else 1 end as quantity,
    p.part + case
        when row_number() over (partition by p.line order by p.weight desc, p.position) = 1 then p.total - sum(p.part) over (partition by p.line)
        else 0
    end as amount,
    s.country, s.currency
from parts as p join staged_lines as s using (line)

-- name: insert_lines
-- The first item keeps the line of the file; the `line` of the others lies past the file's last line.
insert into staged_lines
with numbered as (
    select *, row_number() over (partition by line order by position) as place from item_parts
)
select
    case when place = 1 then line else (select max(line) from raw_rows) + row_number() over (partition by place = 1 order by line, position) end,
    order_key, customer_key, ordered_at, status, sku, quantity, amount / quantity, amount, country, currency
from numbered
