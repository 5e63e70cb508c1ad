-- PostgreSQL: customers for the API, limited by row security. Parameters are bound by name.

-- name: names
-- Grain: one row per id of a visible customer, also of one merged since the run, with the name of the golden record.
with wanted as (select id, customer_id from identity.current_customers(%(ids)s))
select w.id as customer_id, n.name
from web.names_of(array(select customer_id from wanted)) as n join wanted as w using (customer_id)

-- name: people
-- Grain: one row per id of a visible customer, also of one merged since the run: the name of the golden record, and the owner.
with wanted as (select id, customer_id from identity.current_customers(%(ids)s))
select w.id as customer_id, p.name,
    (select jsonb_build_object('user_id', u.user_id, 'name', u.name)
        from access.customer_owners as o join access.users as u using (user_id) where o.customer_id = p.customer_id) as owner
from web.people_of(array(select customer_id from wanted)) as p join wanted as w using (customer_id)


-- name: with_phone
-- Grain: one row per visible customer of these whose phone number is stored.
select distinct customer_id from web.customer_records
where customer_id = any(%(ids)s) and contact is not null and get_byte(contact, 1) & 2 > 0

-- name: customers_by_owner
-- Grain: one owner of visible customers, by name, with their ids.
select o.user_id, array_agg(o.customer_id) as customers
from access.customer_owners as o left join access.users as u using (user_id)
group by o.user_id, u.name
order by lower(u.name) nulls last, o.user_id

-- name: person
-- Grain: this customer, if visible; the values of the golden record. Sealed contact data shows only whether it is stored.
select p.customer_id, p.name, p.city, p.region, p.postcode,
    case when p.email_record is not null then '•••@•••' end as email,
    case when p.phone_record is not null then '•••' end as phone,
    case when p.has_street then '•••' end as address,
    (select jsonb_agg(jsonb_build_object('record_id', r.record_id, 'source', r.source, 'source_key', r.source_key) order by r.record_id)
        from web.customer_records as r where r.customer_id = p.customer_id) as records,
    (select jsonb_build_object('user_id', u.user_id, 'name', u.name)
        from access.customer_owners as o join access.users as u using (user_id)
        where o.customer_id = p.customer_id) as owner
from web.people_of(array[%(customer_id)s]) as p

-- name: person_in_clear
-- Grain: this customer, if visible; the values of the golden record that are not sealed, and the records that hold the others.
select name, city, region, postcode, country, email_record, phone_record, address_record
from web.people_of(array[%(customer_id)s])

-- name: unlock
-- Grain: one record with contact data; recorded in the audit.
select * from audit.unlock_contacts(%(ids)s, 'reveal', %(request_id)s)

-- name: search
-- Grain: one row per visible customer with this id or source key or, by_name, such a name.
select customer_id from web.find_customers(%(text)s, %(most)s, by_name => %(by_name)s) as t (customer_id)

-- name: find_by_contact
-- Grain: one row per visible customer with exactly this e-mail or telephone number.
select customer_id from web.find_customers('', %(most)s, %(indexes)s) as t (customer_id) order by 1

-- name: model
-- The model that answers a task in the published run, with the means of its backtest over all customers.
select m.model_id, m.kind, m.trained_at, (m.card ->> 'rows')::bigint as rows, a.level, a.sentence,
    (select jsonb_object_agg(b.metric, b.value) from core.backtests as b
        where b.model_id = m.model_id and b.model = m.kind and b.population = 'all' and b.cutoff is null) as metrics,
    (select jsonb_object_agg(d.decile, d.observed) from (
        select decile, sum(observed * customers) / sum(customers) as observed from core.backtest_deciles
        where model_id = m.model_id and model = m.kind group by decile) as d) as deciles
from core.run_models as a
left join core.models as m using (model_id)
where a.run_id = %(run_id)s and a.task = %(task)s

-- name: moved
-- Grain: one visible customer in the segment moved_from as of run `since` and in moved_to as of run `run_id`; a null one is any.
select b.customer_id
from (select customer_id, segment from web.rfm_scores where run_id = %(run_id)s) as b
left join (select customer_id, segment from web.rfm_scores where run_id = %(since)s) as a using (customer_id)
where coalesce(a.segment, 'not yet') = coalesce(%(moved_from)s, a.segment, 'not yet')
    and b.segment = coalesce(%(moved_to)s, b.segment)

-- name: history
-- Grain: one row per kept run that scored the customer, the newest first.
select r.run_id, r.as_of, r.as_of + 30 as window_ends, s.segment, s.rfm_score, s.recency_days, s.frequency, s.monetary,
    p.probability, p.churn_90, p.value_12m
from web.rfm_scores as s
join core.runs as r using (run_id)
left join web.predictions as p using (run_id, customer_id)
where s.customer_id = %(customer_id)s and r.state in ('published', 'superseded', 'withdrawn')
order by r.as_of desc, r.run_id desc
limit 500

-- name: owned
-- Grain: one customer whose owner is the user or, for a manager, in the team.
select customer_id from access.owned_customer_ids() as t (customer_id)

-- name: unassigned
-- Grain: one customer without an owner, if the user may see them.
select customer_id from access.unassigned_customer_ids() as t (customer_id)

-- name: owned_by
-- Grain: one visible customer of this owner.
select customer_id from access.customer_owners where user_id = %(owner)s
