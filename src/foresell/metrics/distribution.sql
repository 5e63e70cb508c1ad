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

-- name: figures
-- Grain: one row per bin, also empty ones. n, median: of all rows together.
select bin.low, bin.high, count(rows.customer_id) as customers, (select count(*) from rows) as n,
    (select median(value) from rows) as median
from (select unnest($edges[:-2]) as low, unnest($edges[2:]) as high) as bin
left join rows on rows.low = bin.low
group by bin.low, bin.high
order by bin.low
