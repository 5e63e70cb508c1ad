-- Grain: one row per scored customer, with the segment. position: the first matching rule, an expression over these
-- columns made of the checked rules; its values are bound. Runs after the predictions, which conditions may ask about.
with known as (
    select s.*, c.country, p.expected_revenue, p.probability, p.churn_90, p.value_12m, b.bought
    from rfm_scores as s
    join customers as c on c.customer_id = s.customer_id
    left join predictions as p on p.customer_id = s.customer_id
    left join baskets as b on b.customer_id = s.customer_id
),
placed as (
    select customer_id, {position} as position from known
)
select s.*, rule.name as segment
from rfm_scores as s
join placed as p on p.customer_id = s.customer_id
join segment_rules as rule on rule.position = p.position
order by s.customer_id
