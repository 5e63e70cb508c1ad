-- Grain: one row per customer, with values of the golden record. No names, no contact data: those stay in PostgreSQL.
-- name_order: the place of the name in the alphabet, the same for equal names.
select customer_id, country, signup_date, name_order
from core.golden_records
order by customer_id
