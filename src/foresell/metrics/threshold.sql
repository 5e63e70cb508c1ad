-- PostgreSQL: how many calls find how many who do it, when everybody from a probability on is called.

-- name: rows
-- Grain: one row per tenth called (1: only the likeliest tenth, 2: the first two, ...) and test cutoff, of the model that was
-- served: everybody in these tenths is called. calls: how many that is; sales: with how many of them it happened; of_all: with
-- how many it happened at all. Where only a part of the customers was judged, counts are those of all: part times 1 / share.
select called.tenths, d.cutoff, sum(d.customers) / share.of_all as calls,
    sum(d.observed * d.customers) / share.of_all as sales, whole.did / share.of_all as of_all,
    (min(d.predicted) + coalesce(max(next.predicted), 0)) / 2 as threshold
from generate_series(1, 10) as called (tenths)
join core.backtest_deciles as d on d.decile <= called.tenths
join core.models as m on m.model_id = d.model_id and m.kind = d.model
cross join lateral (select coalesce((m.card ->> 'share_of_customers')::double precision, 1) as of_all) as share
join (
    select model, cutoff, sum(observed * customers) as did from core.backtest_deciles
    where model_id = %(model_id)s group by model, cutoff
) as whole on whole.model = d.model and whole.cutoff = d.cutoff
left join core.backtest_deciles as next
    on next.model_id = d.model_id and next.model = d.model and next.cutoff = d.cutoff and next.decile = called.tenths + 1
where d.model_id = %(model_id)s
group by called.tenths, d.cutoff, whole.did, share.of_all

-- name: figures
-- Grain: one row per number of tenths called: means over the test cutoffs. threshold: about the probability that divides those
-- called from the others, half-way between the neighbouring tenths; 0: everybody is called.
select tenths, case when tenths < 10 then avg(threshold) else 0 end as threshold, avg(calls) as calls,
    avg(sales) as sales, sum(sales) / sum(calls) as precision, sum(sales) / nullif(sum(of_all), 0) as recall,
    2 * sum(sales) / (sum(calls) + sum(of_all)) as f1
from rows
group by tenths
order by tenths
