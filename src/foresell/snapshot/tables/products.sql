-- Grain: one row per product.
select product_id, sku, name, category, category_derived, kind
from core.products
order by product_id
