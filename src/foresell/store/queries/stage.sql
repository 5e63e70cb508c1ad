-- DuckDB: the changes of one load, computed next to the staged source before anything is written. Parameters are bound by
-- name ($name).

-- name: staged_orders
-- One row per order of the file. An order with any line not cancelled is not cancelled.
create or replace temp table staged_orders as
select
    order_key,
    min(line) as first_line,
    count(*) as lines,
    min(customer_key) as customer_key,
    min(ordered_at) as ordered_at,
    max(status) as status,
    min(country) as country,
    min(currency) as currency
from staged_lines
group by order_key

-- name: orders_keys
-- The keys to look up in the store, none unless $known; customer_records_keys and products_keys are alike.
select order_key as key from staged_orders where $known

-- name: present_orders
-- The orders that the file has, be it with rows that were rejected.
select order_key as key from staged_orders
union
select order_key from staged_rejected_orders where order_key is not null

-- name: rejected_of_no_order
select count(*) from staged_rejected_orders where order_key is null

-- name: customer_records_keys
select customer_key as key from staged_customers where $known

-- name: products_keys
select sku as key from staged_products where $known

-- name: customer_keys
select customer_key from staged_customers

-- name: count_lines
select count(*) from staged_lines

-- name: compare_orders
-- One row per order of the file that the store has already, and whether anything in it differs.
-- Lines are compared as a multiset: another order of rows in a newer export changes nothing.
create or replace temp table compared_orders as
with staged as (
    select
        l.order_key,
        string_agg(concat_ws('|', l.sku, l.quantity, l.unit_price, l.amount), '~'
            order by l.sku, l.quantity, l.unit_price, l.amount) as content
    from staged_lines as l
    semi join existing_orders using (order_key)
    group by l.order_key
),
existing as (
    select
        order_key,
        string_agg(concat_ws('|', sku, quantity::decimal(14, 3), unit_price::decimal(14, 4), amount::decimal(18, 4)), '~'
            order by sku, quantity::decimal(14, 3), unit_price::decimal(14, 4), amount::decimal(18, 4)) as content
    from existing_items
    group by order_key
)
select
    e.order_id,
    e.order_key,
    s.content is distinct from x.content
    or (o.customer_key, o.ordered_at, o.status) is distinct from (e.customer_key, e.ordered_at, e.status)
    or coalesce(o.country, e.country) is distinct from e.country
    or coalesce(o.currency, e.currency) is distinct from e.currency as changed
from existing_orders as e
join staged_orders as o using (order_key)
join staged as s using (order_key)
left join existing as x using (order_key)

-- name: hide_erased_customers
-- Erased customers stay erased: the file's fields about them are cleared, and a pseudonym is in place of their key.
update staged_customers
set customer_key = e.pseudonym, name = null, email = null, phone = null, address = null, city = null, region = null,
    postcode = null
from (select unnest($keys) as key, unnest($pseudonyms) as pseudonym) as e where e.key = customer_key

-- name: hide_erased_lines
update staged_lines set customer_key = e.pseudonym
from (select unnest($keys) as key, unnest($pseudonyms) as pseudonym) as e where e.key = customer_key

-- name: staged_currencies
-- The currencies of orders that the store does not have.
select list(distinct coalesce(currency, 'unknown') order by 1) from staged_orders anti join existing_orders using (order_key)

-- name: has_contacts
-- Whether the file has any e-mail address, phone number or address.
select count(*) > 0 from staged_customers where coalesce(email, phone, address) is not null

-- name: planned_customers
-- One row per customer of the file: new, changed or neither. A field that the file does not have keeps its stored value.
create or replace temp table planned_customers as
select
    s.customer_key,
    e.record_id,
    e.customer_id,
    coalesce(s.name, e.name) as name,
    coalesce(s.email, c.email) as email,
    coalesce(s.phone, c.phone) as phone,
    coalesce(s.address, c.address) as address,
    coalesce(s.city, e.city) as city,
    coalesce(s.region, e.region) as region,
    coalesce(s.postcode, e.postcode) as postcode,
    coalesce(s.country, e.country) as country,
    coalesce(s.signup_date, e.signup_date) as signup_date,
    coalesce(s.email, c.email) is distinct from c.email
        or coalesce(s.phone, c.phone) is distinct from c.phone
        or coalesce(s.address, c.address) is distinct from c.address as contact_changed,
    e.record_id is null as is_new,
    e.record_id is not null and (
        coalesce(s.name, e.name) is distinct from e.name
        or contact_changed
        or coalesce(s.city, e.city) is distinct from e.city
        or coalesce(s.region, e.region) is distinct from e.region
        or coalesce(s.postcode, e.postcode) is distinct from e.postcode
        or coalesce(s.country, e.country) is distinct from e.country
        or coalesce(s.signup_date, e.signup_date) is distinct from e.signup_date
    ) as is_changed
from staged_customers as s
left join existing_customer_records as e on e.source_key = s.customer_key
left join existing_contacts as c on c.record_id = e.record_id

-- name: planned_products
-- One row per product of the file. What was only derived from order lines (a category, that something is a product)
-- never replaces what a product list stated.
create or replace temp table planned_products as
with merged as (
    select
        s.sku,
        e.product_id,
        coalesce(s.name, e.name) as name,
        case when s.category_derived and not coalesce(e.category_derived, true) then e.category
            else coalesce(s.category, e.category, 'Uncategorised') end as category,
        s.category_derived and coalesce(e.category_derived, true) as category_derived,
        case when s.category_derived and e.kind = 'non_product' then e.kind else s.kind end as kind,
        coalesce(s.list_price, e.list_price::decimal(14, 4)) as list_price,
        e.name as old_name,
        e.category as old_category,
        e.category_derived as old_derived,
        e.kind as old_kind,
        e.list_price::decimal(14, 4) as old_price
    from staged_products as s
    left join existing_products as e using (sku)
)
select
    sku, product_id, name, category, category_derived, kind, list_price,
    product_id is null as is_new,
    product_id is not null and (
        name is distinct from old_name
        or category is distinct from old_category
        or category_derived is distinct from old_derived
        or kind is distinct from old_kind
        or list_price is distinct from old_price
    ) as is_changed
from merged

-- name: counts
-- How many rows will be written, to reserve ids and for the row of the batch.
select
    (select count(*) from planned_customers where is_new) as customers_new,
    (select count(*) from planned_customers where is_changed) as customers_changed,
    (select count(*) from planned_products where is_new) as products_new,
    (select count(*) from planned_products where is_changed) as products_changed,
    (select count(*) from staged_orders anti join compared_orders using (order_key)) as orders_new,
    (select count(*) from compared_orders where changed) as orders_replaced,
    (select coalesce(sum(o.lines), 0) from staged_orders as o join compared_orders as c using (order_key)
        where not c.changed) as lines_unchanged

-- name: number_customers
-- Ids for new records, in the order of their keys.
create or replace temp table record_ids as
select customer_key, record_id from planned_customers where not is_new
union all
select customer_key, $record_base + row_number() over (order by customer_key)
from planned_customers where is_new

-- name: number_products
-- Ids for new products, in the order of their codes.
create or replace temp table product_ids as
select sku, product_id from planned_products where not is_new
union all
select sku, ($product_base + row_number() over (order by sku))::integer
from planned_products where is_new

-- name: number_orders
-- Ids for new orders, in the order of the file, so that the lines go into the index at its end; changed ones keep theirs.
create or replace temp table order_ids as
select o.*, $order_base + row_number() over (order by o.first_line) as order_id, true as is_new
from staged_orders as o
anti join compared_orders using (order_key)
union all
select o.*, c.order_id, false
from staged_orders as o
join compared_orders as c using (order_key)
where c.changed

-- name: contacts_to_seal
-- Records with new or changed contact data, in plain text, with their data key if they have one.
select i.record_id, p.customer_key as source_key, p.email, p.phone, p.address, k.kek_id, k.wrapped_key
from planned_customers as p
join record_ids as i using (customer_key)
left join existing_keys as k on k.record_id = i.record_id
where p.contact_changed
order by i.record_id

-- name: new_data_keys
-- Rows for privacy.data_keys.
select record_id, kek_id, wrapped_key from sealed_contacts where is_new_key

-- name: new_customers
-- Rows for customers: one new customer per new record, until identity resolution merges them.
select printf('C%06d', $customer_base + row_number() over (order by customer_key)) as customer_id
from planned_customers where is_new

-- name: new_customer_records
-- Rows for customer_records.
select
    i.record_id,
    $source as source,
    p.customer_key as source_key,
    printf('C%06d', $customer_base + row_number() over (order by p.customer_key)) as customer_id,
    p.name, p.city, p.region, p.postcode, p.country, p.signup_date,
    $batch_id::integer as batch_id,
    c.contact, c.email_index, c.phone_index
from planned_customers as p
join record_ids as i using (customer_key)
left join sealed_contacts as c on c.record_id = i.record_id
where p.is_new
order by i.record_id

-- name: changed_customer_records
-- Existing records with the values they will have; without new contact data they keep what they have.
select p.record_id, p.name, p.city, p.region, p.postcode, p.country, p.signup_date,
    c.contact, c.email_index, c.phone_index
from planned_customers as p
left join sealed_contacts as c using (record_id)
where p.is_changed

-- name: new_products
-- Rows for products.
select
    i.product_id, $source as source, p.sku, p.name, p.category, p.category_derived, p.kind, p.list_price,
    $batch_id::integer as batch_id
from planned_products as p
join product_ids as i using (sku)
where p.is_new
order by i.product_id

-- name: changed_products
-- Existing products with the values they will have.
select product_id, name, category, category_derived, kind, list_price
from planned_products where is_changed

-- name: new_orders
-- Rows for orders.
select
    o.order_id, $source as source, o.order_key, r.record_id, o.ordered_at, o.status, o.country, o.currency,
    $batch_id::integer as batch_id
from order_ids as o
left join record_ids as r using (customer_key)
where o.is_new
order by o.order_id

-- name: changed_orders
-- Existing orders with the values they will have.
select o.order_id, r.record_id, o.ordered_at, o.status, o.country, o.currency
from order_ids as o
left join record_ids as r using (customer_key)
where not o.is_new

-- name: new_items
-- Rows for order_items of new and changed orders.
select
    o.order_id, (l.line - o.first_line + 1)::integer as line_no, p.product_id, l.quantity, l.unit_price, l.amount
from staged_lines as l
join order_ids as o using (order_key)
join product_ids as p using (sku)

-- name: add_customer_lines
-- Only readers of files say on which line each value of a customer stands.
alter table staged_customers add column if not exists lines struct(
    name bigint, email bigint, phone bigint, address bigint, city bigint, region bigint, postcode bigint, country bigint,
    signup_date bigint)

-- name: add_row_places
create table if not exists row_places (first_line bigint, last_line bigint, file varchar, before bigint)

-- name: new_value_origins
-- Rows for quality.value_origins: of each new or changed record, the fields that this batch brought or changed.
with brought as (
    select
        i.record_id,
        [
            s.name is not null and s.name is distinct from e.name,
            s.email is not null and s.email is distinct from c.email,
            s.phone is not null and s.phone is distinct from c.phone,
            s.address is not null and s.address is distinct from c.address,
            s.city is not null and s.city is distinct from e.city,
            s.region is not null and s.region is distinct from e.region,
            s.postcode is not null and s.postcode is distinct from e.postcode,
            s.country is not null and s.country is distinct from e.country,
            s.signup_date is not null and s.signup_date is distinct from e.signup_date
        ] as is_brought,
        [s.lines.name, s.lines.email, s.lines.phone, s.lines.address, s.lines.city, s.lines.region, s.lines.postcode,
            s.lines.country, s.lines.signup_date] as all_lines
    from planned_customers as p
    join staged_customers as s using (customer_key)
    join record_ids as i using (customer_key)
    left join existing_customer_records as e on e.record_id = p.record_id
    left join existing_contacts as c on c.record_id = p.record_id
    where p.is_new or p.is_changed
),
placed as (
    select record_id, list_sum([b::integer << (n - 1)::integer for b, n in is_brought])::smallint as fields,
        [if(b, all_lines[n], null) for b, n in is_brought] as lines
    from brought
)
select record_id, $batch_id::integer as batch_id, fields,
    case when list_unique(lines) = 1 then list_max(lines) end as line,
    case when list_unique(lines) > 1 then lines end as lines
from placed where fields > 0
order by record_id

-- name: new_batch_parts
-- Rows for quality.batch_parts.
select distinct on (first_line) $batch_id::integer as batch_id, first_line, last_line, file, before
from row_places order by first_line
