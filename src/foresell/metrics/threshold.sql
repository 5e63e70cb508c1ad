-- PostgreSQL: how many calls reach how many positives when every customer above a probability is called.

-- name: rows
-- Grain: one row per number of deciles called (1: the top decile, 2: the top two, ...) and test cutoff, for the served model.
-- calls: customers in these deciles; sales: the positives among them; positives: those of all customers. Where the backtest
-- used a sample of customers, counts are scaled to all of them by 1 / share.
select called.deciles, d.cutoff, sum(d.customers) / sample.share as calls,
    sum(d.observed * d.customers) / sample.share as sales, whole.positives / sample.share as positives,
    (min(d.predicted) + coalesce(max(next.predicted), 0)) / 2 as threshold
from generate_series(1, 10) as called (deciles)
join core.backtest_deciles as d on d.decile <= called.deciles
join core.models as m on m.model_id = d.model_id and m.kind = d.model
cross join lateral (select coalesce((m.card ->> 'share_of_customers')::double precision, 1) as share) as sample
join (
    select model, cutoff, sum(observed * customers) as positives from core.backtest_deciles
    where model_id = %(model_id)s group by model, cutoff
) as whole on whole.model = d.model and whole.cutoff = d.cutoff
left join core.backtest_deciles as next
    on next.model_id = d.model_id and next.model = d.model and next.cutoff = d.cutoff and next.decile = called.deciles + 1
where d.model_id = %(model_id)s
group by called.deciles, d.cutoff, whole.positives, sample.share

-- name: result
-- Grain: one row per number of deciles called: means over the test cutoffs. threshold: the probability half-way between the
-- last decile called and the next one; 0 when all customers are called.
select deciles, case when deciles < 10 then avg(threshold) else 0 end as threshold, avg(calls) as calls,
    avg(sales) as sales, sum(sales) / sum(calls) as precision, sum(sales) / nullif(sum(positives), 0) as recall,
    2 * sum(sales) / (sum(calls) + sum(positives)) as f1
from rows
group by deciles
order by deciles
