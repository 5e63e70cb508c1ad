-- PostgreSQL: where values are from. Parameters are bound by name.

-- name: origins
select * from quality.origins_of(%(customer_id)s)

-- name: origins_of_visible
select * from web.value_origins_of(%(customer_id)s)

-- name: sources
-- Grain: one record of a customer, the oldest first, as `golden.sources` for the command line.
select r.record_id, r.source, r.source_key, b.loaded_at as changed_at, r.name, r.name is not null as has_name, r.city, r.region,
    r.postcode, r.country, r.signup_date, coalesce(get_byte(r.contact, 1), 0) as on_file
from core.customer_records as r join core.load_batches as b using (batch_id)
where r.customer_id = %(customer_id)s
order by r.record_id
