-- PostgreSQL: loaded batches, behind row security. Parameters are bound by name.

-- name: list
-- Grain: one batch, newest first.
select batch_id, source, format, record_type as rows, file_name, file_bytes, state, lines_read, lines_loaded, lines_unchanged,
    lines_rejected, orders_new, orders_replaced, customers_new, customers_changed, products_new, products_changed,
    loaded_at, undone_at, file_sha256
from core.load_batches
where %(batch_id)s::integer is null or batch_id = %(batch_id)s
order by batch_id desc limit %(limit)s offset %(start)s

-- name: count
select count(*) as total from core.load_batches
