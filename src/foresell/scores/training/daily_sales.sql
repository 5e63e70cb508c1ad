-- daily_sales: what the shop took each day, for the forecast and for the season of purchases.
-- Grain: one row per calendar day from the first order to the day before $as_of, days without orders included.
--   revenue  net amount of all product lines: known and anonymous customers, returns taken off
--   orders   orders with a positive net amount, known and anonymous customers
--   counted  those of known customers
--   country  the country most orders come from, the same on every row
with past as (
    select day, country, net_amount, is_counted
    from orders
    where day < $as_of::date
),
calendar as (
    select unnest(generate_series(min(day), $as_of::date - 1, interval 1 day))::date as day
    from past
    having count(*) > 0
),
sold as (
    select
        day,
        sum(net_amount)::double as revenue,
        count(*) filter (where net_amount > 0) as orders,
        count(*) filter (where is_counted) as counted
    from past
    group by day
)
select
    c.day,
    coalesce(s.revenue, 0) as revenue,
    coalesce(s.orders, 0) as orders,
    coalesce(s.counted, 0) as counted,
    (select mode(country order by country) from past) as country
from calendar as c
left join sold as s on s.day = c.day
order by c.day
