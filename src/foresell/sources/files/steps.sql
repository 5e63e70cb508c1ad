-- The steps from `mapped_rows` (fields as the file writes them) to the four staged tables. The macros they call are created per
-- load from the mapping and the detected number and date formats (see typed_view.py).

-- name: stage_lines
-- One row per row of `mapped_rows`; values that could not be parsed are null, which `find_incomplete_lines` detects.
create or replace table staged_lines as
with read as (
    select
        line,
        order_key,
        customer_of(customer_key) as customer_key,
        to_time_ordered_at(ordered_at) as ordered_at,
        status_of(order_key, status, type, returned) as status,
        sku_of(sku, product_name) as sku,
        try_cast(quantity_of(quantity) as decimal(14, 3)) as quantity,
        try_cast(to_number_unit_price(unit_price) as decimal(14, 4)) as price,
        try_cast(to_number_amount(amount) as decimal(18, 4)) as money,
        try_cast(to_number_discount(discount) as decimal(18, 4)) as discount,
        try_cast(to_number_tax(tax) as decimal(18, 4)) as tax,
        try_cast(to_number_shipping(shipping) as decimal(18, 4)) as shipping,
        country,
        currency
    from mapped_rows
)
select
    line,
    order_of(order_key, customer_key, ordered_at) as order_key,
    customer_key,
    ordered_at,
    status,
    sku,
    quantity,
    price_of(quantity, price, money)::decimal(14, 4) as unit_price,
    amount_of(quantity, price, money, discount, tax, shipping)::decimal(18, 4) as amount,
    country_of(country) as country,
    currency_of(currency) as currency
from read

-- name: complete_unsold_lines
-- Cancelled orders are often written without quantity or price; they count for nothing.
update staged_lines
set quantity = coalesce(quantity, 0), unit_price = coalesce(unit_price, 0), amount = coalesce(amount, 0)
where status in ('cancelled', 'left_out') and (quantity is null or unit_price is null or amount is null)

-- name: find_incomplete_lines
-- One row per line without a required value.
create or replace temp table incomplete_lines as
select line
from staged_lines
where order_key is null or ordered_at is null or sku is null or quantity is null or unit_price is null or amount is null

-- name: find_problems
-- One row per problem of an incomplete line; a totals row is one problem, however many values it lacks.
create or replace temp table problems as
with bad as (
    select c.*, {totals} as totals, s.order_key as staged_order, s.sku as staged_sku, s.quantity as staged_quantity,
        s.unit_price as staged_price, s.amount as staged_amount, s.ordered_at as staged_time
    from mapped_rows as c
    join staged_lines as s using (line)
    where line in (select line from incomplete_lines)
),
read as (
    select *, totals and staged_time is null as is_total from bad
)
select line, 'ordered_at' as field, ordered_at::varchar as value,
    case
        when is_total then 'totals row'
        when ordered_at is null then 'no date'
        when parse_time_ordered_at(ordered_at) is null then date_fault_ordered_at(ordered_at, $dates)
        when parse_time_ordered_at(ordered_at) < timestamp '1900-01-01' then 'date before 1900'
        else 'date after ' || $last_day
    end as reason
from read where staged_time is null
union all
select line, 'order_key', order_key, 'no order number' from read where not is_total and staged_order is null and staged_time is not null
union all
select line, 'sku', sku, 'no product code' from read where not is_total and staged_sku is null
union all
select line, 'quantity', quantity::varchar, number_fault_quantity(quantity::varchar, 'no quantity')
from read where not is_total and staged_quantity is null
union all
select line, 'unit_price', unit_price::varchar, number_fault_unit_price(unit_price::varchar, 'no price')
from read where not is_total and staged_quantity is not null and has_price() and staged_price is null
union all
select line, 'amount', amount::varchar, number_fault_amount(amount::varchar, 'no amount')
from read
where not is_total and staged_quantity is not null and staged_amount is null and not (has_price() and staged_price is null)

-- name: find_unreadable_discounts
-- One row per discount, tax or shipping that is no number: what the line brings is not known.
create or replace temp table problems as
select m.line, f.field, f.value, 'not a number in the format of this column' as reason
from mapped_rows as m
cross join lateral (values
    ('discount', m.discount::varchar, to_number_discount(m.discount) is null and not contains(m.discount::varchar, '%')),
    ('tax', m.tax::varchar, to_number_tax(m.tax) is null),
    ('shipping', m.shipping::varchar, to_number_shipping(m.shipping) is null)
) as f (field, value, is_bad)
where f.value is not null and trim(f.value) <> '' and f.is_bad and m.line in (select line from staged_lines)

-- name: find_two_customers
-- One row per line of an order with two customers: it is not known whose order it is.
create or replace temp table problems as
select line, 'customer_key' as field, customer_key as value, 'the order has two customers' as reason
from staged_lines
where order_key in (
    select order_key from staged_lines group by order_key having min(customer_key) <> max(customer_key)
)

-- name: hold_back_orders
-- One row per readable line of an order with an unreadable one: a part of an order never replaces the whole.
create or replace temp table problems as
with bad as (
    select m.order_key, min(r.line) as line
    from staged_rejects as r join mapped_rows as m on m.line = r.line
    where r.column_name is not null and m.order_key is not null
    group by 1
)
select s.line, 'order_key' as field, s.order_key as value, 'line ' || bad.line || ' of the same order was rejected' as reason
from staged_lines as s join bad using (order_key)

-- name: take_out_totals
insert into left_out select distinct line, 'layout', 'total' from staged_rejects where reason = 'totals row'

-- name: take_out_footers
-- Notes under the table: after a blank line below the last order line, without order number, date and any number.
insert into left_out
with below as (
    select distinct r.line
    from staged_rejects as r join mapped_rows as m using (line)
    where r.line > (select max(line) from staged_lines) and r.line not in (select line from left_out)
        and m.order_key is null and to_time_ordered_at(m.ordered_at) is null
        and coalesce(m.quantity::varchar, m.unit_price::varchar, m.amount::varchar) is null
)
select line, 'layout', 'footer' from below
where (select min(line) from staged_rejects where line > (select max(line) from staged_lines))
    > (select max(line) from staged_lines) + 1

-- name: compare_totals
-- One row per total row with a readable amount that is neither the sum of all lines above it nor of those since the total
-- or heading before it.
with totals as (
    select line, to_number_amount(amount) as stated from total_texts
    union
    select m.line, to_number_amount(m.amount)
    from mapped_rows as m join left_out as l on l.line = m.line and l.reason = 'total'
),
bounds as (
    select t.line, t.stated, coalesce(max(l.line), 0) as above
    from totals as t left join left_out as l on l.kind = 'layout' and l.reason in ('total', 'heading') and l.line < t.line
    where t.stated is not null
    group by all
),
running as (
    select line, sum(amount) over (order by line) as amount from staged_lines
),
sums as (
    select b.line, b.stated, coalesce(every.amount, 0) as every,
        coalesce(every.amount, 0) - coalesce(before.amount, 0) as since
    from bounds as b
    asof left join running as every on b.line > every.line
    asof left join running as before on b.above > before.line
)
select line, stated::double, every::double from sums
where abs(stated - every) > 0.01 and abs(stated - since) > 0.01
order by line

-- name: insert_rejects
-- Problems become rejects, with the column's header as the file has it.
insert into staged_rejects
select $file, p.line, coalesce(m.header, p.field), left(p.value, 200), p.reason
from problems as p
left join field_headers as m using (field)
order by p.line, p.field

-- name: rejected_orders
-- Grain: an order with a rejected row; null where it is not known which order that is.
create or replace table staged_rejected_orders as
select distinct m.order_key from staged_rejects as r left join mapped_rows as m on m.line = r.line

-- name: insert_extra_lines
-- One row per order and extra money column (freight): the sum over its lines. Their `line` lies past the file's last line.
insert into staged_lines
with sums as (
    select s.order_key, min(s.line) as first_line, min(s.customer_key) as customer_key, min(s.ordered_at) as ordered_at,
        min(s.status) as status, min(s.country) as country, min(s.currency) as currency,
        sum(to_number_{extra}(c.{extra}))::decimal(14, 4) as amount
    from staged_lines as s
    join mapped_rows as c using (line)
    group by s.order_key
)
select
    (select max(line) from staged_lines) + row_number() over (order by first_line),
    order_key, customer_key, ordered_at, status, $sku, 1, amount, amount, country, currency
from sums
where amount <> 0

-- name: stage_products
-- One row per sku. Its name is the most frequent description; a stock remark (`damaged?`, `check`) is used only
-- without a better one. A category the file does not state is derived from the words of the name.
create or replace table staged_products as
with described as (
    select sku_of(sku, product_name) as sku, product_name, category, count(*) as times
    from mapped_rows
    group by all{packed}
),
known as (
    select d.* from described as d semi join staged_lines using (sku)
),
named as (
    select
        sku,
        first(product_name order by is_remark(product_name), times desc, product_name)
            filter (product_name is not null and lower(product_name) <> 'nan') as name,
        first(category order by times desc, category) filter (category is not null) as category
    from known
    group by sku
),
words as (
    select sku, unnest(string_split_regex(upper(name), '[^\p{L}\d]+')) as word from named where category is null
),
guessed as (
    select w.sku, arg_min(k.category, k.position) as category
    from words as w
    join category_words as k on w.word = k.word
    group by w.sku
)
select
    sku,
    coalesce(n.name, sku) as name,
    coalesce(n.category, g.category, 'Other') as category,
    n.category is null as category_derived,
    case when is_non_product(sku) then 'non_product' else 'product' end as kind,
    null::decimal(14, 4) as list_price
from named as n
left join guessed as g using (sku)
order by sku

-- name: insert_extra_product
insert into staged_products values ($sku, $name, 'Other', true, 'non_product', null)

-- name: merge_catalogue
-- A separate product table takes precedence over the lines.
create or replace table staged_products as
with catalogue as (
    select {sku} as sku, first(product_name order by line) as name, first(category order by line) as category,
        first(try_cast(to_number_list_price(list_price) as decimal(14, 4)) order by line) as list_price,
        first(lower(kind) order by line) as kind
    from {table}
    where {sku} is not null
    group by 1
),
merged as (
    select
        sku, coalesce(c.name, s.name, sku) as name, coalesce(c.category, s.category) as stated, s.category_derived,
        c.category is null and coalesce(s.category_derived, true) as category_derived_now,
        coalesce(case when c.kind in ('product', 'non_product') then c.kind end, s.kind) as kind, c.list_price
    from catalogue as c
    full join staged_products as s using (sku)
),
words as (
    select sku, unnest(string_split_regex(upper(name), '[^\p{L}\d]+')) as word from merged where stated is null
),
guessed as (
    select w.sku, arg_min(k.category, k.position) as category
    from words as w
    join category_words as k on w.word = k.word
    group by w.sku
)
select
    sku, name, coalesce(stated, g.category, 'Other') as category, category_derived_now as category_derived,
    coalesce(kind, case when is_non_product(sku) then 'non_product' else 'product' end) as kind, list_price
from merged
left join guessed as g using (sku)
order by sku

-- name: stage_customers
-- One row per customer on the lines. The country is the most frequent one.
create or replace table staged_customers as
with places as (
    select customer_key, country, count(*) as times, max(line) as last_line
    from staged_lines where customer_key is not null group by all
)
select
    customer_key,
    null::varchar as name, null::varchar as email, null::varchar as phone, null::varchar as address,
    null::varchar as city, null::varchar as region, null::varchar as postcode,
    max(struct_pack(times := times, country := country)) filter (country is not null).country as country,
    null::date as signup_date,
    struct_pack(
        name := null::bigint, email := null::bigint, phone := null::bigint, address := null::bigint, city := null::bigint,
        region := null::bigint, postcode := null::bigint,
        country := max(struct_pack(times := times, country := country, last_line := last_line)) filter (country is not null).last_line,
        signup_date := null::bigint) as lines
from places
group by customer_key
order by customer_key

-- name: merge_customers
-- Customer data on the lines or in a separate table: the last line with a value is used.
create or replace table staged_customers as
with described as (
    select {key} as customer_key, {last}
    from {table}
    where {key} is not null and ({keep_all} or {key} in (select customer_key from staged_customers))
    group by 1
)
select
    customer_key,
    coalesce(d.name, s.name) as name, coalesce(d.email, s.email) as email, coalesce(d.phone, s.phone) as phone,
    coalesce(d.address, s.address) as address, coalesce(d.city, s.city) as city, coalesce(d.region, s.region) as region,
    coalesce(d.postcode, s.postcode) as postcode, coalesce({country}, s.country) as country,
    coalesce(d.signup_date, s.signup_date) as signup_date,
    struct_pack(
        name := d.lines.name, email := d.lines.email, phone := d.lines.phone, address := d.lines.address, city := d.lines.city,
        region := d.lines.region, postcode := d.lines.postcode, country := coalesce(d.lines.country, s.lines.country),
        signup_date := d.lines.signup_date) as lines
from described as d
full join staged_customers as s using (customer_key)
order by customer_key
