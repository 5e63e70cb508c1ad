-- Grain: one row per customer with counted lines. bought: one bit per category_no, set for the categories of those lines.
with pairs as (
    select distinct l.customer_id, c.category_no
    from lines as l
    join products as p using (product_id)
    join categories as c using (category)
    where l.class = 'counted' and p.kind = 'product'
)
select customer_id, bit_or(set_bit(bitstring('0', most.width), category_no, 1)) as bought
from pairs
cross join (select coalesce(max(category_no), 0)::integer + 1 as width from categories) as most
group by customer_id
