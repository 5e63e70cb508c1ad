-- DuckDB: how many customers each segment holds and what they brought.

-- name: rows
-- Grain: one row per scored customer. revenue: net, of all their orders before as_of.
select customer_id, segment, recency_days, frequency, monetary as revenue
from rfm_scores

-- name: result
-- Grain: one row per segment of the rules, also empty ones, in the order of the rules. share: of the customers.
select
    rule.name as segment,
    coalesce(held.customers, 0) as customers,
    coalesce(held.revenue, 0) as revenue,
    coalesce(held.customers, 0) / greatest((select count(*) from rows), 1) as share,
    held.median_recency_days,
    rule.advice
from segment_rules as rule
left join (
    select segment, count(*) as customers, sum(revenue) as revenue, median(recency_days) as median_recency_days
    from rows group by segment
) as held on held.segment = rule.name
order by rule.position
