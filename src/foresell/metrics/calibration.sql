-- PostgreSQL: what a model said and what happened, tenth by tenth of the customers.

-- name: rows
-- Grain: one row per tenth (1: the likeliest) and test cutoff, of the model that was served.
select d.decile as "group", d.cutoff, d.customers, d.predicted as said, d.observed as happened
from core.backtest_deciles as d
join core.models as m on m.model_id = d.model_id and m.kind = d.model
where d.model_id = %(model_id)s

-- name: figures
-- Grain: one row per tenth, over all test cutoffs, each customer counting once.
select "group", sum(said * customers) / sum(customers) as said, sum(happened * customers) / sum(customers) as happened,
    sum(customers)::bigint as customers
from rows
group by "group"
order by "group"
