-- Which records are one customer: merges and splits that can be undone, and what follows them.

set search_path = core;

alter table customers add column merged_into text check (merged_into <> customer_id);
comment on table customers is 'One row per real customer, and per id that once was one. customer_id is assigned once and never reused. merged_into: the customer that has its records now.';
create index customers_merged on customers (merged_into) where merged_into is not null;
create index customer_records_batch on customer_records (batch_id);

set search_path = access;

create or replace function unassigned_customer_ids() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select c.customer_id from core.customers as c
    where (select may_see_unassigned()) and c.merged_into is null
        and not exists (select from customer_owners as o where o.customer_id = c.customer_id);
end;
comment on function unassigned_customer_ids is 'Grain: one customer without an owner, if this transaction may see them.';

insert into permissions (permission, description) values
('identity.manage', 'Change how records are matched and which values are shown; approve matching models.'),
('identity.review', 'Decide which records are one customer: merge, split and undo.');
insert into role_permissions (role, permission) values
('admin', 'identity.manage'), ('admin', 'identity.review'), ('steward', 'identity.review');

set search_path = engagement;

alter table calls add column original_customer_id text;
update calls set original_customer_id = customer_id;
alter table calls alter column original_customer_id set not null;
comment on table calls is 'One row per logged call. undone_at: the call was undone and no longer counts. edited_at: when its outcome or note was last changed. note: encrypted with the key of original_customer_id in privacy.customer_keys; erasing the customer clears it. original_customer_id: as it was written; customer_id follows merges.';

alter table snoozes add column original_customer_id text;
update snoozes set original_customer_id = customer_id;
alter table snoozes alter column original_customer_id set not null;
comment on table snoozes is 'One row per snooze of a customer, who is not on the call list before the day `until`. call_id: the call it was set with; undoing the call cancels it. original_customer_id: as it was written; customer_id follows merges.';

alter table follow_ups add column original_customer_id text;
update follow_ups set original_customer_id = customer_id;
alter table follow_ups alter column original_customer_id set not null;
comment on table follow_ups is 'One row per follow-up of a customer, who is on the call list from due_on until it is done. user_id: who set it. call_id: the call it was set with; undoing the call cancels it. done_call_id: the call that did it; undoing that call opens it again. task: what to do; encrypted with the key of original_customer_id in privacy.customer_keys; erasing the customer clears it. original_customer_id: as it was written; customer_id follows merges.';

alter table call_list_entries add column original_customer_id text;
update call_list_entries set original_customer_id = customer_id;
alter table call_list_entries alter column original_customer_id set not null;
comment on table call_list_entries is 'One row per call list and customer on it, with the reason as it was shown. value_at_risk: net revenue of 30 days; null where expected revenue was off. original_customer_id: as it was written; customer_id follows merges.';

create function keep_original_customer() returns trigger
language plpgsql security definer
set search_path = engagement, pg_temp
as $$
begin
    new.original_customer_id := new.customer_id;
    new.customer_id := coalesce((select merged_into from core.customers where customer_id = new.customer_id), new.customer_id);
    return new;
end $$;
comment on function keep_original_customer is 'What is written about a customer keeps the id it was written under, and belongs to the customer that has its records: merges change customer_id, and undoing them changes it back.';
revoke execute on function keep_original_customer() from public;
grant execute on function keep_original_customer() to foresell_app, foresell_web;
create trigger calls_keep_original_customer before insert on calls for each row execute function keep_original_customer();
create trigger snoozes_keep_original_customer before insert on snoozes for each row execute function keep_original_customer();
create trigger follow_ups_keep_original_customer before insert on follow_ups for each row execute function keep_original_customer();
create trigger call_list_entries_keep_original_customer before insert on call_list_entries for each row
execute function keep_original_customer();
create index calls_original_customer on calls (original_customer_id);
create index snoozes_original_customer on snoozes (original_customer_id);
create index follow_ups_original_customer on follow_ups (original_customer_id);
create index call_list_entries_original_customer on call_list_entries (original_customer_id);

create or replace function note_keys(customer_ids text[])
returns table (customer_id text, kek_id integer, wrapped_key bytea)
language sql stable security definer
set search_path = engagement, pg_temp
begin atomic
    select k.customer_id, k.kek_id, k.wrapped_key from privacy.customer_keys as k
    left join core.customers as c using (customer_id)
    where k.customer_id = any (customer_ids) and (select access.has_permission('calls.read'))
        and ((select access.current_scope()) = 'all'
            or coalesce(c.merged_into, k.customer_id) in (select access.visible_customer_ids()));
end;
comment on function note_keys is 'Grain: one id of these that stands for a visible customer, with the wrapped key of the notes written under it. Needs calls.read.';

create or replace function key_of_notes(about_customer text, new_kek_id integer default null, new_key bytea default null)
returns table (kek_id integer, wrapped_key bytea, is_new_kek boolean)
language plpgsql security definer
set search_path = engagement, pg_temp
as $$
#variable_conflict use_column
declare
    current_kek integer;
    is_new boolean := false;
begin
    if not (access.has_permission('calls.write') and access.can_see(coalesce((
        select c.merged_into from core.customers as c where c.customer_id = about_customer), about_customer))) then
        raise insufficient_privilege using message = 'the user may not write notes about this customer';
    end if;
    perform engagement.lock_note_keys();
    if new_key is not null then
        insert into privacy.customer_keys (customer_id, kek_id, wrapped_key)
        values (about_customer, new_kek_id, new_key) on conflict do nothing;
    end if;
    return query select k.kek_id, k.wrapped_key, false from privacy.customer_keys as k where k.customer_id = about_customer;
    if found then
        return;
    end if;
    select max(e.kek_id) into current_kek from privacy.key_encryption_keys as e where e.retired_at is null;
    if current_kek is null then
        lock table privacy.key_encryption_keys in share row exclusive mode;
        select max(e.kek_id) into current_kek from privacy.key_encryption_keys as e where e.retired_at is null;
    end if;
    if current_kek is null then
        insert into privacy.key_encryption_keys default values returning kek_id into current_kek;
        is_new := true;
    end if;
    return query select current_kek, null::bytea, is_new;
end $$;
comment on function key_of_notes is 'One row: the wrapped key of the notes about a customer, kept until the transaction ends. Without one: the number of the key-encryption key to wrap a new one by (is_new_kek: it is to be made first), and a null key; called again with the new key, it keeps that. Needs calls.write.';

-- Which records are one customer. A merge or split is a row of `moves`; what a customer is follows from the moves that are
-- not undone, in their sequence, so that any of them can be undone at any time. Nothing here holds a value of a record:
-- comparison keys are keyed hashes, evidence is the names of levels.

create schema identity;
comment on schema identity is 'Which records are one customer: moves of records, decisions about pairs, comparison keys, models and reviews.';
set search_path = identity;

create table match_runs (
    run_id integer primary key generated always as identity,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    state text not null default 'running' check (state in ('running', 'finished', 'failed')),
    counts jsonb not null default '{}',
    timings jsonb not null default '{}',
    message text
);
comment on table match_runs is 'One row per comparison of all records. counts: records, pairs, merges, splits, reviews and what was checked. message: why it failed, or what it could not do.';

create table match_models (
    model_id integer primary key generated always as identity,
    kind text not null check (kind in ('person', 'company')),
    state text not null check (state in ('proposed', 'served', 'refused', 'replaced')),
    body text not null,
    card jsonb not null,
    trained_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by integer references access.users
);
comment on table match_models is 'One row per trained matching model. body: its weights as JSON text, never code. card: what it was trained on, results, limits. state: proposed until someone with identity.manage approves it; one of each kind is served.';
create unique index match_models_served on match_models (kind) where state = 'served';

create table moves (
    move_id bigint primary key generated always as identity,
    kind text not null check (kind in ('merge', 'split')),
    customer_id text not null,
    other_ids text[] not null check (cardinality(other_ids) between 1 and 1000),
    record_ids bigint[] not null default '{}',
    made_by text not null check (made_by in ('user', 'run', 'arrival')),
    user_id integer references access.users,
    run_id integer references match_runs,
    reason text check (length(reason) between 1 and 500),
    made_at timestamptz not null default now(),
    undone_at timestamptz,
    undone_by integer references access.users,
    check ((kind = 'split') = (cardinality(record_ids) > 0)),
    check (kind = 'merge' or cardinality(other_ids) = 1)
);
comment on table moves is 'One row per merge or split. merge: all records of other_ids become records of customer_id. split: the records record_ids of customer_id become the customer other_ids[1]. Never deleted; an undone move is as if it had never been.';
create index moves_run on moves (run_id) where run_id is not null;
create index moves_made on moves (made_at desc);

create table move_customers (
    customer_id text not null,
    move_id bigint not null references moves,
    primary key (customer_id, move_id)
);
comment on table move_customers is 'One row per customer id that a move names.';
create index move_customers_move on move_customers (move_id);

create table moved_records (
    record_id bigint primary key,
    first_customer_id text not null
);
comment on table moved_records is 'One row per record that a move has ever moved. first_customer_id: the customer it was loaded as.';
create index moved_records_first on moved_records (first_customer_id);

create table kept_owners (
    customer_id text primary key,
    user_id integer not null references access.users,
    assigned_at timestamptz not null,
    inherited_by text
);
comment on table kept_owners is 'One row per merged customer that had an owner: who gets it back when the merge is undone. inherited_by: the customer that had no owner and got this one.';

create table decisions (
    decision_id bigint primary key generated always as identity,
    record_a bigint not null,
    record_b bigint not null check (record_a < record_b),
    verdict text not null check (verdict in ('same', 'different', 'unsure')),
    user_id integer references access.users,
    move_id bigint references moves,
    reason text check (length(reason) between 1 and 500),
    levels jsonb,
    weight double precision,
    fingerprint_a bytea,
    fingerprint_b bytea,
    decided_at timestamptz not null default now(),
    revoked_at timestamptz,
    held_out boolean not null default false
);
comment on table decisions is 'One row per decision about two records. user_id null: at the command line. move_id: the merge, split or undone move it came with. levels, weight: what the model saw. fingerprint: of the values decided on; when they change, the decision is stale. held_out: not used for training, but to measure precision.';
create unique index decisions_live on decisions (record_a, record_b) where revoked_at is null;
create index decisions_b on decisions (record_b) where revoked_at is null;

create table match_keys (
    key bigint not null,
    record_id bigint not null
);
comment on table match_keys is 'One row per record and comparison key: a keyed hash of a combination of normalized values. Records with a key in common are compared.';
create index match_keys_key on match_keys (key) include (record_id);
create index match_keys_record on match_keys (record_id);

create table compared_records (
    record_id bigint primary key,
    kind text not null check (kind in ('person', 'company')),
    fingerprint bytea not null
);
comment on table compared_records is 'One row per record with comparison keys. fingerprint: keyed hash of its normalized values.';

create table match_pairs (
    record_a bigint not null,
    record_b bigint not null check (record_a < record_b),
    run_id integer references match_runs,
    weight double precision not null,
    levels jsonb not null,
    verdict text not null check (verdict in ('merge', 'review', 'related', 'none')),
    primary key (record_a, record_b)
);
comment on table match_pairs is 'One row per pair of records with evidence worth keeping. weight: bits, the prior included. levels: by comparison, the level and its bits. run_id null: compared when the record was loaded.';
create index match_pairs_b on match_pairs (record_b);

create table reviews (
    review_id bigint primary key generated always as identity,
    record_a bigint not null,
    record_b bigint not null check (record_a < record_b),
    why text not null check (why in ('pair', 'two customers fit', 'conflict', 'too many', 'values changed')),
    weight double precision not null,
    value_at_stake numeric(18, 2) not null default 0,
    pattern text not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_because text check (closed_because in ('decided', 'no longer')),
    unique (record_a, record_b)
);
comment on table reviews is 'One row per pair of records that a person should decide on. value_at_stake: net revenue of both customers. pattern: the levels of the evidence, the same for pairs that can be decided together.';
create index reviews_open on reviews (value_at_stake desc, review_id) where closed_at is null;

create table relations (
    relation_id bigint primary key generated always as identity,
    record_a bigint not null,
    record_b bigint not null check (record_a <> record_b),
    kind text not null check (kind in ('household', 'branch', 'premises', 'works for', 'referred by')),
    evidence text not null check (length(evidence) between 1 and 300),
    weight double precision,
    made_by text not null check (made_by in ('user', 'run', 'arrival', 'source')),
    user_id integer references access.users,
    made_at timestamptz not null default now(),
    removed_at timestamptz,
    removed_by_run boolean not null default false
);
comment on table relations is 'One row per relation of two records; customers are related through their records. works for, referred by: from record_a to record_b. evidence: in words, without values. removed_by_run: a run found no evidence any more; what a person removed, no run adds again.';
create unique index relations_live on relations (record_a, record_b, kind) where removed_at is null;
create index relations_a on relations (record_a);
create index relations_b on relations (record_b);

create table survivorship_rules (
    field_group text primary key check (field_group in ('name', 'email', 'phone', 'address', 'country', 'signup_date')),
    position integer not null unique,
    methods text[] not null
        check (cardinality(methods) between 1 and 5 and methods <@ array['agreement', 'most recent', 'source', 'longest', 'earliest']),
    sources text[] not null default '{}',
    weight integer not null check (weight between 0 and 100),
    changed_at timestamptz,
    changed_by integer references access.users
);
comment on table survivorship_rules is 'One row per group of fields that are taken from one record together. methods: how the record is chosen, the first that decides; source: by the sequence of `sources`, others after it. weight: what the group adds to the completeness of a customer.';
insert into survivorship_rules (position, field_group, weight, methods) values
(1, 'name', 25, array['agreement', 'source']),
(2, 'email', 25, array['most recent', 'source']),
(3, 'phone', 15, array['most recent', 'source']),
(4, 'address', 20, array['most recent', 'source']),
(5, 'country', 10, array['agreement', 'source']),
(6, 'signup_date', 5, array['earliest', 'source']);

create table golden_choices (
    customer_id text not null,
    field_group text not null references survivorship_rules,
    record_id bigint not null,
    rule text not null,
    agreeing bigint[] not null,
    differing bigint[] not null,
    primary key (customer_id, field_group)
);
comment on table golden_choices is 'One row per customer with several records and group of fields that any of them has: the record whose values are shown, by which rule, and the records that agree (that one included) or differ. No values. Deleted when a record of the customer changes, comes or goes; chosen again by what changed it, or by the next refresh.';
create index golden_choices_record on golden_choices (record_id);

create function forget_choices() returns trigger
language plpgsql security definer
set search_path = identity, pg_temp
as $$
begin
    if not exists (select from golden_choices) then
        return null;
    end if;
    delete from golden_choices where customer_id in (select customer_id from old_rows);
    if tg_op = 'UPDATE' then
        delete from golden_choices where customer_id in (select customer_id from new_rows);
    end if;
    return null;
end $$;
comment on function forget_choices is 'Deletes the choices of customers whose records changed, moved or went.';
create trigger customer_records_forget_choices after update on core.customer_records
referencing old table as old_rows new table as new_rows for each statement execute function forget_choices();
create trigger customer_records_forget_choices_on_delete after delete on core.customer_records
referencing old table as old_rows for each statement execute function forget_choices();

create table golden_pins (
    customer_id text not null,
    field_group text not null references survivorship_rules,
    record_id bigint not null,
    user_id integer references access.users,
    reason text check (length(reason) between 1 and 500),
    until date,
    pinned_at timestamptz not null default now(),
    primary key (customer_id, field_group)
);
comment on table golden_pins is 'One row per customer and group of fields that a person fixed to one record. until: the last day it holds; null: until it is removed.';

create view golden_records with (security_invoker = true) as
select k.customer_id, k.name, k.place[1][1] as city, k.place[1][2] as region, k.place[1][3] as postcode, k.country, k.signup_date,
    k.name_record, k.email_record, k.phone_record, k.place[1][4]::bigint as address_record, k.country_record, k.signup_date_record,
    (k.name_record is not null)::integer + 2 * (k.email_record is not null)::integer + 4 * (k.phone_record is not null)::integer
        + 8 * (k.place[1][5] is not null and coalesce(k.place[1][1], k.place[1][3]) is not null)::integer
        + 16 * (k.country_record is not null)::integer + 32 * (k.signup_date_record is not null)::integer as known,
    k.records
from (
    select r.customer_id,
        count(*) as records,
        coalesce(max(r.name) filter (where r.record_id = n.record_id),
            (array_agg(r.name order by r.record_id) filter (where r.name is not null))[1]) as name,
        coalesce(max(r.record_id) filter (where r.record_id = n.record_id and r.name is not null),
            min(r.record_id) filter (where r.name is not null)) as name_record,
        coalesce(max(r.record_id) filter (where r.record_id = e.record_id and get_byte(r.contact, 1) & 1 > 0),
            min(r.record_id) filter (where get_byte(r.contact, 1) & 1 > 0)) as email_record,
        coalesce(max(r.record_id) filter (where r.record_id = p.record_id and get_byte(r.contact, 1) & 2 > 0),
            min(r.record_id) filter (where get_byte(r.contact, 1) & 2 > 0)) as phone_record,
        coalesce(
            array_agg(array[r.city, r.region, r.postcode, r.record_id::text, case when get_byte(r.contact, 1) & 4 > 0 then '' end])
                filter (where r.record_id = a.record_id
                    and (get_byte(r.contact, 1) & 4 > 0 or coalesce(r.city, r.region, r.postcode) is not null)),
            array_agg(array[r.city, r.region, r.postcode, r.record_id::text, case when get_byte(r.contact, 1) & 4 > 0 then '' end]
                order by r.record_id)
                filter (where get_byte(r.contact, 1) & 4 > 0 or coalesce(r.city, r.region, r.postcode) is not null)) as place,
        coalesce(max(r.country) filter (where r.record_id = c.record_id),
            (array_agg(r.country order by r.record_id) filter (where r.country is not null))[1]) as country,
        coalesce(max(r.record_id) filter (where r.record_id = c.record_id and r.country is not null),
            min(r.record_id) filter (where r.country is not null)) as country_record,
        coalesce(max(r.signup_date) filter (where r.record_id = s.record_id),
            (array_agg(r.signup_date order by r.record_id) filter (where r.signup_date is not null))[1]) as signup_date,
        coalesce(max(r.record_id) filter (where r.record_id = s.record_id and r.signup_date is not null),
            min(r.record_id) filter (where r.signup_date is not null)) as signup_date_record
    from core.customer_records as r
    left join golden_choices as n on n.customer_id = r.customer_id and n.field_group = 'name'
    left join golden_choices as e on e.customer_id = r.customer_id and e.field_group = 'email'
    left join golden_choices as p on p.customer_id = r.customer_id and p.field_group = 'phone'
    left join golden_choices as a on a.customer_id = r.customer_id and a.field_group = 'address'
    left join golden_choices as c on c.customer_id = r.customer_id and c.field_group = 'country'
    left join golden_choices as s on s.customer_id = r.customer_id and s.field_group = 'signup_date'
    group by r.customer_id
) as k;
comment on view golden_records is 'One row per customer: the values shown everywhere, each group of fields from the record chosen for it (golden_choices), else from the first record that has it, and these records; null where none has it. email_record, phone_record and address_record hold sealed values. known: bits of the groups that are known: 1 name, 2 e-mail, 4 phone, 8 address (a street, and a town or postcode), 16 country, 32 signup date.';

create function current_customer(id text) returns text
language sql stable parallel safe security definer
set search_path = identity, pg_temp
begin atomic
    select coalesce(merged_into, customer_id) from core.customers where customer_id = id;
end;
comment on function current_customer is 'The customer that an id stands for now: itself, or the one it was merged into; null when there is no such customer.';

create function ids_of_customer(id text) returns setof text
language sql stable parallel safe security definer
set search_path = identity, pg_temp
begin atomic
    select customer_id from core.customers where customer_id = id or merged_into = id;
end;
comment on function ids_of_customer is 'Grain: one id that stands for this customer now: its own, and those merged into it.';

create function referral_opportunities(
    everyone boolean, kinds text[], strengths double precision[], lapsed_days integer, excluded text[], max_rows integer)
returns table (
    customer_id text, last_order_days integer, good_customer_id text, good_segment text, good_monetary double precision,
    strength double precision, relation_ids bigint[], kinds_of_path text[], forward boolean[], customers text[], total bigint)
language sql stable
set search_path = identity, pg_temp
begin atomic
    with recursive scored as materialized (
        select s.customer_id, s.recency_days, s.segment, s.monetary::double precision as monetary,
            s.r >= 4 and s.f >= 4 and s.m >= 4 as is_good
        from core.rfm_scores as s where s.run_id = (select run_id from core.publication)
    ),
    ends as materialized (
        select r.relation_id, r.kind, k.strength, x.customer_id as a, y.customer_id as b
        from relations as r
        join rows from (unnest(kinds), unnest(strengths)) as k (kind, strength) on k.kind = r.kind
        join core.customer_records as x on x.record_id = r.record_a
        join core.customer_records as y on y.record_id = r.record_b
        where r.removed_at is null and x.customer_id <> y.customer_id
            and x.customer_id <> all (excluded) and y.customer_id <> all (excluded)
            and (everyone or (x.customer_id in (select access.visible_customer_ids())
                and y.customer_id in (select access.visible_customer_ids())))
    ),
    steps as materialized (
        select here, there, relation_id, kind, forward, strength from (
            select here, there, relation_id, kind, forward, strength,
                row_number() over (partition by here order by strength desc, relation_id) as place
            from (
                select a as here, b as there, relation_id, kind, true as forward, strength from ends
                union all
                select b, a, relation_id, kind, false, strength from ends
            ) as both_ways
        ) as ranked
        where place <= 20
    ),
    paths (customer_id, recency_days, here, relation_ids, kinds_of_path, forward, customers, strength) as (
        select s.here, d.recency_days, s.there, array[s.relation_id], array[s.kind], array[s.forward],
            array[s.here, s.there], s.strength
        from steps as s left join scored as d on d.customer_id = s.here
        where d.customer_id is null or d.recency_days > lapsed_days
        union all
        select p.customer_id, p.recency_days, s.there, p.relation_ids || s.relation_id, p.kinds_of_path || s.kind,
            p.forward || s.forward, p.customers || s.there, p.strength * s.strength
        from paths as p join steps as s on s.here = p.here
        where cardinality(p.relation_ids) < 2 and s.there <> all (p.customers)
    ),
    best as (
        select distinct on (p.customer_id) p.*, g.segment, g.monetary
        from paths as p join scored as g on g.customer_id = p.here and g.is_good and g.recency_days <= lapsed_days
        order by p.customer_id, p.strength desc, g.monetary desc, p.here, p.relation_ids
    )
    select customer_id, recency_days, here, segment, monetary, strength, relation_ids, kinds_of_path, forward, customers, count(*) over ()
    from best order by strength desc, monetary desc, customer_id
    limit max_rows;
end;
comment on function referral_opportunities is 'Grain: one customer without a counted order (last_order_days null), or with none in lapsed_days, with the strongest path of one or two relations to a good customer (R, F and M at least 4) of the published run. strengths: of each of kinds; a path has their product. excluded: customers who object to being contacted or named; no path ends at them or leads through them. Of each customer the 20 strongest relations are followed. total: how many there are without max_rows.';

create function current_customers(ids text[]) returns table (id text, customer_id text)
language sql stable parallel safe security definer
set search_path = identity, pg_temp
begin atomic
    select i.id, coalesce(c.merged_into, i.id)
    from (select distinct unnest(ids) as id) as i left join core.customers as c on c.customer_id = i.id;
end;
comment on function current_customers is 'Grain: one of these ids, with the customer it stands for now; an unknown id stands for itself.';

create function lock_moves() returns void
language sql
begin atomic
    select pg_advisory_xact_lock(hashtext('foresell identity'));
end;
comment on function lock_moves is 'Held by every transaction that moves records: one at a time.';

-- Owners, calls, snoozes, follow-ups and call lists follow a customer to the one it was merged into, and back.
create function follow_moves(ids text[]) returns void
language plpgsql
set search_path = identity, pg_temp
as $$
begin
    ids := array(
        select unnest(ids)
        union
        select merged_into from core.customers where customer_id = any (ids)
        union
        select inherited_by from kept_owners where customer_id = any (ids));
    -- current_customer is called for the few rows there are: joined with the customers, of whom the statistics do not know yet how
    -- many are merged, these rows would be read once for each customer.
    -- Back: customers that have records of their own again.
    delete from access.customer_owners as o using kept_owners as k
    where k.customer_id = any (ids) and current_customer(k.customer_id) <> k.inherited_by
        and o.customer_id = k.inherited_by and o.user_id = k.user_id and o.assigned_at = k.assigned_at;
    with back as (
        delete from kept_owners where customer_id = any (ids) and current_customer(customer_id) = customer_id
        returning customer_id, user_id, assigned_at
    )
    insert into access.customer_owners (customer_id, user_id, assigned_at) select customer_id, user_id, assigned_at from back
    on conflict (customer_id) do nothing;
    -- There: customers without records of their own.
    with gone as (
        delete from access.customer_owners where customer_id = any (ids) and current_customer(customer_id) <> customer_id
        returning customer_id, user_id, assigned_at
    )
    insert into kept_owners (customer_id, user_id, assigned_at) select customer_id, user_id, assigned_at from gone
    on conflict (customer_id) do update set user_id = excluded.user_id, assigned_at = excluded.assigned_at, inherited_by = null;
    update kept_owners set inherited_by = null
    where customer_id = any (ids) and current_customer(customer_id) is distinct from inherited_by;
    with heirs as (
        select distinct on (c.merged_into) c.merged_into, k.customer_id, k.user_id, k.assigned_at
        from kept_owners as k join core.customers as c using (customer_id)
        where c.merged_into = any (ids) and not exists (select from access.customer_owners as o where o.customer_id = c.merged_into)
        order by c.merged_into, k.assigned_at desc, k.customer_id
    ),
    given as (
        insert into access.customer_owners (customer_id, user_id, assigned_at)
        select merged_into, user_id, assigned_at from heirs returning customer_id
    )
    update kept_owners as k set inherited_by = h.merged_into
    from heirs as h where k.customer_id = h.customer_id;
    update engagement.calls set customer_id = current_customer(original_customer_id)
    where original_customer_id = any (ids) and customer_id <> current_customer(original_customer_id);
    update engagement.snoozes set customer_id = current_customer(original_customer_id)
    where original_customer_id = any (ids) and customer_id <> current_customer(original_customer_id);
    update engagement.follow_ups set customer_id = current_customer(original_customer_id)
    where original_customer_id = any (ids) and customer_id <> current_customer(original_customer_id);
    -- Of customers of one list that are one by now, the first entry follows.
    update engagement.call_list_entries as t set customer_id = current_customer(t.original_customer_id)
    where t.original_customer_id = any (ids) and t.customer_id <> current_customer(t.original_customer_id)
        and not exists (
            select from engagement.call_list_entries as other
            where other.call_list_id = t.call_list_id and other.original_customer_id <> t.original_customer_id
                and (other.customer_id = current_customer(t.original_customer_id)
                    or current_customer(other.original_customer_id) = current_customer(t.original_customer_id)
                    and other.position < t.position));
end $$;
comment on function follow_moves is 'Lets owners, calls, snoozes, follow-ups and call lists follow these customers to where they are merged into now, or back. An owner is kept; a customer without one inherits that of the customer merged into it last assigned.';

create function add_decisions(a bigint[], b bigint[], verdict text, by_user integer, move bigint, why text) returns void
language plpgsql security definer
set search_path = identity, pg_temp
as $$
begin
    update decisions as d set revoked_at = now()
    from rows from (unnest(a), unnest(b)) as p (a, b)
    where d.revoked_at is null and d.record_a = least(p.a, p.b) and d.record_b = greatest(p.a, p.b);
    insert into decisions (
        record_a, record_b, verdict, user_id, move_id, reason, levels, weight, fingerprint_a, fingerprint_b, held_out)
    select p.a, p.b, add_decisions.verdict, by_user, move, why, m.levels, m.weight, x.fingerprint, y.fingerprint,
        mod(abs(hashint8(p.a * 31 + p.b)), 5) = 0
    from (select distinct least(p.a, p.b) as a, greatest(p.a, p.b) as b from rows from (unnest(a), unnest(b)) as p (a, b)) as p
    left join match_pairs as m on m.record_a = p.a and m.record_b = p.b
    left join compared_records as x on x.record_id = p.a
    left join compared_records as y on y.record_id = p.b;
    update reviews as r set closed_at = now(), closed_because = 'decided'
    from rows from (unnest(a), unnest(b)) as p (a, b)
    where r.closed_at is null and r.record_a = least(p.a, p.b) and r.record_b = greatest(p.a, p.b);
end $$;
comment on function add_decisions is 'Records, for each i, the decision about records a[i] and b[i], instead of an earlier one, and closes its review. One in five is held out to measure precision.';

create function add_merges(customers text[], others jsonb, by text, by_user integer, by_run integer, why text) returns setof bigint
language plpgsql security definer
set search_path = identity, pg_temp
as $$
declare
    ids text[];
    last_move bigint;
begin
    perform lock_moves();
    create temporary table new_merges on commit drop as
    select n.customer_id, array(select jsonb_array_elements_text(n.other) order by 1) as other_ids
    from rows from (unnest(customers), jsonb_array_elements(others)) as n (customer_id, other);
    create temporary table new_ids on commit drop as
    select o.id, n.customer_id as into_id from new_merges as n cross join unnest(n.other_ids) as o (id);
    analyze new_ids; -- without its size, the planner would read all customers once for each id
    ids := array(select customer_id from new_merges union all select unnest(other_ids) from new_merges);
    if cardinality(ids) <> (select count(distinct i) from unnest(ids) as i)
        or cardinality(ids) <> (select count(*) from core.customers where customer_id = any (ids) and merged_into is null) then
        raise sqlstate 'FS404' using message = 'a customer of a merge does not exist, is merged already, or is named twice';
    end if;
    last_move := coalesce((select max(m.move_id) from moves as m), 0);
    return query
    insert into moves (kind, customer_id, other_ids, made_by, user_id, run_id, reason)
    select 'merge', customer_id, other_ids, by, by_user, by_run, why from new_merges
    returning move_id;
    insert into move_customers (customer_id, move_id)
    select unnest(m.customer_id || m.other_ids), m.move_id from moves as m where m.move_id > last_move;
    if by = 'user' then
        update decisions as d set revoked_at = now()
        from core.customer_records as x, core.customer_records as y
        where d.revoked_at is null and d.verdict <> 'same' and x.record_id = d.record_a and y.record_id = d.record_b
            and x.customer_id = any (ids) and y.customer_id = any (ids) and x.customer_id <> y.customer_id;
        perform add_decisions(array_agg(x.first), array_agg(y.first), 'same', by_user, max(m.move_id), why)
        from new_merges as n cross join unnest(n.other_ids) as o (id)
        join moves as m on m.customer_id = n.customer_id and m.other_ids = n.other_ids and m.undone_at is null
        cross join lateral (select min(record_id) as first from core.customer_records where customer_id = n.customer_id) as x
        cross join lateral (select min(record_id) as first from core.customer_records where customer_id = o.id) as y;
    end if;
    insert into moved_records (record_id, first_customer_id)
    select r.record_id, r.customer_id from new_ids as o join core.customer_records as r on r.customer_id = o.id
    on conflict do nothing;
    update core.customer_records as r set customer_id = o.into_id from new_ids as o where r.customer_id = o.id;
    update core.customers as c set merged_into = o.into_id from new_ids as o where c.merged_into = o.id;
    update core.customers as c set merged_into = o.into_id from new_ids as o where c.customer_id = o.id;
    update reviews as r set closed_at = now(), closed_because = 'decided'
    from core.customer_records as x, core.customer_records as y
    where r.closed_at is null and x.record_id = r.record_a and y.record_id = r.record_b
        and x.customer_id = y.customer_id and x.customer_id = any (customers);
    perform follow_moves(ids || array(select customer_id from core.customers where merged_into = any (ids)));
    if by = 'user' then
        perform audit.record_event(by_user, 'customers.merged', 'customer:' || customers[1], '{}', null, ids);
    end if;
    drop table new_merges, new_ids;
end $$;
comment on function add_merges is 'Merges, for each i, the customers others[i] (an array of ids) into customers[i]. Returns the moves. SQLSTATE FS404 when one of them is no customer with records.';

create function add_split(customer text, records bigint[], by text, by_user integer, by_run integer, why text)
returns table (move_id bigint, customer_id text)
language plpgsql security definer
set search_path = identity, pg_temp
as $$
#variable_conflict use_column
declare
    target text;
    move bigint;
    total bigint;
begin
    perform lock_moves();
    select count(*) into total from core.customer_records where customer_id = customer;
    if cardinality(records) = 0 or total <= cardinality(records)
        or cardinality(records) <> (select count(*) from core.customer_records as r where r.customer_id = customer and r.record_id = any (records)) then
        raise sqlstate 'FS404' using message = 'the records of a split are not some, but not all, records of the customer';
    end if;
    -- The id that these records, and no others, came with; else a new one.
    select min(f.first_customer_id) into target from moved_records as f join core.customers as c on c.customer_id = f.first_customer_id
    where f.record_id = any (records) and c.merged_into = customer
    having count(distinct f.first_customer_id) = 1;
    if target is null then
        target := format('C%s', lpad(nextval('core.customer_number')::text, 6, '0'));
        insert into core.customers (customer_id) values (target);
    end if;
    insert into moves (kind, customer_id, other_ids, record_ids, made_by, user_id, run_id, reason)
    values ('split', customer, array[target], records, by, by_user, by_run, why) returning moves.move_id into move;
    insert into move_customers (customer_id, move_id) values (customer, move), (target, move);
    insert into moved_records (record_id, first_customer_id)
    select r.record_id, r.customer_id from core.customer_records as r where r.record_id = any (records)
    on conflict do nothing;
    update core.customer_records as r set customer_id = target where r.record_id = any (records);
    update core.customers as c set merged_into = null where c.customer_id = target;
    perform follow_moves(array[customer, target]);
    if by = 'user' then
        perform add_decisions(array_agg(x.record_id), array_agg(y.record_id), 'different', by_user, move, why)
        from core.customer_records as x cross join core.customer_records as y
        where x.customer_id = customer and y.customer_id = target;
        perform audit.record_event(
            by_user, 'customers.split', 'customer:' || customer, jsonb_build_object('move_id', move), null, array[customer, target]);
    end if;
    return query select move, target;
end $$;
comment on function add_split is 'Moves some records of a customer to another one: the one they were loaded as, or a new one. SQLSTATE FS404 when they are not its records, or all of them.';

create function settle_customers(ids text[]) returns void
language plpgsql security definer
set search_path = identity, pg_temp
as $$
declare
    empty text[] := array(
        select c.customer_id from core.customers as c
        where (c.customer_id = any (ids) or c.merged_into = any (ids))
            and not exists (select from core.customer_records as r where r.customer_id = c.customer_id)
            and (c.merged_into is null or not exists (select from core.customer_records as r where r.customer_id = c.merged_into)));
begin
    update core.customers as c set merged_into = h.customer_id
    from (
        select distinct on (f.first_customer_id) f.first_customer_id, r.customer_id
        from moved_records as f join core.customer_records as r using (record_id)
        where f.first_customer_id = any (empty) order by f.first_customer_id, f.record_id
    ) as h
    where c.customer_id = h.first_customer_id;
    update core.customers as c set merged_into = o.merged_into
    from core.customers as o
    where c.customer_id = any (empty) and o.customer_id = c.merged_into and o.merged_into is not null;
    delete from core.customers as c
    where c.customer_id = any (empty)
        and (c.merged_into is null or not exists (select from core.customer_records as r where r.customer_id = c.merged_into));
    perform follow_moves(empty);
end $$;
comment on function settle_customers is 'After records were deleted or moved: an id of these without records, whose customer has none either, stands for the customer that has its first record; without such a one it is deleted.';

create function component_of(ids text[]) returns text[]
language plpgsql stable
set search_path = identity, pg_temp
as $$
declare
    known text[] := ids;
    wider text[];
begin
    loop
        wider := array(
            select unnest(known)
            union
            select o.customer_id from move_customers as m join move_customers as o using (move_id) where m.customer_id = any (known));
        exit when cardinality(wider) = cardinality(known);
        known := wider;
    end loop;
    return known;
end $$;
comment on function component_of is 'These customers and all that moves connect with them.';

create function undo_move(which bigint, by_user integer) returns table (record_id bigint, was text, now_at text)
language plpgsql security definer
set search_path = identity, pg_temp
as $$
#variable_conflict use_column
declare
    ids text[];
    place jsonb;
    old_place jsonb;
    alias jsonb := '{}';
    step record;
    target text;
    id text;
begin
    perform lock_moves();
    update moves as m set undone_at = clock_timestamp(), undone_by = by_user where m.move_id = which and m.undone_at is null;
    if not found then
        raise sqlstate 'FS404' using message = 'there is no such move, or it was undone already';
    end if;
    ids := component_of(array(select customer_id from move_customers where move_id = which));
    select coalesce(jsonb_object_agg(r.record_id, coalesce(f.first_customer_id, r.customer_id)), '{}'),
        coalesce(jsonb_object_agg(r.record_id, r.customer_id), '{}') into place, old_place
    from core.customer_records as r left join moved_records as f using (record_id)
    where r.customer_id = any (ids) or f.first_customer_id = any (ids);
    for step in
        select m.* from moves as m where m.move_id in (select move_id from move_customers where customer_id = any (ids)) order by m.move_id
    loop
        target := case step.kind when 'merge' then step.customer_id else step.other_ids[1] end;
        if step.undone_at is null then
            select coalesce(jsonb_object_agg(p.key, case
                when step.kind = 'merge' and p.value = any (step.other_ids) then to_jsonb(target)
                when step.kind = 'split' and p.value = step.customer_id and p.key::bigint = any (step.record_ids) then to_jsonb(target)
                else to_jsonb(p.value) end), '{}') into place
            from jsonb_each_text(place) as p;
            alias := alias - target;
            if step.kind = 'merge' then
                alias := alias || (select jsonb_object_agg(o, target) from unnest(step.other_ids) as o);
            end if;
        end if;
        if step.kind = 'split' and not exists (select from jsonb_each_text(place) as p where p.value = target) then
            alias := alias || jsonb_build_object(target, step.customer_id);
        end if;
    end loop;
    update core.customer_records as r set customer_id = p.value
    from jsonb_each_text(place) as p where r.record_id = p.key::bigint and r.customer_id <> p.value;
    foreach id in array ids loop
        target := id;
        while not exists (select from jsonb_each_text(place) as p where p.value = target) and alias ? target loop
            target := alias ->> target;
        end loop;
        update core.customers as c set merged_into = nullif(target, id)
        where c.customer_id = id and c.merged_into is distinct from nullif(target, id);
    end loop;
    perform follow_moves(ids), settle_customers(ids);
    -- A run does not put together again what this took apart, nor take apart what it put together.
    perform add_decisions(array_agg(x.key::bigint), array_agg(y.key::bigint), 'different', by_user, which, null)
    from jsonb_each_text(old_place) as x join jsonb_each_text(old_place) as y on y.value = x.value and y.key::bigint > x.key::bigint
    where place ->> x.key <> place ->> y.key
    having count(*) > 0;
    update decisions set revoked_at = now() where move_id = which and revoked_at is null
        and verdict = (select case kind when 'split' then 'different' end from moves where move_id = which);
    perform audit.record_event(
        by_user, 'customers.move_undone', 'move:' || which, '{}', null,
        array(select c.customer_id from core.customers as c where c.customer_id = any (ids)));
    return query
    select p.key::bigint, o.value, p.value from jsonb_each_text(place) as p join jsonb_each_text(old_place) as o using (key)
    where p.value <> o.value;
end $$;
comment on function undo_move is 'Undoes a move: the customers that moves connect with it are what they would be without it. Grain: one record that changed its customer. SQLSTATE FS404 when it was undone already.';

create function decide_reviews(which bigint[], verdict text, by_user integer, why text)
returns table (review_id bigint, decision_id bigint, move_id bigint)
language plpgsql security definer
set search_path = identity, pg_temp
as $$
#variable_conflict use_column
declare
    step record;
    move bigint;
    kept text;
    gone text;
    touched text[] := '{}';
    done bigint[] := '{}';
begin
    perform lock_moves();
    for step in
        select r.review_id, r.record_a, r.record_b, x.customer_id as customer_a, y.customer_id as customer_b
        from reviews as r
        join core.customer_records as x on x.record_id = r.record_a
        join core.customer_records as y on y.record_id = r.record_b
        where r.review_id = any (which) and r.closed_at is null
        order by r.review_id
    loop
        move := null;
        -- Earlier steps may have moved them.
        select x.customer_id, y.customer_id into kept, gone from core.customer_records as x, core.customer_records as y
        where x.record_id = step.record_a and y.record_id = step.record_b;
        if verdict = 'same' and kept <> gone then
            if (select count(*) from core.customer_records as r where r.customer_id = kept)
                < (select count(*) from core.customer_records as r where r.customer_id = gone) then
                select gone, kept into kept, gone;
            end if;
            move := (select add_merges(array[kept], jsonb_build_array(jsonb_build_array(gone)), 'user', by_user, null, why));
        elsif verdict = 'different' and kept = gone then
            move := (select s.move_id from add_split(kept, array[step.record_b], 'user', by_user, null, why) as s);
        end if;
        perform add_decisions(array[step.record_a], array[step.record_b], verdict, by_user, move, why);
        touched := touched || array[kept, gone, step.customer_a, step.customer_b];
        done := done || step.review_id;
    end loop;
    if cardinality(done) = 0 then
        raise sqlstate 'FS404' using message = 'these pairs were decided already, or there are none';
    end if;
    update reviews as r set closed_at = now(), closed_because = 'no longer'
    from core.customer_records as x, core.customer_records as y
    where r.closed_at is null and r.why in ('pair', 'two customers fit') and x.record_id = r.record_a and y.record_id = r.record_b
        and x.customer_id = y.customer_id and x.customer_id = any (touched);
    perform audit.record_event(
        by_user, 'identity.decided', case when cardinality(done) = 1 then 'review:' || done[1] end,
        jsonb_build_object('verdict', verdict, 'pairs', cardinality(done)), null,
        array(select distinct t from unnest(touched) as t));
    return query
    select r.review_id, d.decision_id, d.move_id
    from reviews as r join decisions as d on d.record_a = r.record_a and d.record_b = r.record_b and d.revoked_at is null
    where r.review_id = any (done) order by r.review_id;
end $$;
comment on function decide_reviews is 'Decides on open reviews. same: their customers are merged; different: record_b leaves the customer, if they are one. Reviews that this makes pointless are closed. Grain: one review that was decided. SQLSTATE FS404 when none of them is open.';

create function undo_decisions(which bigint[], by_user integer) returns table (decision_id bigint, record_a bigint, record_b bigint)
language plpgsql security definer
set search_path = identity, pg_temp
as $$
#variable_conflict use_column
declare
    step record;
    undone bigint[] := '{}';
begin
    perform lock_moves();
    for step in
        select d.* from decisions as d where d.decision_id = any (which) and d.revoked_at is null order by d.decision_id desc
    loop
        if exists (select from moves as m where m.move_id = step.move_id and m.undone_at is null) then
            perform undo_move(step.move_id, by_user);
        end if;
        -- As if it had never been decided: neither this, nor what the merge, the split or the undo decided with it.
        update decisions as d set revoked_at = now()
        where d.revoked_at is null and (d.decision_id = step.decision_id or d.move_id = step.move_id);
        update decisions as d set revoked_at = null
        where d.revoked_at = step.decided_at and d.decided_at < step.decided_at
            and d.record_a = step.record_a and d.record_b = step.record_b
            and not exists (
                select from decisions as o where o.record_a = d.record_a and o.record_b = d.record_b and o.revoked_at is null);
        update reviews as r set closed_at = null, closed_because = null
        where r.closed_at is not null and (r.record_a = step.record_a and r.record_b = step.record_b
            or r.closed_at = step.decided_at and r.closed_because = 'no longer');
        undone := undone || step.decision_id;
    end loop;
    if cardinality(undone) = 0 then
        raise sqlstate 'FS404' using message = 'these decisions were undone already, or there are none';
    end if;
    perform audit.record_event(
        by_user, 'identity.decision_undone', case when cardinality(undone) = 1 then 'decision:' || undone[1] end,
        jsonb_build_object('pairs', cardinality(undone)), null,
        array(select distinct r.customer_id from decisions as d
            join core.customer_records as r on r.record_id in (d.record_a, d.record_b) where d.decision_id = any (undone)));
    return query select d.decision_id, d.record_a, d.record_b from decisions as d where d.decision_id = any (undone);
end $$;
comment on function undo_decisions is 'Undoes decisions: what they merged or split is undone, and their reviews are open again. Grain: one decision. SQLSTATE FS404 when none of them is in force.';

create function web_merge(customers text[], why text) returns bigint
language plpgsql security definer
set search_path = identity, pg_temp
as $$
begin
    if not (access.has_permission('identity.review') and access.current_scope() = 'all') then
        raise insufficient_privilege using message = 'merging customers needs the permission identity.review';
    end if;
    return (select add_merges(customers[1:1], jsonb_build_array(to_jsonb(customers[2:])), 'user', access.current_user_id(), null, why));
end $$;
comment on function web_merge is 'add_merges for the web: merges the other customers into the first. Checks the permission.';

create function web_split(customer text, records bigint[], why text) returns table (move_id bigint, customer_id text)
language plpgsql security definer
set search_path = identity, pg_temp
as $$
begin
    if not (access.has_permission('identity.review') and access.current_scope() = 'all') then
        raise insufficient_privilege using message = 'splitting a customer needs the permission identity.review';
    end if;
    return query select * from add_split(customer, records, 'user', access.current_user_id(), null, why);
end $$;
comment on function web_split is 'add_split for the web. Checks the permission.';

create function web_undo(which bigint) returns table (record_id bigint, was text, now_at text)
language plpgsql security definer
set search_path = identity, pg_temp
as $$
begin
    if not (access.has_permission('identity.review') and access.current_scope() = 'all') then
        raise insufficient_privilege using message = 'undoing a merge or split needs the permission identity.review';
    end if;
    return query select * from undo_move(which, access.current_user_id());
end $$;
comment on function web_undo is 'undo_move for the web. Checks the permission.';

create function web_decide(which bigint[], verdict text, why text) returns table (review_id bigint, decision_id bigint, move_id bigint)
language plpgsql security definer
set search_path = identity, pg_temp
as $$
begin
    if not (access.has_permission('identity.review') and access.current_scope() = 'all') then
        raise insufficient_privilege using message = 'deciding on a pair needs the permission identity.review';
    end if;
    return query select * from decide_reviews(which, verdict, access.current_user_id(), why);
end $$;
comment on function web_decide is 'decide_reviews for the web. Checks the permission.';

create function web_undo_decisions(which bigint[]) returns table (decision_id bigint, record_a bigint, record_b bigint)
language plpgsql security definer
set search_path = identity, pg_temp
as $$
begin
    if not (access.has_permission('identity.review') and access.current_scope() = 'all') then
        raise insufficient_privilege using message = 'undoing a decision needs the permission identity.review';
    end if;
    return query select * from undo_decisions(which, access.current_user_id());
end $$;
comment on function web_undo_decisions is 'undo_decisions for the web. Checks the permission.';

create function why_no_pair(a bigint, b bigint) returns text
language sql stable security definer
set search_path = identity, pg_temp
begin atomic
    select case
        when not access.has_permission('identity.review') then null
        when (select count(*) from compared_records where record_id in (a, b)) < 2 then 'not compared yet'
        when (select count(distinct kind) from compared_records where record_id in (a, b)) = 2 then 'a person and a company'
        when not exists (
            select from match_keys as x join match_keys as y using (key) where x.record_id = a and y.record_id = b)
            then 'no key in common'
        else 'too little evidence' end;
end;
comment on function why_no_pair is 'Why no evidence is stored of two records: not compared yet, a person and a company, no key in common, or too little evidence. Null without identity.review.';

create function measure_precision() returns table (decided bigint, same bigint, merge_weight double precision)
language sql stable security definer
set search_path = identity, pg_temp
begin atomic
    with served as (
        select kind, (body::jsonb #>> '{thresholds,merge}')::double precision as merge_weight
        from match_models where state = 'served'
    )
    select count(*), count(*) filter (where d.verdict = 'same'), (select min(s.merge_weight) from served as s)
    from decisions as d
    join compared_records as a on a.record_id = d.record_a and a.fingerprint = d.fingerprint_a
    join compared_records as b on b.record_id = d.record_b and b.fingerprint = d.fingerprint_b
    join served as s on s.kind = a.kind
    where d.revoked_at is null and d.held_out and d.verdict <> 'unsure' and d.weight >= s.merge_weight;
end;
comment on function measure_precision is 'Grain: one row. Of decided pairs that were held out of training and that the served model of their kind would merge, how many are the same; without pairs whose records have changed since. merge_weight: the least of the served models; null without one.';

create function web_precision() returns table (decided bigint, same bigint, merge_weight double precision)
language sql stable security definer
set search_path = identity, pg_temp
begin atomic
    select m.decided, m.same, m.merge_weight from measure_precision() as m where access.has_permission('identity.review');
end;
comment on function web_precision is 'measure_precision for the web; no row without identity.review.';

create function forget_records(records bigint[]) returns void
language sql security definer
set search_path = identity, pg_temp
begin atomic
    update moves set reason = null
    where reason is not null and move_id in (
        select m.move_id from move_customers as m where m.customer_id in (
            select r.customer_id from core.customer_records as r where r.record_id = any (records)
            union all
            select f.first_customer_id from moved_records as f where f.record_id = any (records)));
    update golden_pins set reason = null where record_id = any (records);
    delete from match_keys where record_id = any (records);
    delete from compared_records where record_id = any (records);
    delete from match_pairs where record_a = any (records);
    delete from match_pairs where record_b = any (records);
    delete from reviews where record_a = any (records) or record_b = any (records);
    delete from relations where record_a = any (records) or record_b = any (records);
    update decisions set levels = null, weight = null, fingerprint_a = null, fingerprint_b = null, reason = null
    where record_a = any (records) or record_b = any (records);
end;
comment on function forget_records is 'Deletes what was derived from the values of records that are erased or gone, and what people wrote about them. Moves and verdicts stay; they hold numbers only.';

alter table match_runs enable row level security;
alter table match_models enable row level security;
alter table moves enable row level security;
alter table move_customers enable row level security;
alter table decisions enable row level security;
alter table match_pairs enable row level security;
alter table reviews enable row level security;
alter table relations enable row level security;
alter table survivorship_rules enable row level security;
alter table golden_choices enable row level security;
alter table golden_pins enable row level security;
create policy app on match_runs to foresell_app using (true);
create policy app on match_models to foresell_app using (true);
create policy app on moves to foresell_app using (true);
create policy app on move_customers to foresell_app using (true);
create policy app on decisions to foresell_app using (true);
create policy app on match_pairs to foresell_app using (true);
create policy app on reviews to foresell_app using (true);
create policy app on relations to foresell_app using (true);
create policy app on survivorship_rules to foresell_app using (true);
create policy app on golden_choices to foresell_app using (true);
create policy app on golden_pins to foresell_app using (true);
create policy review on match_runs for select to foresell_web using ((select access.has_permission('identity.review')));
create policy review on match_models for select to foresell_web using ((select access.has_permission('identity.review')));
create policy approve on match_models for update to foresell_web using ((select access.has_permission('identity.manage')));
create policy visible on moves for select to foresell_web
using ((select access.has_permission('identity.review'))
    or customer_id in (select access.visible_customer_ids()));
create policy visible on move_customers for select to foresell_web
using ((select access.has_permission('identity.review'))
    or customer_id in (select access.visible_customer_ids()));
create policy review on decisions to foresell_web using ((select access.has_permission('identity.review')));
create policy review on match_pairs for select to foresell_web using ((select access.has_permission('identity.review')));
create policy review on reviews to foresell_web using ((select access.has_permission('identity.review')));
create policy review on relations to foresell_web using ((select access.has_permission('identity.review')));
create policy read on survivorship_rules for select to foresell_web using ((select access.has_permission('customers.read')));
create policy manage on survivorship_rules for update to foresell_web using ((select access.has_permission('identity.manage')));
create policy visible on golden_choices for select to foresell_web
using ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids()));
create policy visible on golden_pins for select to foresell_web
using ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids()));
create policy review on golden_pins to foresell_web using ((select access.has_permission('identity.review')));

grant usage on schema identity to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema identity to foresell_app;
revoke delete on moves, decisions from foresell_app;
grant truncate, maintain on match_keys to foresell_app;
grant update (merged_into) on core.customers to foresell_app;
grant select on golden_records to foresell_app;
grant select on match_runs, match_models, moves, move_customers, decisions, match_pairs, reviews, relations, survivorship_rules,
    golden_choices, golden_pins to foresell_web;
grant update (state, decided_at, decided_by) on match_models to foresell_web;
grant insert (record_a, record_b, verdict, user_id, move_id, reason, levels, weight, fingerprint_a, fingerprint_b, held_out),
    update (revoked_at) on decisions to foresell_web;
grant update (closed_at, closed_because) on reviews to foresell_web;
grant insert (record_a, record_b, kind, evidence, weight, made_by, user_id), update (removed_at) on relations to foresell_web;
grant update (methods, sources, weight, changed_at, changed_by) on survivorship_rules to foresell_web;
grant insert, update, delete on golden_pins to foresell_web;
revoke execute on all functions in schema identity from public;
grant execute on all functions in schema identity to foresell_app;
grant execute on function current_customer(text), current_customers(text[]), ids_of_customer(text), web_merge(text[], text), web_split(text, bigint[], text),
    web_undo(bigint), web_decide(bigint[], text, text), web_undo_decisions(bigint[]), why_no_pair(bigint, bigint),
    web_precision() to foresell_web;

set search_path = web;

create or replace function find_customers(
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
create or replace function names_of(ids text[]) returns table (customer_id text, name text)
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

create policy visible on identity.relations for select to foresell_web
using ((select access.has_permission('customers.read'))
    and record_a in (select record_id from customer_records) and record_b in (select record_id from customer_records));
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

create function timeline_of(
    customer text, kinds text[], before_at timestamptz, before_kind text, before_id bigint, max_rows integer)
returns table (
    kind text, at timestamptz, id bigint, amount double precision, source text, user_id integer, undone_at timestamptz,
    note bytea, original_customer_id text, detail jsonb)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    with records as materialized (
        select r.* from core.customer_records as r
        where r.customer_id = customer and (select access.has_permission('customers.read')) and (select access.can_see(customer))
    ),
    ids as materialized (select i.customer_id from identity.ids_of_customer(customer) as i (customer_id) where exists (select from records)),
    calls_visible as materialized (select exists (select from records) and access.has_permission('calls.read') as yes),
    orders as materialized (
        select o.order_id, o.order_key, o.source, o.status, o.ordered_at at time zone 'UTC' as at
        from records as r join core.orders as o using (record_id)
        where o.ordered_at <= before_at at time zone 'UTC' and case o.status
            when 'cancelled' then 'cancelled order' = any (kinds) when 'returned' then 'return' = any (kinds)
            else kinds && array['order', 'return'] end
    ),
    recent_orders as materialized (
        -- The amount tells orders from returns: only where both are wanted, or neither, are the newest enough.
        select * from orders order by at desc
        fetch first (case when ('order' = any (kinds)) = ('return' = any (kinds))
            then max_rows + (select count(*) from orders where at = before_at) else 2147483647 end) rows with ties
    ),
    versions as materialized (
        select v.*, lag(v.fields) over (partition by v.record_id order by v.batch_id) as fields_before
        from (
            select record_id, source, source_key, batch_id, to_jsonb(records) as fields from records where 'record' = any (kinds)
            union all
            select r.record_id, r.source, r.source_key, (s.old_row ->> 'batch_id')::integer, s.old_row
            from records as r join core.superseded_rows as s on s.table_name = 'customer_records' and s.row_id = r.record_id
            where 'record' = any (kinds)
        ) as v
    ),
    everything (kind, at, id, amount, source, user_id, undone_at, note, original_customer_id, detail) as (
        select case when o.status = 'cancelled' then 'cancelled order' when o.status = 'returned' or t.amount < 0 then 'return' else 'order' end,
            o.at, o.order_id, t.amount::double precision, o.source, null::integer, null::timestamptz, null::bytea, null,
            jsonb_build_object('order_key', o.order_key, 'lines', t.lines)
        from recent_orders as o
        cross join lateral (
            select count(*) as lines, coalesce(sum(i.amount) filter (where p.kind = 'product'), 0) as amount
            from core.order_items as i join core.products as p using (product_id) where i.order_id = o.order_id
        ) as t
        union all
        select 'call', c.called_at, c.call_id, null, null, c.user_id, c.undone_at, c.note, c.original_customer_id,
            jsonb_build_object('outcome', c.outcome)
        from engagement.calls as c
        where c.customer_id = customer and (select yes from calls_visible) and 'call' = any (kinds) and c.called_at <= before_at
        union all
        select 'follow-up', f.created_at, f.follow_up_id, null, null, f.user_id, f.cancelled_at, f.task, f.original_customer_id,
            jsonb_build_object('due_on', f.due_on, 'done_at', f.done_at)
        from engagement.follow_ups as f
        where f.original_customer_id in (select customer_id from ids) and f.customer_id = customer and (select yes from calls_visible)
            and 'follow-up' = any (kinds)
        union all
        select 'snooze', s.snoozed_at, s.snooze_id, null, null, s.user_id, s.cancelled_at, null, null,
            jsonb_build_object('until', s.until)
        from engagement.snoozes as s
        where s.original_customer_id in (select customer_id from ids) and s.customer_id = customer and (select yes from calls_visible)
            and 'snooze' = any (kinds)
        union all
        select m.kind, m.made_at, m.move_id, null, null, m.user_id, m.undone_at, null, null,
            jsonb_build_object('customer_id', m.customer_id, 'other_ids', m.other_ids, 'record_ids', m.record_ids, 'reason', m.reason,
                'made_by', m.made_by)
        from identity.moves as m
        where m.kind = any (kinds) and m.move_id in (
            select c.move_id from identity.move_customers as c where c.customer_id in (select customer_id from ids))
        union all
        select 'record', b.loaded_at, b.batch_id::bigint * 4294967296 + v.record_id % 4294967296, null, v.source, null, null, null, null,
            jsonb_build_object('record_id', v.record_id, 'batch_id', v.batch_id, 'source_key', v.source_key,
                'is_new', v.fields_before is null,
                'fields', array(
                    select f.key from jsonb_each(v.fields) as f
                    where v.fields_before is not null and f.value is distinct from v.fields_before -> f.key and f.key = any (
                        array['name', 'city', 'region', 'postcode', 'country', 'signup_date', 'email_index', 'phone_index'])
                    order by 1))
        from versions as v join core.load_batches as b using (batch_id)
        union all
        select case e.action when 'erase' then 'erasure' when 'golden.pinned' then 'pin' when 'golden.unpinned' then 'pin'
            else 'owner' end,
            e.at, e.event_id, null, null, e.actor_id, null, null, null, e.detail || jsonb_build_object('action', e.action)
        from audit.events as e
        where e.action = any (
                (case when 'owner' = any (kinds) then '{customers.assigned,assignment.undone}' else '{}' end)::text[]
                || (case when 'erasure' = any (kinds) then '{erase}' else '{}' end)::text[]
                || (case when 'pin' = any (kinds) then '{golden.pinned,golden.unpinned}' else '{}' end)::text[])
            and e.event_id in (
                select b.event_id from ids as i
                join audit.event_customer_blocks as b on b.block = left(i.customer_id, -3) and i.customer_id = any (b.customer_ids))
        union all
        select 'relation', l.made_at, l.relation_id, null, null, l.user_id, l.removed_at, null, null,
            jsonb_build_object('relation', l.kind, 'customer_id', y.customer_id, 'is_from', l.record_a = r.record_id,
                'made_by', l.made_by)
        from records as r
        join identity.relations as l on l.record_a = r.record_id or l.record_b = r.record_id
        join core.customer_records as y on y.record_id = l.record_a + l.record_b - r.record_id
        where 'relation' = any (kinds) and y.customer_id <> customer and access.can_see(y.customer_id)
    )
    select * from everything as t
    where t.kind = any (kinds) and (t.at, t.kind, t.id) < (before_at, before_kind, before_id)
    order by t.at desc, t.kind desc, t.id desc
    limit max_rows;
end;
comment on function timeline_of is 'Grain: one thing recorded about a visible customer, of these kinds, older than (before_at, before_kind, before_id), the newest first. at of orders: the shop''s local time, taken as UTC. note: sealed with the key of original_customer_id. Calls, follow-ups and snoozes need calls.read. detail: by kind; ids, counts and names of fields, no values of records.';

revoke execute on all functions in schema web from public;
grant execute on all functions in schema web to foresell_web;

create index orders_record on core.orders (record_id, ordered_at);
create index superseded_records on core.superseded_rows (row_id) where table_name = 'customer_records';

-- What was published about a customer that was merged since reaches those who see the customer it was merged into.
alter policy recipient on api.live_events
using ((select access.current_user_id()) is not null
    and (permission is null or access.has_permission(permission))
    and (customer_id is null or access.can_see(coalesce(identity.current_customer(customer_id), customer_id)))
    and (user_id is null or user_id = (select access.current_user_id())));
