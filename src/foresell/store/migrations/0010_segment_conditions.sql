-- Segment rules with conditions on days, orders, money, country, category and predictions; who saved which version, and
-- when. Shops that never changed the first rules get new ones, whose texts are true of their members.

set search_path = core;

alter table segment_rules
    add column conditions jsonb not null default '[]' check (jsonb_typeof(conditions) = 'array');
comment on table segment_rules is 'One row per segment and version of the rules; the highest version applies. A customer belongs to the first position whose ranges contain its R, F and M scores and whose conditions (field, operator, value) are all met.';

create table segment_rule_versions (
    rules_version integer primary key,
    saved_at timestamptz,
    saved_by integer,
    restored_from integer
);
comment on table segment_rule_versions is 'One row per version of the segment rules. saved_at: null for versions from before this was recorded, and for the first. saved_by: the user; null when saved by Foresell or at the command line. restored_from: the older version it repeats.';

insert into segment_rule_versions (rules_version) select distinct rules_version from segment_rules;

drop function save_segment_rules(jsonb);
drop function insert_segment_rules(jsonb);

create function insert_segment_rules(rules jsonb, restored integer default null) returns integer
language plpgsql security definer
set search_path = core, pg_temp
as $$
declare
    version integer;
begin
    lock table segment_rules in share row exclusive mode;
    select coalesce(max(rules_version), 0) + 1 into version from segment_rules;
    insert into segment_rules (
        rules_version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, conditions, advice)
    select version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, coalesce(conditions, '[]'), advice
    from jsonb_to_recordset(rules) as rule (
        position integer, name text, r_min integer, r_max integer, f_min integer, f_max integer, m_min integer,
        m_max integer, conditions jsonb, advice text);
    insert into segment_rule_versions (rules_version, saved_at, saved_by, restored_from)
    values (version, now(), access.current_user_id(), restored);
    return version;
end $$;
comment on function insert_segment_rules is 'Inserts an array of objects with the columns of segment_rules as a new version of the rules and returns that version; restored: the older version it repeats. Earlier runs keep theirs. The only way to write the rules.';

create function save_segment_rules(rules jsonb, restored integer default null) returns integer
language plpgsql security definer
set search_path = core, pg_temp
as $$
begin
    if not access.has_permission('segments.write') then
        raise insufficient_privilege using message = 'changing segment rules needs the permission segments.write';
    end if;
    return insert_segment_rules(rules, restored);
end $$;
comment on function save_segment_rules is 'insert_segment_rules for the web: checks that the acting user may change the rules.';

create function list_segment_rule_versions(newest integer)
returns table (rules_version integer, saved_at timestamptz, saved_by text, restored_from integer)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    select v.rules_version, v.saved_at, u.name, v.restored_from
    from segment_rule_versions as v
    left join access.users as u on u.user_id = v.saved_by
    where access.has_permission('segments.read')
    order by v.rules_version desc
    limit newest;
end;
comment on function list_segment_rule_versions is 'Grain: one of the newest versions of the segment rules, the newest first, with the name of the user who saved it. Needs segments.read.';

revoke execute on function insert_segment_rules(jsonb, integer), save_segment_rules(jsonb, integer),
    list_segment_rule_versions(integer) from public;
grant execute on function insert_segment_rules(jsonb, integer) to foresell_app;
grant execute on function save_segment_rules(jsonb, integer), list_segment_rule_versions(integer) to foresell_web;

-- A shop without runs starts with the new rules as its first; others keep the ones their runs were made with.
delete from segment_rules where not exists (select from runs) and (select max(rules_version) from segment_rules) = 1;
insert into segment_rules (
    rules_version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, conditions, advice)
select new_version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, conditions::jsonb, advice
from (select coalesce(max(rules_version), 0) + 1 as new_version from segment_rules) as next
cross join (values
    (1, 'Champions', 4, 5, 4, 5, 4, 5, '[]', 'Ordered recently, often and for large amounts: thank them, show them new products first, ask for a referral.'),
    (2, 'Loyal', 3, 5, 3, 5, 3, 5, '[]', 'Keep ordering: offer products that go with what they buy, and a reason to order a little more.'),
    (3, 'Cannot Lose', 1, 2, 4, 5, 4, 5, '[]', 'Ordered often and for large amounts, but not recently: call in person, ask what went wrong and resolve it.'),
    (4, 'At-Risk', 1, 2, 3, 5, 1, 5, '[]', 'Ordered more than once, but not recently: call before a competitor does, with an offer on what they usually buy.'),
    (5, 'New', 4, 5, 1, 1, 1, 5, '[{"field": "frequency", "operator": "is", "value": 1}, {"field": "recency_days", "operator": "at_most", "value": 90}]', 'One order, in the last 90 days: make a second order within the month easy.'),
    (6, 'Potential Loyalist', 4, 5, 1, 5, 1, 5, '[{"field": "frequency", "operator": "at_least", "value": 2}]', 'Ordered recently and more than once: recommend products, and invite them to your loyalty offers.'),
    (7, 'Needs Attention', 3, 3, 2, 5, 1, 5, '[]', 'Ordered more than once, the last time a while ago: make a timely offer on what they bought last.'),
    (8, 'About to Sleep', 3, 5, 1, 5, 1, 5, '[]', 'Few orders, the last one a while ago: send one reminder with a popular product.'),
    (9, 'Lapsed Big Spenders', 1, 2, 1, 2, 4, 5, '[]', 'Few orders, high revenue, nothing recently: one personal call is worth it.'),
    (10, 'Hibernating', 2, 2, 1, 2, 1, 3, '[]', 'Few orders, modest revenue, nothing recently: include them in seasonal mailings, do not call.'),
    (11, 'Lost', 1, 1, 1, 2, 1, 3, '[]', 'Few orders, modest revenue, silent the longest: spend nothing on them; at most one message a year.')
) as rule (position, name, r_min, r_max, f_min, f_max, m_min, m_max, conditions, advice)
where new_version <= 2;
insert into segment_rule_versions (rules_version) select distinct rules_version from segment_rules on conflict do nothing;
