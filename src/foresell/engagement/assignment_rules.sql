-- PostgreSQL: rules that assign customers without an owner, behind row security. Parameters are bound by name.

-- name: load
-- The rules of the acting user: the team's or, with scope all, the company's.
select r.rules, r.automatic, r.saved_at, u.name as saved_by
from engagement.assignment_rules as r left join access.users as u on u.user_id = r.saved_by
where r.team_id is not distinct from case when access.current_scope() = 'all' then null else access.current_team_id() end

-- name: save
insert into engagement.assignment_rules (team_id, rules, automatic, saved_by)
values (case when access.current_scope() = 'all' then null else access.current_team_id() end, %(rules)s, %(automatic)s, %(by)s)
on conflict (team_id) do update
set rules = excluded.rules, automatic = excluded.automatic, saved_by = excluded.saved_by, saved_at = now()

-- name: candidates
-- Grain: one customer without an owner whom the acting user may assign, by expected revenue, highest first.
select r.customer_id, min(r.country) as country,
    (array_agg(r.postcode order by r.record_id) filter (where r.postcode is not null))[1] as postcode,
    min(s.segment) as segment, coalesce(max(p.expected_revenue), 0) as expected_revenue
from access.unassigned_customer_ids() as free (customer_id)
join web.customer_records as r using (customer_id)
left join web.rfm_scores as s
    on s.customer_id = r.customer_id and s.run_id = (select run_id from core.publication)
left join web.predictions as p
    on p.customer_id = r.customer_id and p.run_id = (select run_id from core.publication)
group by r.customer_id
order by max(p.expected_revenue) desc nulls last, max(s.monetary) desc nulls last, r.customer_id

-- name: loads
-- Grain: one of these users who has customers, and how many.
select user_id, count(*) as customers from access.customer_owners where user_id = any(%(ids)s) group by user_id

-- name: options
-- What rules can ask for: countries and segments of visible customers, and whether any postcode is known.
select
    (select coalesce(array_agg(distinct country order by country), '{}') from web.customer_records where country is not null)
        as countries,
    (select coalesce(array_agg(name order by position), '{}') from core.segment_rules
        where rules_version = (select max(rules_version) from core.segment_rules)) as segments,
    exists (select from web.customer_records where postcode is not null) as postcodes

-- name: automatic
-- Grain: one set of rules that is applied after each run: the company's, then each team's.
select team_id, saved_by from engagement.assignment_rules where automatic order by team_id nulls first

-- name: may_assign
select access.has_permission('customers.assign') as may
