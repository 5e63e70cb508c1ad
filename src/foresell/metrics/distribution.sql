-- DuckDB: customers by recency, frequency, monetary value or probability. {axis}: one of these columns.

-- name: rows
-- Grain: one row per scored customer that the filter holds. low, high: the bin its value falls in, low included.
select c.customer_id, c.value, bin.low, bin.high
from (
    select customer_id, cast({axis} as double) as value
    from customer_list
    where {axis} is not null and {conditions}
) as c
asof join (select unnest($edges[:-2]) as low, unnest($edges[2:]) as high) as bin on c.value >= bin.low

-- name: result
-- Grain: one row per bin, also empty ones. n, median: of all rows together.
select bin.low, bin.high, coalesce(held.customers, 0) as customers, whole.n, whole.median
from (select unnest($edges[:-2]) as low, unnest($edges[2:]) as high) as bin
left join (select low, count(*) as customers from rows group by low) as held on held.low = bin.low
cross join (select count(*) as n, median(value) as median from rows) as whole
order by bin.low
