-- Steps that settle the money of staged lines and orders (amounts.py). Grain: one row per line in `staged_lines`.

-- name: compare_money
-- One row: the lines that have quantity, price and amount, and how many of them each reading fits. The tolerance is the
-- rounding of a price to the cent, times the quantity.
with read as (
    select
        order_key,
        to_number_quantity(quantity) as q,
        to_number_unit_price(unit_price) as p,
        to_number_amount(amount) as a,
        coalesce(abs(to_number_discount(discount)), 0) as d,
        coalesce(abs(to_number_tax(tax)), 0) + coalesce(abs(to_number_shipping(shipping)), 0) as extra
    from mapped_rows
),
complete as (
    select *, (q * p)::double as product, 0.011 + 0.005 * abs(q)::double as tolerance from read
    where q is not null and p is not null and a is not null
),
orders as (
    select
        *,
        count(*) over (partition by order_key) as lines,
        min(a) over (partition by order_key) = max(a) over (partition by order_key) as constant,
        sum(product - sign(product) * d) over (partition by order_key) as order_value,
        sum(extra) over (partition by order_key) as extras,
        sum(tolerance) over (partition by order_key) as tolerances
    from complete
)
select
    count(*),
    count(*) filter (abs(a::double - product) <= tolerance),
    count(*) filter (abs(a::double - (product - sign(product) * d)) <= tolerance),
    count(*) filter (abs(a::double - (product - sign(product) * d + extra)) <= tolerance),
    count(*) filter (
        order_key is not null and constant
        and (abs(a::double - order_value) <= tolerances or abs(a::double - order_value - extras) <= tolerances or abs(a::double - order_value - extra) <= tolerances)
    ),
    coalesce(sum(a), 0)::double,
    coalesce(sum(product), 0)::double
from orders

-- name: part_order_totals
-- An order's total that its lines repeat, in equal parts on those lines; what is left over goes to the first.
update staged_lines set amount = parts.amount, unit_price = price_of(quantity, unit_price, parts.amount)
from (
    select line, part + case when row_number() over order_lines = 1 then amount - part * lines else 0 end as amount
    from (
        select line, order_key, amount, count(*) over (partition by order_key, amount) as lines,
            trunc(amount / count(*) over (partition by order_key, amount), 4)::decimal(18, 4) as part
        from staged_lines
    )
    window order_lines as (partition by order_key, amount order by line)
) as parts
where parts.line = staged_lines.line

-- name: count_repeated_amounts
-- One row: orders of several lines, those of them whose lines all have one amount, and the sum of all lines.
select count(*) filter (lines > 1), count(*) filter (lines > 1 and least = most and least <> 0), coalesce(sum(total), 0)::double,
    coalesce(sum(case when lines > 1 and least = most then least else total end), 0)::double
from (
    select count(*) as lines, min(amount) as least, max(amount) as most, sum(amount) as total
    from staged_lines where status = 'completed' group by order_key
)

-- name: take_out_unsold
insert into left_out
select s.line, 'rule', coalesce('status ' || m.status, 'type ' || m.type, '') from staged_lines as s join mapped_rows as m using (line)
where s.status = 'left_out'

-- name: settle_returned_lines
-- A returned line next to at least as many sold units of the same product in its order gives back a part of them: it is a
-- credit. Any other positive one marks the sale itself, which then brought nothing.
update staged_lines
set quantity = -quantity, amount = -amount
where status = 'returned' and amount > 0 and exists (
    select 1 from staged_lines as sold
    where sold.order_key = staged_lines.order_key and sold.sku = staged_lines.sku and sold.status = 'completed'
        and sold.line <> staged_lines.line and sold.quantity >= staged_lines.quantity
)

-- name: sum_orders
-- One row per sold order: what its lines bring, and what the order states for both and for a refund.
create or replace temp table order_sums as
select
    s.order_key,
    sum(s.amount) as lines_total,
    coalesce(first(abs(to_number_order_discount(m.order_discount)) order by s.line) filter (m.order_discount is not null), 0) as off_order,
    coalesce(
        first(abs(to_number_order_subtotal(m.order_subtotal)) order by s.line) filter (m.order_subtotal is not null),
        sum(s.amount) - off_order
    ) as order_value,
    coalesce(first(abs(to_number_refund(m.refund)) order by s.line) filter (m.refund is not null), 0) as refund
from staged_lines as s
join mapped_rows as m using (line)
where s.status = 'completed'
group by s.order_key

-- name: cancel_refunded_orders
update staged_lines set status = 'cancelled'
where status = 'completed' and order_key in (select order_key from order_sums where refund >= order_value and refund > 0)

-- name: scale_lines
-- The lines of an order in proportion, the last cent on the largest, so that they bring its value less its refund exactly.
update staged_lines set amount = scaled.amount
from (
    with wanted as (
        select order_key, lines_total, (order_value - refund)::decimal(18, 4) as target from order_sums
        where lines_total > 0 and refund < order_value and abs(order_value - refund - lines_total) > 0.00005
    ),
    shares as (
        select
            s.line, s.order_key, w.target, s.amount as old_amount,
            round(s.amount * w.target / w.lines_total, 4)::decimal(18, 4) as share
        from staged_lines as s
        join wanted as w using (order_key)
        where s.status = 'completed'
    )
    select
        line,
        share + case
            when row_number() over (partition by order_key order by old_amount desc, line) = 1
            then target - sum(share) over (partition by order_key)
            else 0
        end as amount
    from shares
) as scaled
where scaled.line = staged_lines.line

-- name: take_out_other_currencies
insert into left_out
select line, 'rule', 'currency ' || coalesce(currency, '(none)') from staged_lines where currency is distinct from $currency

-- name: find_lines_without_rate
create or replace temp table problems as
select line, 'currency' as field, currency as value, 'no exchange rate for this currency in the mapping' as reason
from staged_lines
where currency is null or currency not in (select currency from rates)

-- name: convert_lines
update staged_lines
set unit_price = round(unit_price * rates.rate, 4), amount = round(amount * rates.rate, 4), currency = $currency
from rates
where rates.currency = staged_lines.currency

-- name: find_credited_customers
-- Where a refund names the shop as its payer, it belongs to the customer of the sale. Otherwise a credit note that has only
-- its number in common with another customer's invoice is an order of its own.
update staged_lines
set
    customer_key = case when $refunds then sold.customer_key else staged_lines.customer_key end,
    order_key = case when $refunds then staged_lines.order_key else staged_lines.order_key || ' credit' end
from (
    select c.line, min(s.customer_key) as customer_key
    from staged_lines as c
    join staged_lines as s on s.order_key = c.order_key and s.status <> 'credit' and s.customer_key is distinct from c.customer_key
    where c.status = 'credit' and ($refunds or c.customer_key is not null)
    group by c.line
) as sold
where sold.line = staged_lines.line
