-- PostgreSQL: the statements of a load. Parameters are ADBC's ($1, $2).

-- name: take_lock
-- One load at a time; the transaction's end releases the lock.
select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken

-- name: same_file
-- A batch of exactly this file with the same mapping that is not undone.
select batch_id from load_batches
where source = $1 and file_sha256 = $2 and mapping = $3::jsonb and state = 'loaded'
order by batch_id desc limit 1

-- name: open_batch
-- Inserted first because the batch's rows refer to it; close_batch adds the counts before commit.
insert into load_batches (source, format, record_type, file_name, file_bytes, file_sha256, mapping)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)
returning batch_id

-- name: currency_of_an_order
-- The currency of any stored order; no row when there is no order.
select coalesce(currency, 'unknown') as currency from orders limit 1

-- name: knows_orders
-- Whether the store has any order of this source; if not, there is nothing to compare with. The next two are alike.
select exists (select from orders where source = $1) as known

-- name: knows_customer_records
select exists (select from customer_records where source = $1) as known

-- name: knows_products
select exists (select from products where source = $1) as known

-- name: drop_wanted
-- The temporary table of the keys to read.
drop table if exists wanted

-- name: existing_orders
-- Orders of the source among the wanted keys.
select o.order_id, o.order_key, r.source_key as customer_key, o.ordered_at, o.status, o.country, o.currency
from orders as o
join wanted on wanted.key = o.order_key
left join customer_records as r using (record_id)
where o.source = $1

-- name: existing_items
-- Lines of those orders.
select o.order_key, p.sku, i.quantity::text as quantity, i.unit_price::text as unit_price, i.amount::text as amount
from orders as o
join wanted on wanted.key = o.order_key
join order_items as i using (order_id)
join products as p using (product_id)
where o.source = $1

-- name: existing_customer_records
-- Customer records of the source among the wanted keys.
select r.record_id, r.source_key, r.customer_id, r.name, r.city, r.region, r.postcode, r.country, r.signup_date
from customer_records as r join wanted on wanted.key = r.source_key where r.source = $1

-- name: existing_contacts
-- Their sealed contact data (null where only the text of a review is sealed), with the data keys that open it; no rows unless $2.
select r.record_id, r.source_key, r.contact, k.kek_id, k.wrapped_key
from customer_records as r
join wanted on wanted.key = r.source_key
join privacy.data_keys as k using (record_id)
where r.source = $1 and $2::boolean

-- name: erased
-- Keyed hashes of the erased records of this source.
select source_key_hash from privacy.erased_records where source = $1

-- name: current_key
select max(kek_id) from privacy.key_encryption_keys where retired_at is null

-- name: create_key
insert into privacy.key_encryption_keys default values returning kek_id

-- name: existing_products
-- Products of the source among the wanted keys.
select p.product_id, p.sku, p.name, p.category, p.category_derived, p.kind, p.list_price::text as list_price
from products as p join wanted on wanted.key = p.sku where p.source = $1

-- name: reserve_ids
-- Reserves a block of $2 ids under the load's lock; returns the number before the first.
select setval($1::regclass, nextval($1::regclass) + $2 - 1) - $2 as base

-- name: keep_old_customer_records
insert into superseded_rows (batch_id, table_name, row_id, old_row)
select $1, 'customer_records', r.record_id, to_jsonb(r) - 'search'
from customer_records as r join changed_customer_records using (record_id)

-- name: change_customer_records
update customer_records as r
set name = c.name, city = c.city, region = c.region, postcode = c.postcode, country = c.country,
    signup_date = c.signup_date, batch_id = $1, contact = coalesce(c.contact, r.contact),
    email_index = case when c.contact is null then r.email_index else c.email_index end,
    phone_index = case when c.contact is null then r.phone_index else c.phone_index end
from changed_customer_records as c where c.record_id = r.record_id

-- name: keep_old_products
insert into superseded_rows (batch_id, table_name, row_id, old_row)
select $1, 'products', p.product_id, to_jsonb(p)
from products as p join changed_products using (product_id)

-- name: change_products
update products as p
set name = c.name, category = c.category, category_derived = c.category_derived, kind = c.kind,
    list_price = c.list_price, batch_id = $1
from changed_products as c where c.product_id = p.product_id

-- name: keep_old_orders
insert into superseded_rows (batch_id, table_name, row_id, old_row)
select $1, 'orders', o.order_id, to_jsonb(o) || jsonb_build_object('items', (
    select coalesce(jsonb_agg(to_jsonb(i) order by i.line_no), '[]') from order_items as i where i.order_id = o.order_id))
from orders as o join changed_orders using (order_id)

-- name: clear_changed_items
delete from order_items as i using changed_orders as c where c.order_id = i.order_id

-- name: change_orders
update orders as o
set record_id = c.record_id, ordered_at = c.ordered_at, status = c.status, country = coalesce(c.country, o.country),
    currency = coalesce(c.currency, o.currency), batch_id = $1
from changed_orders as c where c.order_id = o.order_id

-- name: collect_gone
-- Orders of the source that are not among the wanted keys.
create temporary table gone_orders on commit drop as
select o.order_id, o.order_key from orders as o
where o.source = $1 and o.status <> 'cancelled' and not exists (select from wanted where wanted.key = o.order_key)

-- name: gone_keys
select order_key from gone_orders order by order_key

-- name: count_orders
select count(*) as orders from orders where source = $1 and status <> 'cancelled'

-- name: keep_gone
insert into superseded_rows (batch_id, table_name, row_id, old_row)
select $1, 'orders', o.order_id, to_jsonb(o) || jsonb_build_object('items', (
    select coalesce(jsonb_agg(to_jsonb(i) order by i.line_no), '[]') from order_items as i where i.order_id = o.order_id))
from orders as o join gone_orders using (order_id)

-- name: cancel_gone
update orders as o set status = 'cancelled', batch_id = $1 from gone_orders as g where g.order_id = o.order_id

-- name: close_batch
-- What the load did, in the same transaction as the rows.
update load_batches
set lines_read = $2, lines_loaded = $3, lines_unchanged = $4, lines_rejected = $5, orders_new = $6, orders_replaced = $7,
    customers_new = $8, customers_changed = $9, products_new = $10, products_changed = $11
where batch_id = $1
