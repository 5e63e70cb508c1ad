-- Grain: one row per customer. No names, no contact data: those stay in PostgreSQL. name_order: the place of the first known
-- name in the alphabet, the same for equal names.
select
    customer_id,
    min(country) as country,
    min(signup_date) as signup_date,
    arg_min(name_order, record_id) filter (where name_order is not null) as name_order
from core.customer_records
group by customer_id
order by customer_id
