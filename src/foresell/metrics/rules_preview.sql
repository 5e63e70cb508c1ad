-- DuckDB: customers per segment under new rules, compared with the current ones.

-- name: rows
-- Grain: two rows per scored customer: one for the segment it would be in (is_new), one for the one it is in now (is_now).
-- position: the first rule the customer matches, an expression of this code over the list's columns.
with placed as (
    select customer_id, rfm_score, segment, {position} as position from customer_list
)
select coalesce(rule.name, 'no segment') as segment, s.customer_id, s.rfm_score, 1 as is_new, 0 as is_now, s.segment as now
from placed as s
left join (select unnest($rules, recursive := true)) as rule on rule.position = s.position
union all
select s.segment, s.customer_id, s.rfm_score, 0, 1, s.segment
from placed as s

-- name: result
-- Grain: one row per segment of either rules; 'no segment': customers that no rule would match.
select rows.segment, sum(is_new) as customers, sum(is_now) as now
from rows
left join (select unnest($rules, recursive := true)) as rule on rule.name = rows.segment
left join segment_rules as before on before.name = rows.segment
group by rows.segment
order by min(rule.position) nulls last, min(before.position)
