-- Grain: one row per group of customers: all of them, each tenth by what was said (1 = highest), each segment then.
-- issued: customer_id, said, segment of one run; $starts its as_of, $ends the day its window closed, $what is
-- 'buys', 'leaves' or 'spends'. happened: the share that did it, or the money they brought.
with outcome as (
    select
        i.customer_id,
        i.said,
        i.segment,
        case $what
            when 'buys' then coalesce(max(cast(o.is_counted as integer)), 0)
            when 'leaves' then 1 - coalesce(max(cast(o.is_counted as integer)), 0)
            else coalesce(sum(o.net_amount), 0)
        end::double as happened
    from issued as i
    left join orders as o
        on o.customer_id = i.customer_id and o.day >= cast($starts as date) and o.day < cast($ends as date)
    group by i.customer_id, i.said, i.segment
),
ranked as (
    select *, 1 + (10 * (row_number() over (order by said desc, customer_id) - 1)) // count(*) over () as decile
    from outcome
)
select 'all' as grouping, 'all' as name, count(*) as customers, avg(said) as predicted, avg(happened) as observed from ranked
union all
select 'decile', lpad(cast(decile as varchar), 2, '0'), count(*), avg(said), avg(happened) from ranked group by decile
union all
select 'segment', segment, count(*), avg(said), avg(happened) from ranked group by segment
order by 1, 2
