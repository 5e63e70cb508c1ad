-- DuckDB: how many customers each segment holds and what they brought.

-- name: rows
-- Grain: one row per scored customer. revenue: net, of all their orders before as_of.
select customer_id, segment, recency_days, frequency, monetary as revenue
from rfm_scores

-- name: figures
-- Grain: one row per segment of the rules, also empty ones, in the order of the rules. share: of the customers.
select
    rule.name as segment,
    count(rows.customer_id) as customers,
    coalesce(sum(rows.revenue), 0) as revenue,
    count(rows.customer_id) / greatest((select count(*) from rows), 1) as share,
    median(rows.recency_days) as median_recency_days,
    rule.advice
from segment_rules as rule
left join rows on rows.segment = rule.name
group by rule.position, rule.name, rule.advice
order by rule.position
