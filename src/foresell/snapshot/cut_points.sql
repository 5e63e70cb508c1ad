-- Grain: one row per axis and score: the range of values that earned it, over all customers scored.
select 'recency_days' as axis, r as score, cast(min(recency_days) as decimal(18, 4)) as lowest, cast(max(recency_days) as decimal(18, 4)) as highest, count(*) as customers
from rfm_scores group by r
union all
select 'frequency', f, min(frequency), max(frequency), count(*) from rfm_scores group by f
union all
select 'monetary', m, min(monetary), max(monetary), count(*) from rfm_scores group by m
order by axis, score desc
