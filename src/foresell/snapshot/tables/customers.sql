-- Grain: one row per customer. No names, no contact data: those stay in PostgreSQL.
select
    customer_id,
    min(country) as country,
    min(signup_date) as signup_date
from core.customer_records
group by customer_id
order by customer_id
