-- DuckDB: queries of a published snapshot. Parameters are bound; a null one does not filter.

-- name: sorts
-- Grain: one row per order the list offers, as the score registry named it.
select name, order_by from list_sorts

-- name: selection
-- Grain: one row per customer that matches, in order. {conditions}, {order}: expressions of this code, never user input.
select rank from customer_list where {conditions} order by {order}

-- name: with_row
-- Grain: the customers that match, and the one at $rank whether it matches or not, in order.
select rank from (
    select * from customer_list where {conditions}
    union
    select * from run.main.customer_list where rank = $rank
)
order by {order}

-- name: owner_of_rank
-- Grain: one listed customer of one of these owners. ids, places: a customer's id and the place of its owner, in turn.
select l.rank, o.place
from customer_list as l
join (select unnest($ids::varchar[]) as customer_id, unnest($places::integer[]) as place) as o using (customer_id)

-- name: ranks_of
-- Grain: the ranks of these customers in the list.
select rank from customer_list where customer_id in (select unnest($ids::varchar[]))

-- name: listed
-- Grain: the customers at these ranks, which are integers of this code. {columns}: column names of this code.
select rank, {columns} from customer_list where rank in ({ranks})

-- name: expected_of
-- Grain: one row: the customers at these ranks.
select count(*) as customers, sum(expected_revenue) as expected_revenue
from customer_list where rank in (select unnest($ranks))

-- name: segments
-- Grain: one row per segment of the rules, also empty ones. revenue: net, of the customers in it.
select r.name as segment, count(s.customer_id) as customers, coalesce(sum(s.monetary), 0)::decimal(20, 4) as revenue,
    median(s.recency_days) as median_recency_days, r.advice
from segment_rules as r
left join rfm_scores as s on s.segment = r.name
group by r.position, r.name, r.advice
order by r.position

-- name: customer
-- Grain: the one customer asked for; scores are null when there is no counted order.
select c.customer_id, c.country, c.signup_date, s.* exclude (customer_id), m.as_of
from customers as c
left join rfm_scores as s using (customer_id)
cross join meta as m
where c.customer_id = $customer_id

-- name: orders_of_customer
-- Grain: one row per order of the customer with products in it, newest first. Their net amounts add up to monetary.
select order_id, order_key, day, lines, net_amount, is_counted
from orders where customer_id = $customer_id
order by ordered_at desc, order_id desc

-- name: cut_points
select axis, score, lowest, highest, customers from cut_points

-- name: categories
select category, derived, products from categories order by category_no

-- name: prediction
-- Grain: the one customer asked for.
select * exclude (customer_id) from predictions where customer_id = $customer_id

-- name: reasons
-- Grain: one row per reason of the customer.
select rank, theme, direction, points, sentence from prediction_reasons where customer_id = $customer_id order by rank

-- name: forecast
-- Grain: one row per period and target, in time.
select grain, starts, ends, target, known, expected, low, high, method, note
from forecasts
order by case grain when 'month' then 1 when 'quarter' then 2 else 3 end, starts, target desc

-- name: customer_with_prediction
-- Grain: the one customer asked for; scores are null when there is no counted order.
select c.customer_id, c.country, c.signup_date, c.completeness, l.* exclude (customer_id, country, name_order, completeness, bought)
from customers as c
left join customer_list as l using (customer_id)
where c.customer_id = $customer_id

-- name: details_of_customer
-- Grain: the one scored customer asked for, found by the index. Few columns: each one costs a look-up of its own.
select country, recency_days, frequency, monetary, segment, rfm_score, probability, decile
from customer_list where customer_id = $customer_id

-- name: product_lines_of_customer
-- Grain: one row per product line of the customer, in the order of the snapshot: by time, order and line.
select order_id, day, product_id, amount from lines
where customer_id = $customer_id and class in ('counted', 'returns')

-- name: product_names
-- Grain: one row per product asked for.
select product_id, coalesce(name, sku) as name from products where product_id in (select unnest($products::integer[]))

-- name: orders_with_lines
-- Grain: one row per order of the customer with products in it, newest first; items: its lines in their order.
select o.order_id, o.order_key, o.day, o.lines, o.net_amount, o.is_counted,
    list({'line_no': l.line_no, 'sku': p.sku, 'product': p.name, 'category': p.category, 'quantity': l.quantity,
        'amount': l.amount, 'counts_as': l.class} order by l.line_no) as items
from orders as o
join lines as l on l.customer_id = o.customer_id and l.order_id = o.order_id
join products as p using (product_id)
where o.customer_id = $customer_id and l.customer_id = $customer_id
group by o.order_id, o.order_key, o.day, o.lines, o.net_amount, o.is_counted, o.ordered_at
order by o.ordered_at desc, o.order_id desc

-- name: products_of_customer
-- Grain: one row per product the customer bought, most spent first; returns are subtracted.
select p.sku, p.name as product, p.category, count(distinct l.order_id) as orders, sum(l.quantity) as quantity,
    sum(l.amount) as amount, max(l.day) as last_day
from lines as l
join products as p using (product_id)
where l.customer_id = $customer_id and l.class in ('counted', 'returns')
group by p.product_id, p.sku, p.name, p.category
order by amount desc, p.sku

-- name: predicted_values
-- Grain: one row: for each prediction that segment rules may ask about, how many customers have it.
select count(expected_revenue) as expected_revenue, count(probability) as probability, count(churn_90) as churn_90,
    count(value_12m) as value_12m
from customer_list

-- name: rules
-- Grain: one segment rule, the first to match first.
select name, r_min, r_max, f_min, f_max, m_min, m_max, conditions, advice from segment_rules order by position

-- name: totals_of
-- Grain: one row: the counted orders and net revenue of these customers.
select count(*) filter (where is_counted) as orders, coalesce(sum(net_amount), 0)::double as revenue
from orders where customer_id in (select unnest($ids::varchar[]))

-- name: totals_of_orders
-- Grain: one row: how many of these orders count, and their net revenue.
select count(*) filter (where is_counted) as orders, coalesce(sum(net_amount), 0)::double as revenue
from orders where order_id in (select unnest($order_ids::bigint[]))

-- name: customers_as_one
-- Grain: one row, or none: what these customers would be as one, by the cut points of the run. position: the place of the
-- first segment rule that holds, an expression of checked rules; its values are bound. What models predict of the customers
-- is added up (expected_revenue), or unknown until the next run.
with parts as (
    select * from customer_list where customer_id in (select unnest($ids::varchar[]))
),
together as (
    select max(last_purchase_day) as last_purchase_day, min(recency_days) as recency_days, sum(frequency)::integer as frequency, sum(monetary) as monetary,
        arg_max(country, monetary) as country, bit_or(bought) as bought, sum(expected_revenue) as expected_revenue,
        null::double as probability, null::double as churn_90, null::double as value_12m
    from parts having count(*) > 0
),
scored as (
    select t.*,
        coalesce((select max(score) from cut_points where axis = 'recency_days' and t.recency_days <= highest), 1) as r,
        coalesce((select max(score) from cut_points where axis = 'frequency' and t.frequency >= lowest), 1) as f,
        coalesce((select max(score) from cut_points where axis = 'monetary' and t.monetary >= lowest), 1) as m
    from together as t
),
placed as (
    select *, {position} as position from (select *, (100 * r + 10 * f + m)::integer as rfm_score from scored)
)
select p.last_purchase_day, p.recency_days, p.rfm_score, p.expected_revenue, s.name as segment
from placed as p left join segment_rules as s on s.position = p.position

-- name: rule_of_segment
-- Grain: the one rule asked for, with the run's day.
select r.*, m.as_of from segment_rules as r cross join meta as m where r.name = $segment

-- name: expected_revenue
-- Grain: one row: what the visible customers are expected to spend in the next 30 days (null where that is off), and, for a
-- user who sees all customers, the company's forecast of the same days in its streams.
select
    m.as_of as starts,
    m.as_of + 30 as ends,
    (select sum(expected_revenue) from customer_list) as customers,
    s.forecast,
    s.known,
    s.new,
    s.anonymous,
    s.low,
    s.high
from meta as m
left join revenue_streams as s on true

-- name: call_candidates
-- Grain: one customer with a reason to call, the first to call on top; of each reason at most $capacity. $left_out: not these.
select customer_id, call_reason, why_call, value_at_risk
from customer_list
where call_reason is not null and customer_id not in (select unnest($left_out::varchar[]))
qualify row_number() over (partition by call_reason order by call_priority desc nulls last, rank) <= $capacity
order by call_reason, call_priority desc nulls last, rank

-- name: orders_after_calls
-- Grain: one call of a visible customer: the counted orders of the 30 days from the call on that the snapshot holds, and
-- their net amount. An order without a time of day (midnight) counts on the day of the call.
with calls as (
    select unnest($call_ids::bigint[]) as call_id, unnest($customer_ids::varchar[]) as customer_id,
        unnest($times::timestamp[]) as called_at
)
select
    k.call_id,
    count(o.order_id) as orders,
    coalesce(sum(o.net_amount), 0)::double as net_amount,
    any_value(k.called_at + interval 30 days <= m.as_of) as is_complete
from calls as k
join customers as c on c.customer_id = k.customer_id
cross join meta as m
left join orders as o
    on o.customer_id = k.customer_id and o.is_counted and o.ordered_at < k.called_at + interval 30 days
    and (o.ordered_at > k.called_at or o.ordered_at = date_trunc('day', k.called_at))
where k.called_at < m.as_of
group by k.call_id

-- name: completeness
-- Grain: one row: how complete the customers are; active: with a counted order in the days before as_of.
select (select as_of from meta) as as_of, count(s.customer_id) as active, avg(c.completeness) filter (where s.customer_id is not null) as completeness,
    count(*) filter (where s.customer_id is not null and c.completeness >= $goal) as at_goal, count(*) as all_customers,
    avg(c.completeness) as all_completeness
from customers as c left join rfm_scores as s on s.customer_id = c.customer_id and s.recency_days <= $days

-- name: completeness_of_fields
-- Grain: one group of fields: how many active customers have it.
select f.field_group, f.weight, count(s.customer_id) filter (where c.known >> (f.position - 1) & 1 = 1) as filled,
    filled / nullif(count(s.customer_id), 0) as share
from field_groups as f cross join customers as c
left join rfm_scores as s on s.customer_id = c.customer_id and s.recency_days <= $days
group by f.position, f.field_group, f.weight order by f.position

-- name: completeness_of_sources
-- Grain: one source and group of fields: the share of its customer records that have it.
select source, records, field_group, weight, filled / records as share from source_completeness order by source, position

-- name: completeness_of_customer
-- Grain: one group of fields of this customer.
select c.completeness, f.field_group, f.weight, c.known >> (f.position - 1) & 1 = 1 as filled
from customers as c cross join field_groups as f
where c.customer_id = $customer_id order by f.position
