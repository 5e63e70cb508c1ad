-- PostgreSQL: how much more often than on average it happened in each tenth of the customers.

-- name: rows
-- Grain: one row per tenth (1: the likeliest) and test cutoff, of the model that was served. did: customers with whom it happened.
select d.decile, d.cutoff, d.customers, d.observed as happened, d.observed * d.customers as did
from core.backtest_deciles as d
join core.models as m on m.model_id = d.model_id and m.kind = d.model
where d.model_id = %(model_id)s

-- name: figures
-- Grain: one row per tenth, over all test cutoffs. lift: its share over the share of all; captured: of all with whom it
-- happened, the part in this tenth and the likelier ones.
select decile, sum(did) / sum(customers) as happened,
    (sum(did) / sum(customers)) / nullif((select sum(did) / sum(customers) from rows), 0) as lift,
    sum(sum(did)) over (order by decile) / nullif((select sum(did) from rows), 0) as captured,
    sum(customers)::bigint as customers
from rows
group by decile
order by decile
