-- Olist's tables joined to one row per order item. Inputs: olist_items, olist_orders, olist_customers, olist_products,
-- olist_translation, as text; `line` of olist_items is the line in its file.

-- name: reject_items_without_order
-- An item without its order or person has no date or no customer: it is rejected, not dropped.
insert into staged_rejects
select
    'olist_order_items_dataset.csv', i.line, 'order_id', i.order_id,
    case when o.order_id is null then 'order not found in olist_orders_dataset.csv'
        else 'customer not found in olist_customers_dataset.csv' end
from olist_items as i
left join olist_orders as o using (order_id)
left join olist_customers as c using (customer_id)
where o.order_id is null or c.customer_id is null

-- name: create_raw_rows
-- One row per item whose order and person are known. The category is English where Olist translates it.
create view raw_rows as
select
    i.line,
    i.order_id,
    c.customer_unique_id,
    o.order_purchase_timestamp,
    o.order_status,
    i.product_id,
    i.price,
    i.freight_value,
    replace(coalesce(t.product_category_name_english, p.product_category_name), '_', ' ') as product_category,
    c.customer_zip_code_prefix,
    c.customer_city,
    c.customer_state
from olist_items as i
join olist_orders as o using (order_id)
join olist_customers as c using (customer_id)
left join olist_products as p using (product_id)
left join olist_translation as t on t.product_category_name = p.product_category_name
