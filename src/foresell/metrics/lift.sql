-- PostgreSQL: lift by decile: the observed rate of each decile compared with the overall rate.

-- name: rows
-- Grain: one row per decile (1 = highest probability) and test cutoff, for the served model. positives: customers of the
-- decile with the event (an order, or none for churn).
select d.decile, d.cutoff, d.customers, d.observed, d.observed * d.customers as positives
from core.backtest_deciles as d
join core.models as m on m.model_id = d.model_id and m.kind = d.model
where d.model_id = %(model_id)s

-- name: result
-- Grain: one row per decile, over all test cutoffs. lift: its rate divided by the overall rate; cumulative_gain: the share of
-- all positives in this decile and the higher ones.
select decile, sum(positives) / sum(customers) as observed,
    (sum(positives) / sum(customers)) / nullif((select sum(positives) / sum(customers) from rows), 0) as lift,
    sum(sum(positives)) over (order by decile) / nullif((select sum(positives) from rows), 0) as cumulative_gain,
    sum(customers)::bigint as customers
from rows
group by decile
order by decile
