-- known_share: how much of the revenue with a customer came from customers known before a period.
-- Grain: one row, over the last $windows periods of $days days before $as_of with known customers at their start.
with windows as (
    select $as_of::date - cast($days * n as integer) as starts, $as_of::date - cast($days * (n - 1) as integer) as ends
    from (select unnest(range(1, $windows + 1)) as n)
),
first_orders as (
    select customer_id, min(day) as first_day from orders where is_counted and day < $as_of::date group by customer_id
),
revenue as (
    select o.net_amount, f.first_day < w.starts as is_known
    from windows as w
    join orders as o on o.day >= w.starts and o.day < w.ends
    join first_orders as f using (customer_id)
    where w.starts > (select min(first_day) from first_orders)
)
select
    coalesce(sum(net_amount) filter (where is_known), 0)::double as known,
    coalesce(sum(net_amount) filter (where not is_known), 0)::double as new
from revenue
