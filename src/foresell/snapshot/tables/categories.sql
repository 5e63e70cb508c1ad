-- Grain: one row per category of goods. category_no: its place in the alphabet, what customer_list refers to.
-- derived: guessed from the products' names, not stated by a source.
select
    cast(row_number() over (order by category) as usmallint) as category_no,
    category,
    bool_and(category_derived) as derived,
    count(*) as products
from products
where kind = 'product'
group by category
order by category
