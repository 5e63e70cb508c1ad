-- PostgreSQL: customers' contact data. Parameters are psycopg's (%(ids)s).

-- name: record_in_audit
select audit.record_action('contact.reveal', null, '{}', %(ids)s)

-- name: sealed_contacts
-- Grain: one record of these customers, with the data key that opens its contact data (null where there is none).
select r.customer_id, r.record_id, r.source, r.source_key, r.name, r.city, r.postcode, r.contact, k.kek_id, k.wrapped_key
from customer_records as r
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null
where r.customer_id = any(%(ids)s)
order by r.record_id

-- name: customer
select customer_id from customers where customer_id = %(customer_id)s

-- name: customers_of_key
-- Grain: one customer with a record under this key of a source.
select distinct customer_id from customer_records where source_key = %(source_key)s order by customer_id
