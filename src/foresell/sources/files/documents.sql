-- The documents' SQLite tables joined to one row per transaction. Inputs: transactions_read, products_read (fields as
-- text). `line` is the transaction's place in its table; a product missing from the catalogue is named by its id.
create view raw_rows as
select
    t.line,
    t.order_key as transaction_id,
    t.customer_key as customer_id,
    t.ordered_at as invoice_date,
    t.sku as product_id,
    p.product_name,
    p.category,
    t.quantity,
    t.unit_price,
    t.amount
from transactions_read as t
left join (select sku, any_value(product_name) as product_name, any_value(category) as category from products_read group by sku) as p
    using (sku)
