-- DuckDB: documents of QuickBooks Online as the four tables of a staged load (types.Staging). Input: the table
-- documents (line BIGINT, stream VARCHAR, key VARCHAR, document JSON, deleted BOOLEAN), one row per record. Amounts are net
-- of tax and in the company's home currency. Credits are positive at the source and negative here.

-- name: customers
-- Grain: one customer. Lines of an address that has no parts are kept as they are.
create or replace temp table staged_customers as
select
    key as customer_key,
    coalesce(
        nullif(trim(document ->> 'CompanyName'), ''),
        nullif(trim(concat_ws(' ', document ->> 'GivenName', document ->> 'FamilyName')), ''),
        nullif(trim(document ->> 'DisplayName'), '')) as name,
    nullif(trim(document ->> '$.PrimaryEmailAddr.Address'), '') as email,
    nullif(trim(document ->> '$.PrimaryPhone.FreeFormNumber'), '') as phone,
    nullif(concat_ws(', ',
        nullif(trim(document ->> '$.BillAddr.Line1'), ''), nullif(trim(document ->> '$.BillAddr.Line2'), ''),
        nullif(trim(document ->> '$.BillAddr.Line3'), ''), nullif(trim(document ->> '$.BillAddr.Line4'), ''),
        nullif(trim(document ->> '$.BillAddr.Line5'), '')), '') as address,
    nullif(trim(document ->> '$.BillAddr.City'), '') as city,
    nullif(trim(document ->> '$.BillAddr.CountrySubDivisionCode'), '') as region,
    nullif(trim(document ->> '$.BillAddr.PostalCode'), '') as postcode,
    nullif(trim(document ->> '$.BillAddr.Country'), '') as country,
    try_cast(left(document ->> '$.MetaData.CreateTime', 10) as date) as signup_date
from documents
where stream = 'customers' and not deleted

-- name: sales
-- Grain: one sale or credit. rate: home currency for one unit of its own.
create or replace temp table sales as
select
    line, stream, key, document, deleted,
    case stream
        when 'invoices' then 'Invoice ' when 'sales receipts' then 'Receipt ' when 'credit memos' then 'Credit memo '
        else 'Refund ' end || key as order_key,
    stream in ('credit memos', 'refund receipts') as is_credit,
    coalesce(try_cast(document ->> 'Void' as boolean), false) and coalesce(try_cast(document ->> 'TotalAmt' as decimal(18, 4)), 0) = 0 as is_void,
    try_cast(document ->> 'TxnDate' as date) as day,
    try_cast(document ->> 'TotalAmt' as decimal(18, 4)) - coalesce(try_cast(document ->> 'Tax' as decimal(18, 4)), 0) as net,
    try_cast(coalesce(document ->> 'ExchangeRate', '1') as decimal(18, 8)) as rate
from documents
where stream not in ('customers', 'items')

-- name: sale_lines
-- Grain: one line of a sale: a product or service, also inside a group, or a discount. A group's own line repeats
-- its children, a subtotal the lines above it.
create or replace temp table sale_lines as
with top as (
    select s.line, s.order_key, s.net, s.rate, s.is_credit, each.line as entry, each.position
    from sales as s, lateral (
        select unnest((s.document -> 'Line')::json[]) as line, generate_subscripts((s.document -> 'Line')::json[], 1) as position
    ) as each
),
flat as (
    select line, order_key, net, rate, is_credit, entry, position, 0 as inner_position from top
    where entry ->> 'DetailType' <> 'GroupLineDetail'
    union all
    select t.line, t.order_key, t.net, t.rate, t.is_credit, inner_lines.entry, t.position, inner_lines.position
    from top as t, lateral (
        select unnest((t.entry -> 'Line')::json[]) as entry, generate_subscripts((t.entry -> 'Line')::json[], 1) as position
    ) as inner_lines
    where t.entry ->> 'DetailType' = 'GroupLineDetail'
)
select
    line, order_key, net, rate, is_credit, position, inner_position,
    entry ->> 'DetailType' as detail_type,
    coalesce(entry ->> '$.ItemRef.value', 'none') as sku,
    entry ->> '$.ItemRef.name' as item_name,
    try_cast(coalesce(entry ->> 'Amount', '0') as decimal(18, 4)) as stated,
    try_cast(coalesce(entry ->> 'Qty', '1') as decimal(14, 3)) as quantity
from flat
where entry ->> 'DetailType' in ('SalesItemLineDetail', 'DiscountLineDetail')

-- name: sums
-- Grain: one sale: what its products and its discounts come to. A discount is stated without a sign.
create or replace temp table sums as
select
    order_key,
    any_value(net) as net,
    coalesce(sum(stated) filter (where detail_type = 'SalesItemLineDetail'), 0) as sold,
    coalesce(sum(abs(stated)) filter (where detail_type = 'DiscountLineDetail'), 0) as discount,
    count(*) filter (where detail_type = 'SalesItemLineDetail') as lines
from sale_lines
group by order_key

-- name: rejects
-- Sales that cannot be read: without a date, with an amount that is none, or whose lines do not come to their total.
create or replace temp table staged_rejects as
select s.stream as file, s.line, 'TxnDate' as column_name, null::varchar as value, 'has no date' as reason
from sales as s where s.day is null and not s.deleted
union all
select distinct s.stream, l.line, 'Amount', null, 'has a line whose amount is missing or too large'
from sale_lines as l join sales as s using (order_key)
where l.detail_type = 'SalesItemLineDetail' and not s.deleted
    and (l.stated is null or abs(l.stated) >= 1e9 or l.quantity is null or abs(l.quantity) >= 1e9 or s.rate is null or abs(s.rate) >= 1e6
        or abs(l.stated / nullif(l.quantity, 0)) >= 1e9)
union all
select
    s.stream, s.line, 'TotalAmt', null,
    printf('its lines come to %s, its total without tax is %s', coalesce(x.sold - x.discount, 0)::varchar, coalesce(s.net::varchar, 'missing'))
from sales as s left join sums as x using (order_key)
where s.day is not null and not s.deleted and not s.is_void and s.line not in (select l.line from sale_lines as l where l.stated is null)
    and (s.net is null or abs(coalesce(x.sold - x.discount, 0) - s.net) > 0.01 * greatest(coalesce(x.lines, 1), 1))

-- name: lines
-- Grain: one line of an order. A discount is spread over the lines in proportion; what rounding leaves is on the largest, so
-- that an order comes to its total to the cent. A sale without lines, such as a void one, has one line of nothing.
create or replace temp table staged_lines as
with spread as (
    select
        l.*,
        round((l.stated - case when x.sold = 0 then 0 else x.discount * l.stated / x.sold end) * l.rate, 2)
            as amount,
        row_number() over (partition by l.order_key order by abs(l.stated) desc, l.position, l.inner_position) as by_size,
        round(l.net * l.rate, 2) as order_amount
    from sale_lines as l join sums as x using (order_key)
    where l.detail_type = 'SalesItemLineDetail'
),
settled as (
    select
        *,
        amount + case when by_size = 1 then order_amount - sum(amount) over (partition by order_key) else 0 end as exact
    from spread
)
select
    row_number() over (order by s.line, l.position nulls first, l.inner_position) as line,
    s.order_key,
    s.document ->> 'Customer' as customer_key,
    s.day::timestamp as ordered_at,
    case when s.deleted or s.is_void then 'cancelled' when s.is_credit then 'returned' else 'completed' end as status,
    coalesce(l.sku, 'none') as sku,
    (case when s.is_credit then -1 else 1 end * coalesce(l.quantity, 0))::decimal(14, 3) as quantity,
    (case when coalesce(l.quantity, 0) = 0 then abs(coalesce(l.exact, 0)) else l.exact / l.quantity end)::decimal(14, 4)
        as unit_price,
    (case when s.is_credit then -1 else 1 end * coalesce(l.exact, 0))::decimal(18, 4) as amount,
    nullif(trim(s.document ->> 'Country'), '') as country,
    $home_currency::varchar as currency
from sales as s
left join settled as l using (order_key)
where s.line not in (select line from staged_rejects) and s.day is not null

-- name: products
-- Grain: one item: those that came, and those that only lines name.
create or replace temp table staged_products as
with stated as (
    select
        key as sku,
        coalesce(document ->> 'FullyQualifiedName', document ->> 'Name') as name,
        null::varchar as category,
        true as category_derived,
        case when document ->> 'Type' in ('Category', 'Group') then 'non_product' else 'product' end as kind,
        try_cast(document ->> 'UnitPrice' as decimal(14, 4)) as list_price
    from documents
    where stream = 'items' and not deleted
),
named as (
    select sku, any_value(item_name) as name from sale_lines
    where detail_type = 'SalesItemLineDetail' group by sku
)
select * from stated
union all
select
    sku, case sku when 'none' then 'Without an item' when 'SHIPPING_ITEM_ID' then 'Shipping' else name end, null, true,
    case sku when 'SHIPPING_ITEM_ID' then 'non_product' else 'product' end, null
from named anti join stated using (sku)
union all
select 'none', 'Without an item', null, true, 'product', null
where not exists (select 1 from named where sku = 'none') and exists (select 1 from staged_lines where sku = 'none')

-- name: customers_of_lines
-- Customers that only sales name: their number is known, nothing else.
insert into staged_customers (customer_key)
select distinct customer_key from staged_lines
where customer_key is not null and customer_key not in (select customer_key from staged_customers)
