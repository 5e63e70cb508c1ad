-- Grain: one row per customer, with values of the golden record. No names, no contact data: those stay in PostgreSQL.
-- name_order: the place of the name in the alphabet, the same for equal names. known: bits of the groups of fields that are
-- known, in the order of field_groups. completeness: the weights of these groups, of all weights, from 0 to 1.
select
    customer_id,
    country,
    signup_date,
    name_order,
    known,
    (select sum(weight) filter (where known >> (position - 1) & 1 = 1) / nullif(sum(weight), 0) from core.field_groups) as completeness
from core.golden_records
order by customer_id
