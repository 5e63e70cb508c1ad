-- Grain: one row per group of customers: all, each decile by prediction (1 = highest), each segment at the time of the run.
-- issued: customer_id, predicted, segment of one run; $starts: its as_of; $ends: the day its window closed; $what:
-- 'buys', 'leaves' or 'spends'. observed: the share of customers with the event, or the net amount per customer.
with outcome as (
    select
        i.customer_id,
        i.predicted,
        i.segment,
        case $what
            when 'buys' then coalesce(max(cast(o.is_counted as integer)), 0)
            when 'leaves' then 1 - coalesce(max(cast(o.is_counted as integer)), 0)
            else coalesce(sum(o.net_amount), 0)
        end::double as observed
    from issued as i
    left join orders as o
        on o.customer_id = i.customer_id and o.day >= cast($starts as date) and o.day < cast($ends as date)
    group by i.customer_id, i.predicted, i.segment
),
ranked as (
    select *, 1 + (10 * (row_number() over (order by predicted desc, customer_id) - 1)) // count(*) over () as decile
    from outcome
)
select 'all' as grouping, 'all' as name, count(*) as customers, avg(predicted) as predicted, avg(observed) as observed from ranked
union all
select 'decile', lpad(cast(decile as varchar), 2, '0'), count(*), avg(predicted), avg(observed) from ranked group by decile
union all
select 'segment', segment, count(*), avg(predicted), avg(observed) from ranked group by segment
order by 1, 2
