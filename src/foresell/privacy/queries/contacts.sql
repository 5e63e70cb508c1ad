-- PostgreSQL: customers' contact data. Parameters are psycopg's (%(ids)s).

-- name: record_in_audit
select audit.record_action('contact.reveal', null, '{}', %(ids)s)

-- name: golden_records
-- Grain: one of these customers: the values of the golden record, and the records that hold the sealed ones.
select customer_id, name, city, postcode, email_record, phone_record, address_record
from identity.golden_records where customer_id = any(%(ids)s)

-- name: sealed_contacts
-- Grain: one record of these customers with contact data, and the data key that opens it.
select r.record_id, r.source, r.source_key, r.contact, k.kek_id, k.wrapped_key
from customer_records as r join privacy.data_keys as k using (record_id)
where r.customer_id = any(%(ids)s) and r.contact is not null

-- name: customer
select customer_id from customers where customer_id = %(customer_id)s

-- name: customers_of_key
-- Grain: one customer with a record under this key of a source.
select distinct customer_id from customer_records where source_key = %(source_key)s order by customer_id
