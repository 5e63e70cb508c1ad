-- PostgreSQL: who customers are. Parameters are psycopg's (%(ids)s).

-- name: note_reveal
select audit.record_action('contact.reveal', null, '{}', %(ids)s)

-- name: sealed_contacts
-- Grain: one record of the customers asked for, with what opens its contact data (null where there is none).
select r.customer_id, r.record_id, r.source, r.source_key, r.name, r.city, r.postcode, r.contact, k.kek_id, k.wrapped_key
from customer_records as r
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null
where r.customer_id = any(%(ids)s)
order by r.record_id
