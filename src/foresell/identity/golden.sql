-- PostgreSQL: golden records: rules, pins, choices, and the records they are chosen from. Parameters are bound by name.

-- name: rules
-- Grain: one group of fields, in their order.
select r.field_group, r.methods, r.sources, r.weight, r.changed_at,
    case when u.user_id is not null then jsonb_build_object('user_id', u.user_id, 'name', u.name) end as changed_by
from identity.survivorship_rules as r left join access.users as u on u.user_id = r.changed_by
order by r.position

-- name: records
-- Grain: one record of the customers with several records (ids: of these only; null: of all), customer by customer, with the
-- key that opens its contact data (null where there is none).
select r.customer_id, r.record_id, r.source, r.source_key, r.name, r.city, r.region, r.postcode, r.country, r.signup_date,
    b.loaded_at as changed_at, r.contact, k.kek_id, k.wrapped_key
from core.customer_records as r
join core.load_batches as b using (batch_id)
left join privacy.data_keys as k on k.record_id = r.record_id and r.contact is not null
where r.customer_id in (
    select customer_id from core.customer_records
    where %(ids)s::text[] is null or customer_id = any(%(ids)s)
    group by customer_id having count(*) > 1)
order by r.customer_id, r.record_id

-- name: without_choices
-- Grain: one customer with several records that has to be chosen for: changed since, or with a pin that ended.
select customer_id from core.customer_records as r
group by customer_id
having count(*) > 1 and not exists (select from identity.golden_choices as g where g.customer_id = r.customer_id)
union
select customer_id from identity.golden_choices as g join identity.golden_pins as p using (customer_id, field_group)
where g.rule = 'pin' and p.until < current_date

-- name: pins
-- Grain: one pin of these customers (null: of all).
select customer_id, field_group, record_id, until from identity.golden_pins
where %(ids)s::text[] is null or customer_id = any(%(ids)s)

-- name: make_new_choices
create temporary table new_choices (
    customer_id text, field_group text, record_id bigint, rule text, agreeing bigint[], differing bigint[]
) on commit drop

-- name: copy_choices
copy new_choices from stdin

-- name: changed_values
-- Grain: one group of fields: of how many customers another record is chosen now; group null: of how many in any group.
select n.field_group, count(distinct n.customer_id) as customers
from new_choices as n join identity.golden_choices as g using (customer_id, field_group)
where g.record_id <> n.record_id and not g.record_id = any(n.agreeing)
group by grouping sets ((n.field_group), ())

-- name: changed_examples
-- Grain: one customer and group of fields of which another record is chosen now; some of each group. Sealed values are left out.
select c.customer_id, c.field_group, o.source as source_before, o.source_key as source_key_before, s.source as source_after,
    s.source_key as source_key_after,
    case c.field_group when 'name' then o.name when 'address' then nullif(concat_ws(', ', o.city, o.region, o.postcode), '')
        when 'country' then o.country when 'signup_date' then o.signup_date::text end as value_before,
    case c.field_group when 'name' then s.name when 'address' then nullif(concat_ws(', ', s.city, s.region, s.postcode), '')
        when 'country' then s.country when 'signup_date' then s.signup_date::text end as value_after
from (
    select n.customer_id, n.field_group, g.record_id as record_before, n.record_id as record_after,
        row_number() over (partition by n.field_group order by n.customer_id) as place
    from new_choices as n join identity.golden_choices as g using (customer_id, field_group)
    where g.record_id <> n.record_id and not g.record_id = any(n.agreeing)
) as c
join core.customer_records as o on o.record_id = c.record_before
join core.customer_records as s on s.record_id = c.record_after
order by c.place, c.field_group
limit %(limit)s

-- name: delete_choices
-- Choices that are not made any more.
delete from identity.golden_choices as g
where (%(ids)s::text[] is null or g.customer_id = any(%(ids)s))
    and not exists (select from new_choices as n where n.customer_id = g.customer_id and n.field_group = g.field_group)

-- name: save_choices
-- A customer whose records moved meanwhile is left out: they are chosen for again.
insert into identity.golden_choices (customer_id, field_group, record_id, rule, agreeing, differing)
select n.* from new_choices as n
join core.customer_records as r on r.record_id = n.record_id and r.customer_id = n.customer_id
on conflict (customer_id, field_group) do update
set record_id = excluded.record_id, rule = excluded.rule, agreeing = excluded.agreeing, differing = excluded.differing
where (golden_choices.record_id, golden_choices.rule, golden_choices.agreeing, golden_choices.differing)
    is distinct from (excluded.record_id, excluded.rule, excluded.agreeing, excluded.differing)

-- name: lock_choices
-- One process chooses at a time.
select pg_advisory_xact_lock(hashtext('foresell golden records'))

-- name: sources
-- Grain: one record of a visible customer, the oldest first. on_file: 1 e-mail, 2 phone, 4 street address.
select record_id, source, source_key, changed_at, name, has_name, city, region, postcode, country, signup_date, on_file
from web.golden_sources(%(customer_id)s)

-- name: choices
-- Grain: one group of fields of a visible customer with several records.
select field_group, record_id, rule, agreeing, differing from identity.golden_choices where customer_id = %(customer_id)s

-- name: shown_pins
-- Grain: one pin of a visible customer.
select p.field_group, p.record_id, p.pinned_at, p.reason, p.until, coalesce(p.until < current_date, false) as expired,
    case when p.user_id is not null then jsonb_build_object('user_id', p.user_id, 'name', u.name) end as pinned_by
from identity.golden_pins as p left join access.users as u using (user_id)
where p.customer_id = %(customer_id)s

-- name: pin
insert into identity.golden_pins (customer_id, field_group, record_id, user_id, reason, until)
values (%(customer_id)s, %(field_group)s, %(record_id)s, %(user_id)s, %(reason)s, %(until)s)
on conflict (customer_id, field_group) do update
set record_id = excluded.record_id, user_id = excluded.user_id, reason = excluded.reason, until = excluded.until, pinned_at = now()

-- name: unpin
delete from identity.golden_pins where customer_id = %(customer_id)s and field_group = %(field_group)s

-- name: change_rule
update identity.survivorship_rules
set methods = %(methods)s, sources = %(sources)s, changed_at = now(), changed_by = %(user_id)s
where field_group = %(field_group)s

-- name: known_sources
select distinct source from web.customer_records order by source
