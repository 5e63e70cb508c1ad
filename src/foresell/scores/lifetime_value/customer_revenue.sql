-- customer_revenue: net revenue of known customers in a window, returns taken off; what values are judged by.
-- Grain: one row per customer with an order of product lines in [$start, $end).
select customer_id, sum(net_amount)::double as revenue
from orders
where customer_id is not null and day >= $start::date and day < $end::date
group by customer_id
order by customer_id
