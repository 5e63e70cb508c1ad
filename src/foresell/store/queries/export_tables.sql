-- PostgreSQL: the tables that a snapshot is built from. Money and quantities are sent as whole numbers (ten-thousandths,
-- thousandths): ADBC reads PostgreSQL's numeric as text, which takes twice as long.

-- name: order_items
select order_id, line_no, product_id, (quantity * 1000)::bigint as quantity, (amount * 10000)::bigint as amount
from order_items

-- name: orders
select order_id, order_key, record_id, ordered_at, status, country, currency from orders

-- name: customer_records
select record_id, customer_id from customer_records

-- name: golden_records
-- name_order: the place of the name in the alphabet, without case and accents; the names themselves stay here.
select g.customer_id, g.country, g.signup_date, g.known,
    case when g.name is not null then
        dense_rank() over (order by lower(regexp_replace(normalize(g.name, nfd), '[\u0300-\u036f]', '', 'g')) collate "C")
    end as name_order
from identity.golden_records as g

-- name: field_groups
select position, field_group, weight from identity.survivorship_rules order by position

-- name: source_completeness
-- Grain: one source: its customer records, and how many of them have each group of fields.
select source, count(*) as records, count(name) as name, count(*) filter (where get_byte(contact, 1) & 1 > 0) as email,
    count(*) filter (where get_byte(contact, 1) & 2 > 0) as phone,
    count(*) filter (where get_byte(contact, 1) & 4 > 0 and coalesce(city, postcode) is not null) as address,
    count(country) as country, count(signup_date) as signup_date
from customer_records group by source

-- name: products
select product_id, sku, name, category, category_derived, kind from products

-- name: segment_rules
select position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice, conditions::text as conditions
from segment_rules where rules_version = (select max(rules_version) from segment_rules)
