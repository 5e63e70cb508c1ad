-- PostgreSQL: which customers the user may see. Parameters are bound by name.

-- name: visible
-- Grain: one row per wanted customer that the user may see.
select distinct customer_id from web.customer_records where customer_id = any(%(ids)s)
