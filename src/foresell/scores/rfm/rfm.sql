-- Grain: one row per customer with at least one counted order before as_of.
-- recency_days  days from the last purchase to as_of
-- frequency     counted orders (positive net amount)
-- monetary      net revenue, returns subtracted
-- revenue_365d  the part of it from the 365 days before as_of
-- r, f, m       1 to 5, five for the most recent, most frequent, most valuable. Integer arithmetic on rank(), so equal
--               values share a score and every engine agrees.
with measured as (
    select
        customer_id,
        max(case when is_counted then day end) as last_purchase_day,
        sum(case when is_counted then 1 else 0 end) as frequency,
        sum(net_amount) as monetary,
        sum(case when day >= cast($as_of as date) - 365 then net_amount else 0 end) as revenue_365d
    from orders
    where customer_id is not null and day < cast($as_of as date)
    group by customer_id
    having sum(case when is_counted then 1 else 0 end) > 0
),
scored as (
    select
        customer_id,
        last_purchase_day,
        cast(cast($as_of as date) - last_purchase_day as integer) as recency_days,
        cast(frequency as integer) as frequency,
        cast(monetary as decimal(18, 4)) as monetary,
        cast(revenue_365d as decimal(18, 4)) as revenue_365d,
        cast(1 + (5 * (rank() over (order by last_purchase_day) - 1)) // count(*) over () as smallint) as r,
        cast(1 + (5 * (rank() over (order by frequency) - 1)) // count(*) over () as smallint) as f,
        cast(1 + (5 * (rank() over (order by monetary) - 1)) // count(*) over () as smallint) as m
    from measured
)
select
    s.customer_id,
    s.last_purchase_day,
    s.recency_days,
    s.frequency,
    s.monetary,
    s.revenue_365d,
    s.r,
    s.f,
    s.m,
    cast(100 * s.r + 10 * s.f + s.m as smallint) as rfm_score
from scored as s
order by s.customer_id
