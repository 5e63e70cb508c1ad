-- What the API may read: customers behind row security, and what belongs to no customer by table grants.
-- PostgreSQL cannot COPY into a table with row security, and loads must. So the web
-- has no rights on those tables; it reads their parent tables, where row security applies, and the rows are in the children.
create schema web;
comment on schema web is 'What the API may read of customers: the same rows as in core, behind row security.';
set search_path = web;

create table customer_records (
    record_id bigint,
    source text,
    source_key text,
    customer_id text,
    name text,
    city text,
    region text,
    postcode text,
    country text,
    signup_date date,
    contact bytea,
    constraint rows_are_in_the_child check (false) no inherit
);
comment on table customer_records is 'One row per customer as one source knows it. contact: encrypted; its second byte says what is on file (1 e-mail, 2 phone, 4 street address).';

create table rfm_scores (
    run_id integer,
    customer_id text,
    last_purchase_day date,
    recency_days integer,
    frequency integer,
    monetary numeric(18, 4),
    r smallint,
    f smallint,
    m smallint,
    rfm_score smallint,
    segment text,
    constraint rows_are_in_the_child check (false) no inherit
);
comment on table rfm_scores is 'One row per run and scored customer.';

create table predictions (
    run_id integer,
    customer_id text,
    probability double precision,
    expected_order_value double precision,
    expected_revenue double precision,
    churn_90 double precision,
    churn_state text,
    churn_180 double precision,
    value_12m double precision,
    value_low double precision,
    value_high double precision,
    value_rank bigint,
    value_band text,
    constraint rows_are_in_the_child check (false) no inherit
);
comment on table predictions is 'One row per run and scored customer.';

create table prediction_reasons (
    run_id integer,
    customer_id text,
    rank smallint,
    theme text,
    direction text,
    points double precision,
    sentence text,
    constraint rows_are_in_the_child check (false) no inherit
);
comment on table prediction_reasons is 'One row per run, customer at the top of the call list and reason.';

alter table core.customer_records inherit customer_records;
alter table core.rfm_scores inherit rfm_scores;
alter table core.predictions inherit predictions;
alter table core.prediction_reasons inherit prediction_reasons;

alter table customer_records enable row level security;
alter table rfm_scores enable row level security;
alter table predictions enable row level security;
alter table prediction_reasons enable row level security;
alter table customer_records force row level security;
alter table rfm_scores force row level security;
alter table predictions force row level security;
alter table prediction_reasons force row level security;

create policy visible on customer_records for select to foresell_web
using ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids()));
create policy visible on rfm_scores for select to foresell_web
using ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids()));
create policy visible on predictions for select to foresell_web
using ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids()));
create policy visible on prediction_reasons for select to foresell_web
using ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids()));

-- Related are customers through their records; both have to be visible.
create policy visible on identity.relations for select to foresell_web
using ((select access.has_permission('customers.read'))
    and record_a in (select record_id from customer_records) and record_b in (select record_id from customer_records));

-- Full-text operators are not leakproof, so row security would read every row before it uses an index: this function
-- searches first and then keeps the visible customers.
create function find_customers(
    search_text text, max_rows integer, contact_indexes bytea[] default '{}', by_name boolean default true
) returns setof text
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    with query as (
        select coalesce(string_agg(
            '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & '
        ), '')::tsquery as words
        from unnest(to_tsvector('simple', search_text))
    ),
    matches as (
        select customer_id from core.customer_records
        where search @@ (select words from query) and by_name and (select access.has_permission('customers.names'))
        union
        select customer_id from core.customer_records where source_key = search_text
        union
        select coalesce(merged_into, customer_id) from core.customers where customer_id = upper(search_text)
        union
        select customer_id from core.customer_records
        where email_index = any (contact_indexes) and access.has_permission('contacts.reveal')
        union
        select customer_id from core.customer_records
        where phone_index = any (contact_indexes) and access.has_permission('contacts.reveal')
    )
    select customer_id from matches
    where (select access.has_permission('customers.read'))
        and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids()))
    limit max_rows;
end;
comment on function find_customers is 'Grain: one visible customer with this source key or id or, by_name and with customers.names, whose name or source key has words with these prefixes. contact_indexes: blind indexes of an e-mail or phone to search, too; needs contacts.reveal.';

create function names_of(ids text[]) returns table (customer_id text, name text)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    select g.customer_id, g.name from identity.golden_records as g
    where g.customer_id = any (ids) and (select access.has_permission('customers.names'))
        and ((select access.current_scope()) = 'all' or g.customer_id in (select access.visible_customer_ids()));
end;
comment on function names_of is 'Grain: one visible customer of these, with the name of the golden record. Needs customers.names.';

create function people_of(ids text[])
returns table (
    customer_id text, name text, city text, region text, postcode text, country text, signup_date date, records bigint,
    email_record bigint, phone_record bigint, address_record bigint, has_street boolean)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    select g.customer_id, case when (select access.has_permission('customers.names')) then g.name end, g.city, g.region,
        g.postcode, g.country, g.signup_date, g.records, g.email_record, g.phone_record, g.address_record,
        (select get_byte(r.contact, 1) & 4 > 0 from core.customer_records as r where r.record_id = g.address_record)
    from identity.golden_records as g
    where g.customer_id = any (ids) and (select access.has_permission('customers.read'))
        and ((select access.current_scope()) = 'all' or g.customer_id in (select access.visible_customer_ids()));
end;
comment on function people_of is 'Grain: one visible customer of these, with the values of the golden record that are not sealed, and the records that hold the sealed ones. The name needs customers.names.';

create function golden_sources(customer text)
returns table (
    record_id bigint, source text, source_key text, changed_at timestamptz, name text, has_name boolean, city text, region text,
    postcode text, country text, signup_date date, on_file integer)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    select r.record_id, r.source, r.source_key, b.loaded_at, case when (select access.has_permission('customers.names')) then r.name end,
        r.name is not null, r.city, r.region, r.postcode, r.country, r.signup_date, coalesce(get_byte(r.contact, 1), 0)
    from core.customer_records as r join core.load_batches as b using (batch_id)
    where r.customer_id = customer and (select access.has_permission('customers.read')) and (select access.can_see(customer))
    order by r.record_id;
end;
comment on function golden_sources is 'Grain: one record of a visible customer, the oldest first. changed_at: when a load last brought or changed its values. on_file: 1 e-mail, 2 phone, 4 street address. The name needs customers.names.';

create function referral_opportunities(
    kinds text[], strengths double precision[], lapsed_days integer, excluded text[], max_rows integer)
returns table (
    customer_id text, last_order_days integer, good_customer_id text, good_segment text, good_monetary double precision,
    strength double precision, relation_ids bigint[], kinds_of_path text[], forward boolean[], customers text[], total bigint)
language sql stable security definer
set search_path = web, pg_temp
begin atomic
    select * from identity.referral_opportunities(
        (select access.current_scope()) = 'all', kinds, strengths, lapsed_days, excluded, max_rows)
    where (select access.has_permission('customers.read'));
end;
comment on function referral_opportunities is 'identity.referral_opportunities among the customers visible to the acting user.';

create function relations_around(customer text)
returns table (
    relation_id bigint, kind text, from_customer text, to_customer text, evidence text, weight double precision, made_by text,
    user_id integer, made_at timestamptz, depth integer)
language sql stable security definer
set search_path = identity, pg_temp
begin atomic
    with recursive near (customer_id, depth) as (
        select customer, 0 where (select access.has_permission('customers.read')) and (select access.can_see(customer))
        union
        select o.customer_id, n.depth + 1
        from near as n
        cross join lateral (
            select y.customer_id
            from core.customer_records as x
            join identity.relations as r on r.removed_at is null and (r.record_a = x.record_id or r.record_b = x.record_id)
            join core.customer_records as y on y.record_id = r.record_a + r.record_b - x.record_id
            where x.customer_id = n.customer_id and y.customer_id <> n.customer_id and access.can_see(y.customer_id)
            order by r.weight is not null, r.relation_id
            limit 60
        ) as o
        where n.depth < 2
    ),
    nearest as materialized (select customer_id, min(depth) as depth from near group by customer_id order by 2, 1 limit 200)
    select distinct on (r.relation_id) r.relation_id, r.kind, a.customer_id, b.customer_id, r.evidence, r.weight, r.made_by,
        r.user_id, r.made_at, n.depth
    from nearest as n
    join core.customer_records as x on x.customer_id = n.customer_id
    join identity.relations as r on r.removed_at is null and (r.record_a = x.record_id or r.record_b = x.record_id)
    join core.customer_records as a on a.record_id = r.record_a
    join core.customer_records as b on b.record_id = r.record_b
    where n.depth < 2 and a.customer_id <> b.customer_id
        and a.customer_id in (select customer_id from nearest) and b.customer_id in (select customer_id from nearest)
    order by r.relation_id, n.depth;
end;
comment on function relations_around is 'Grain: one relation within two steps of a visible customer, between visible customers. depth: of the nearer of its customers: 0 the customer itself. Of each customer 60 relations are followed, those by hand first.';

create function records_of(customers text[], records bigint[]) returns table (
    record_id bigint, customer_id text, source text, source_key text, name text, city text, region text, postcode text,
    country text, signup_date date, has_email boolean, has_phone boolean, has_address boolean, batch_id integer,
    loaded_at timestamptz
)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    select r.record_id, r.customer_id, r.source, r.source_key,
        case when (select access.has_permission('customers.names')) then r.name end,
        r.city, r.region, r.postcode, r.country, r.signup_date,
        coalesce(get_byte(r.contact, 1) & 1 > 0, false), coalesce(get_byte(r.contact, 1) & 2 > 0, false),
        coalesce(get_byte(r.contact, 1) & 4 > 0, false), r.batch_id, b.loaded_at
    from core.customer_records as r left join core.load_batches as b using (batch_id)
    where (r.customer_id = any (customers) or r.record_id = any (records))
        and (select access.has_permission('customers.read'))
        and ((select access.current_scope()) = 'all' or r.customer_id in (select access.visible_customer_ids()))
    order by r.record_id;
end;
comment on function records_of is 'Grain: one visible record of these customers, or one of these records, the oldest first, without contact data. name: null without customers.names. loaded_at: when its values were last loaded.';

create function orders_of_records(records bigint[]) returns table (order_id bigint)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    select o.order_id
    from core.orders as o join core.customer_records as r using (record_id)
    where o.record_id = any (records) and (select access.has_permission('customers.read'))
        and ((select access.current_scope()) = 'all' or r.customer_id in (select access.visible_customer_ids()));
end;
comment on function orders_of_records is 'Grain: one order of these records, those of visible customers only.';

grant usage on schema web to foresell_web;
grant select on rfm_scores, predictions, prediction_reasons to foresell_web;
grant select (record_id, source, source_key, customer_id, city, region, postcode, country, signup_date, contact)
    on customer_records to foresell_web;
revoke execute on all functions in schema web from public;
grant execute on all functions in schema web to foresell_web;

revoke select on core.customer_records from foresell_reader;
grant select (record_id, source, source_key, customer_id, name, city, region, postcode, country, signup_date, batch_id)
    on core.customer_records to foresell_reader;

set search_path = core;

grant usage on schema core to foresell_web;
grant select on publication, runs, run_line_classes, run_segments, run_models, segment_rules, models, backtests,
    backtest_deciles, prediction_outcomes, forecasts to foresell_web;

-- The web has no right to write segment rules and models; these functions check the permission of the acting user.
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

create function withdraw_model(of_task text) returns integer
language plpgsql security definer
set search_path = core, pg_temp
as $$
declare
    withdrawn_id integer;
begin
    if not access.has_permission('models.manage') then
        raise insufficient_privilege using message = 'withdrawing a model needs the permission models.manage';
    end if;
    update models set state = 'withdrawn'
    where model_id = (
        select model_id from models where task = of_task and state = 'served' order by as_of desc, model_id desc limit 1)
    returning model_id into withdrawn_id;
    return withdrawn_id;
end $$;
comment on function withdraw_model is 'Withdraws the newest served model of a task and returns its id, null when none is served. The model before it is served from the next refresh on.';

revoke execute on function insert_segment_rules(jsonb, integer), save_segment_rules(jsonb, integer),
    list_segment_rule_versions(integer), withdraw_model(text) from public;
grant execute on function insert_segment_rules(jsonb, integer) to foresell_app;
grant execute on function save_segment_rules(jsonb, integer), list_segment_rule_versions(integer), withdraw_model(text)
    to foresell_web;
