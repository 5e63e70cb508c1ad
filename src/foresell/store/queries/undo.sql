-- PostgreSQL: lists batches and undoes one. Parameters are psycopg's (%(batch)s).

-- name: batches
select * from load_batches order by batch_id desc limit %(limit)s

-- name: first_sample_batches
-- Grain: one source of the sample data: its first loaded batch. Contact data is of a source of its own.
select min(batch_id) as batch_id from load_batches
where state = 'loaded' and source ~ '^demo-[0-9]+-[0-9]+(-crm)?$'
group by source order by 1 desc

-- name: take_lock
-- The lock that loads take, for the transaction.
select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken

-- name: lock_moves
-- No merge or split while records are deleted.
select identity.lock_moves()

-- name: batch
select * from load_batches where batch_id = %(batch)s

-- name: later_batches
-- Batches of the same source loaded after this one; they may depend on it, so they are undone first.
select later.batch_id from load_batches as later
join load_batches as this on this.source = later.source
where this.batch_id = %(batch)s and later.batch_id > this.batch_id and later.state = 'loaded'
order by later.batch_id desc

-- name: drop_items
delete from order_items as i using orders as o where o.order_id = i.order_id and o.batch_id = %(batch)s

-- name: restore_orders
update orders as o
set record_id = was.record_id, ordered_at = was.ordered_at, status = was.status, country = was.country,
    currency = was.currency, batch_id = was.batch_id
from superseded_rows as s, jsonb_populate_record(null::orders, s.old_row) as was
where s.batch_id = %(batch)s and s.table_name = 'orders' and s.row_id = o.order_id

-- name: restore_items
insert into order_items
select item.* from superseded_rows as s, jsonb_populate_recordset(null::order_items, s.old_row -> 'items') as item
where s.batch_id = %(batch)s and s.table_name = 'orders'

-- name: drop_orders
delete from orders where batch_id = %(batch)s

-- name: restore_customer_records
update customer_records as r
set name = was.name, city = was.city, region = was.region, postcode = was.postcode, country = was.country,
    signup_date = was.signup_date, batch_id = was.batch_id, contact = was.contact, email_index = was.email_index,
    phone_index = was.phone_index
from superseded_rows as s, jsonb_populate_record(null::customer_records, s.old_row) as was
where s.batch_id = %(batch)s and s.table_name = 'customer_records' and s.row_id = r.record_id

-- name: drop_value_origins
delete from quality.value_origins where batch_id = %(batch)s

-- name: drop_batch_parts
delete from quality.batch_parts where batch_id = %(batch)s

-- name: drop_profiles
-- A batch that is undone is no reference for later ones.
delete from quality.batch_profiles where batch_id = %(batch)s

-- name: drop_data_keys
-- Keys of the batch's own records, and of those that had no contact data before it, no review with a text and no proposal.
delete from privacy.data_keys as k using customer_records as r
where r.record_id = k.record_id and (r.batch_id = %(batch)s or r.contact is null and r.record_id in (
    select row_id from superseded_rows where batch_id = %(batch)s and table_name = 'customer_records')
    and not exists (select from feedback.reviews as v where v.record_id = r.record_id and v.text is not null)
    and not exists (select from enrichment.proposals as p where p.record_id = r.record_id))

-- name: collect_customers
-- Customers of the batch's own records, and those that these were loaded as, before the records are deleted.
create temporary table gone_customers on commit drop as
select customer_id from customer_records where batch_id = %(batch)s
union
select m.first_customer_id from identity.moved_records as m join customer_records as r using (record_id)
where r.batch_id = %(batch)s

-- name: forget_matches
-- What was derived from the values of these records. Moves stay, without effect on records that are gone.
select identity.forget_records(array(select record_id from customer_records where batch_id = %(batch)s))

-- name: forget_moved_records
delete from identity.moved_records as m using customer_records as r
where r.record_id = m.record_id and r.batch_id = %(batch)s

-- name: drop_customer_records
delete from customer_records where batch_id = %(batch)s

-- name: drop_customers
-- Customers without any record left.
select identity.settle_customers(array(select customer_id from gone_customers))

-- name: restore_products
update products as p
set name = was.name, category = was.category, category_derived = was.category_derived, kind = was.kind,
    list_price = was.list_price, batch_id = was.batch_id
from superseded_rows as s, jsonb_populate_record(null::products, s.old_row) as was
where s.batch_id = %(batch)s and s.table_name = 'products' and s.row_id = p.product_id

-- name: drop_products
delete from products where batch_id = %(batch)s

-- name: delete_superseded_rows
delete from superseded_rows where batch_id = %(batch)s

-- name: mark_undone
update load_batches set state = 'undone', undone_at = now() where batch_id = %(batch)s

-- name: drop_gone_customers
drop table gone_customers
