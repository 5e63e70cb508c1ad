-- DuckDB: customers per segment under new rules, compared with the current ones.

-- name: rows
-- Grain: two rows per scored customer: one for the segment it would be in (is_new), one for the one it is in now (is_now).
with cells as (
    -- The first rule whose ranges hold the cell.
    select rfm_score, min(rule.position) as position
    from (select distinct rfm_score, r, f, m from rfm_scores) as cell
    join (select unnest($rules, recursive := true)) as rule
        on cell.r between rule.r_min and rule.r_max and cell.f between rule.f_min and rule.f_max
        and cell.m between rule.m_min and rule.m_max
    group by rfm_score
)
select coalesce(rule.name, 'no segment') as segment, s.customer_id, s.rfm_score, 1 as is_new, 0 as is_now, s.segment as now
from rfm_scores as s
left join cells using (rfm_score)
left join (select unnest($rules, recursive := true)) as rule on rule.position = cells.position
union all
select s.segment, s.customer_id, s.rfm_score, 0, 1, s.segment
from rfm_scores as s

-- name: result
-- Grain: one row per segment of either rules; 'no segment': customers whose cell no rule would hold.
select rows.segment, sum(is_new) as customers, sum(is_now) as now
from rows
left join (select unnest($rules, recursive := true)) as rule on rule.name = rows.segment
left join segment_rules as before on before.name = rows.segment
group by rows.segment
order by min(rule.position) nulls last, min(before.position)
