-- DuckDB: what the order lines count as; the classes add up to all lines, in number and in money.

-- name: rows
-- Grain: one row per order line before as_of; lines of as_of and later are one row together, because they are not in the run.
select l.class, l.order_id, l.line_no, l.day, p.sku, 1 as lines, l.amount
from lines as l
join products as p using (product_id)
union all
select class, null, null, null, null, lines, amount
from line_classes
where class = 'later' and lines > 0

-- name: result
-- Grain: one row per class, the most lines first.
select class, sum(lines) as lines, sum(amount) as amount
from rows
group by class
order by sum(lines) desc, class
