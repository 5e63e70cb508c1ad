-- PostgreSQL: relations of customers, and referral opportunities. Parameters are bound by name.

-- name: around
-- Grain: one relation within two steps of a visible customer. depth: of the nearer of its two customers.
select r.relation_id, r.kind, r.from_customer, r.to_customer, r.evidence, r.weight, r.made_by, r.made_at, r.depth,
    case when r.user_id is not null then jsonb_build_object('user_id', r.user_id, 'name', u.name) end as user
from web.relations_around(%(customer_id)s) as r left join access.users as u on u.user_id = r.user_id

-- name: people
-- Grain: one visible customer of these, with the score of the published run (null without a counted order).
select p.customer_id, p.name, s.segment, s.monetary::double precision as monetary
from web.people_of(%(ids)s) as p
left join web.rfm_scores as s on s.customer_id = p.customer_id and s.run_id = (select run_id from core.publication)

-- name: first_records
-- Grain: one visible customer of these, with the record that stands for it in a relation.
select customer_id, min(record_id) as record_id from web.customer_records where customer_id = any(%(ids)s) group by customer_id

-- name: add
-- No row when there is such a relation already.
insert into identity.relations (record_a, record_b, kind, evidence, made_by, user_id)
values (%(record_a)s, %(record_b)s, %(kind)s, %(evidence)s, 'user', %(user_id)s)
on conflict (record_a, record_b, kind) where removed_at is null do nothing
returning relation_id, kind

-- name: remove
update identity.relations set removed_at = now() where relation_id = %(relation_id)s and removed_at is null
returning relation_id, kind, record_a, record_b

-- name: restore
update identity.relations set removed_at = null where relation_id = %(relation_id)s and removed_at is not null
returning relation_id, kind, record_a, record_b

-- name: customers_of_records
select customer_id from web.customer_records where record_id = any(%(ids)s)

-- name: visible_opportunities
-- Grain: one customer with the strongest path to a good customer; see identity.referral_opportunities.
select customer_id, last_order_days, good_customer_id, good_segment, good_monetary, strength, relation_ids, kinds_of_path, forward,
    customers, total
from web.referral_opportunities(%(kinds)s, %(strengths)s, %(lapsed_days)s, %(excluded)s, %(limit)s)

-- name: opportunities
-- The same among all customers.
select customer_id, last_order_days, good_customer_id, good_segment, good_monetary, strength, relation_ids, kinds_of_path, forward,
    customers, total
from identity.referral_opportunities(true, %(kinds)s, %(strengths)s, %(lapsed_days)s, %(excluded)s, %(limit)s)
