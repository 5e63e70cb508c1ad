-- anonymous_sales: net revenue without a customer, for the forecast of that stream.
-- Grain: one row per calendar day from the first order of any kind to the day before $as_of.
with past as (
    select day, customer_id, net_amount from orders where day < $as_of::date
),
calendar as (
    select unnest(generate_series(min(day), $as_of::date - 1, interval 1 day))::date as day from past having count(*) > 0
)
select
    c.day,
    coalesce(sum(p.net_amount) filter (where p.customer_id is null), 0)::double as revenue
from calendar as c
left join past as p on p.day = c.day
group by c.day
order by c.day
