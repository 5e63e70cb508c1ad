-- Evidence for questions about a file (questions.py).

-- name: count_customer_orders
-- One row per customer key: its orders.
create or replace temp table customer_orders as
select customer_key, count(distinct order_key) as orders from staged_lines where customer_key is not null group by customer_key

-- name: count_zeros
-- One row: orders of the customer 0 (or 000, -1, 9999), their share of all orders with a customer, and those orders.
select
    coalesce(sum(orders) filter (regexp_full_match(customer_key, '0+|-1|9{4,}')), 0)::bigint,
    coalesce(sum(orders) filter (regexp_full_match(customer_key, '0+|-1|9{4,}')), 0) / greatest(1, coalesce(sum(orders), 0)),
    coalesce(sum(orders), 0)::bigint
from customer_orders

-- name: count_credit_prefixes
-- One row per beginning of order numbers (letters before a digit or dash) that credit notes often have, is rarer than half
-- of the orders, and has no negative amount: its orders, and an order number of the most frequent other beginning.
with orders as (
    select order_key, upper(regexp_extract(order_key, '^([A-Za-z]+)[-_ /#]?\d', 1)) as prefix,
        regexp_extract(order_key, '^[A-Za-z]+[-_ /#]?') as beginning, min(amount) as least
    from staged_lines
    where order_key is not null and status in ('completed', 'credit')
    group by order_key
),
counted as (
    select prefix, min(beginning) as beginning, count(*) as times, min(least) as least, min(order_key) as example
    from orders group by prefix
)
select c.beginning, c.times, (select arg_max(example, times) from counted where prefix <> c.prefix)
from counted as c
where list_contains($prefixes, c.prefix) and c.least >= 0 and c.times * 2 < (select sum(times) from counted)
order by c.times desc

-- name: find_lone_last_days
-- One row: the last day, the day before it and the orders on it, where at most 1 % of the orders (or three) are that far
-- after all others; else nulls.
with days as (
    select ordered_at::date as day, count(distinct order_key) as orders from staged_lines group by 1
),
gaps as (
    select day, orders, lag(day) over (order by day) as before, sum(orders) over (order by day desc) as later,
        sum(orders) over () as every, max(day) over () as last
    from days
)
select max(last), max_by(before, day), max_by(later, day)::bigint
from gaps
where before is not null and day - before > $days_apart and later <= greatest(3, every / 100) and every >= 10 * later
