-- Grain: one row per customer with a counted order; what every task says of them, null where a task is off.
select
    f.customer_id,
    c.probability,
    c.expected_order_value,
    c.expected_value,
    l.probability_90 as churn_90,
    l.state as churn_state,
    l.probability_180 as churn_180,
    w.value as value_12m,
    w.low as value_low,
    w.high as value_high,
    w.rank as value_rank,
    w.band as value_band
from frame_now as f
left join called_now as c on c.customer_id = f.customer_id
left join leaving_now as l on l.customer_id = f.customer_id
left join worth_now as w on w.customer_id = f.customer_id
order by f.customer_id
