-- DuckDB: what the order lines count as; the classes add up to all lines, in number and in money.

-- name: rows
-- Grain: one row per order line before as_of; lines of as_of and later are one row together, because they are not in the
-- run; they are left out of a selection of days or goods.
select l.class, l.order_id, l.line_no, l.day, p.sku, 1 as lines, l.amount
from lines as l
join products as p using (product_id)
where p.category = coalesce($category, p.category)
    and l.day between coalesce($first_day, l.day) and coalesce($last_day, l.day)
union all
select class, null, null, null, null, lines, amount
from line_classes
where class = 'later' and lines > 0
    and $category is null and $first_day is null and $last_day is null

-- name: result
-- Grain: one row per class, the most lines first.
select class, sum(lines) as lines, sum(amount) as amount
from rows
group by class
order by sum(lines) desc, class
