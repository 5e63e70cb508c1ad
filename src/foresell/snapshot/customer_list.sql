-- Grain: one row per scored customer, by expected revenue: everything a list shows, filters or sorts by.
-- rank: 1, 2, 3 ... in that order. Score columns: those of the score registry. bought: one bit per category_no, set for the
-- categories of the customer's counted lines. name_order: the place of the name in the alphabet. reasons: up to three, the
-- strongest first, one per line (a list type would be slow to fetch by row).
with reasons as (
    select customer_id, string_agg(sentence, chr(10) order by rank) as reasons from prediction_reasons where rank <= 3 group by customer_id
)
select
    cast(row_number() over (order by p.expected_revenue desc nulls last, s.monetary desc, s.customer_id) as integer) as rank,
    s.customer_id,
    c.country,
    c.name_order,
    c.completeness,
    {score_columns},
    b.bought,
    coalesce(r.reasons, '') as reasons
from rfm_scores as s
join customers as c on c.customer_id = s.customer_id
left join predictions as p on p.customer_id = s.customer_id
left join baskets as b on b.customer_id = s.customer_id
left join reasons as r on r.customer_id = s.customer_id
order by rank
