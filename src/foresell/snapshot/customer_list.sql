-- Grain: one row per scored customer, the one to call first on top: everything a list shows, filters or sorts by.
-- place: 1, 2, 3 ... in that order. tenth: 1 is the likeliest tenth to order, as in the backtest's deciles. bought: a bit for each category_no, set for the categories of their counted lines. reasons: up to three, the strongest first, a line each (a list would be slow to fetch by row).
with pairs as (
    select distinct l.customer_id, c.category_no
    from lines as l
    join products as p using (product_id)
    join categories as c using (category)
    where l.class = 'counted' and p.kind = 'product'
),
baskets as (
    select customer_id, bit_or(set_bit(bitstring('0', most.width), category_no, 1)) as bought
    from pairs
    cross join (select coalesce(max(category_no), 0)::integer + 1 as width from categories) as most
    group by customer_id
),
why as (
    select customer_id, string_agg(sentence, chr(10) order by rank) as reasons from prediction_reasons where rank <= 3 group by customer_id
)
select
    cast(row_number() over (order by p.expected_value desc nulls last, s.monetary desc, s.customer_id) as integer) as place,
    s.customer_id,
    c.country,
    s.segment,
    s.rfm_score,
    s.r,
    s.f,
    s.m,
    s.recency_days,
    s.frequency,
    s.monetary,
    s.last_purchase_day,
    p.probability,
    case when p.probability is not null then cast(
        (10 * row_number() over (order by p.probability desc nulls last, s.customer_id) + count(p.probability) over () - 1)
        // count(p.probability) over () as tinyint) end as tenth,
    p.expected_order_value,
    p.expected_value,
    p.churn_state,
    p.churn_90,
    p.churn_180,
    p.value_12m,
    p.value_low,
    p.value_high,
    p.value_rank,
    p.value_band,
    b.bought,
    coalesce(w.reasons, '') as reasons
from rfm_scores as s
join customers as c on c.customer_id = s.customer_id
left join predictions as p on p.customer_id = s.customer_id
left join baskets as b on b.customer_id = s.customer_id
left join why as w on w.customer_id = s.customer_id
order by place
