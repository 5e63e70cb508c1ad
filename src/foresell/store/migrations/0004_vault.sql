-- Contact data sealed per record, what opens it, and what of the customers the API may read.

create schema vault;
comment on schema vault is 'What opens contact data. The console and the web have no way in, except through audit.unlock.';
set search_path = vault;

create table keks (
    kek_id integer primary key generated always as identity,
    made_at timestamptz not null default now(),
    retired_at timestamptz
);
comment on table keks is 'One row per key-encryption key; the key itself is a file of the home. Retired: nothing is wrapped by it any more, and its file is destroyed.';

create table subject_keys (
    record_id bigint primary key,
    kek_id integer not null,
    wrapped bytea not null
);
comment on table subject_keys is 'One row per customer record with contact data: its data key, wrapped by a key-encryption key. Deleting the row and retiring that key makes the contact data unreadable, wherever copies of it are.';

create table erased (
    source text not null,
    key_digest bytea not null,
    erased_at timestamptz not null default now(),
    primary key (source, key_digest)
);
comment on table erased is 'One row per erased customer record, as a keyed hash of its key, so that a newer file does not bring the person back.';

create table unsealed (
    record_id bigint primary key,
    email text,
    phone text,
    address text
);
comment on table unsealed is 'One row per record whose contact data an older Foresell stored in the clear; the next command seals it, then this is empty.';

grant usage on schema vault to foresell_app;
grant select on keks, subject_keys, erased, unsealed to foresell_app;
grant insert, update on keks to foresell_app;
grant insert, update, delete, truncate on subject_keys to foresell_app;
grant update on sequence keks_kek_id_seq to foresell_app;
grant insert on erased to foresell_app;
grant truncate on unsealed to foresell_app;
grant update (old_row) on truth.superseded_rows to foresell_app;

insert into unsealed (record_id, email, phone, address)
select record_id, email, phone, address from truth.customer_records where coalesce(email, phone, address) is not null;

set search_path = truth;
alter table customer_records drop column email, drop column phone, drop column address;
alter table customer_records add column contact bytea, add column email_index bytea, add column phone_index bytea;
alter table customer_records add column search tsvector
    generated always as (to_tsvector('simple', coalesce(name, '') || ' ' || source_key)) stored;
comment on table customer_records is 'One row per customer as one source knows it. Merging moves customer_id, nothing else. contact: e-mail, phone and street address, sealed with the key of this record in vault.subject_keys.';
create index customer_records_search on customer_records using gin (search);
create index customer_records_email on customer_records (email_index) where email_index is not null;
create index customer_records_phone on customer_records (phone_index) where phone_index is not null;

-- PostgreSQL cannot COPY into a table with row security, and loads must. So the web has no right to those tables; it
-- reads their parents, where row security holds, and the rows live in the children.
create schema web;
comment on schema web is 'What the API may read of customers: the same rows as in truth, behind row security.';
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
comment on table customer_records is 'One row per customer as one source knows it. contact: sealed; its second byte says what is on file (1 e-mail, 2 phone, 4 street address).';

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
comment on table rfm_scores is 'One row per run and customer scored.';

create table predictions (
    run_id integer,
    customer_id text,
    probability double precision,
    expected_order_value double precision,
    expected_value double precision,
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
comment on table prediction_reasons is 'One row per run, customer at the head of the call list and reason.';

alter table truth.customer_records inherit customer_records;
alter table truth.rfm_scores inherit rfm_scores;
alter table truth.predictions inherit predictions;
alter table truth.prediction_reasons inherit prediction_reasons;

alter table customer_records enable row level security;
alter table rfm_scores enable row level security;
alter table predictions enable row level security;
alter table prediction_reasons enable row level security;
alter table customer_records force row level security;
alter table rfm_scores force row level security;
alter table predictions force row level security;
alter table prediction_reasons force row level security;

create policy reach on customer_records for select to foresell_web
using ((select access.scope()) = 'all' or customer_id in (select access.customers_seen()));
create policy reach on rfm_scores for select to foresell_web
using ((select access.scope()) = 'all' or customer_id in (select access.customers_seen()));
create policy reach on predictions for select to foresell_web
using ((select access.scope()) = 'all' or customer_id in (select access.customers_seen()));
create policy reach on prediction_reasons for select to foresell_web
using ((select access.scope()) = 'all' or customer_id in (select access.customers_seen()));

-- Operators of full text are not leakproof, so row security would read every row before it uses an index: this looks
-- first and then keeps to what is in reach.
create function find_customers(wanted text, most integer, contact_indexes bytea[] default '{}') returns setof text
language sql stable security definer
set search_path = truth, pg_temp
begin atomic
    with query as (
        select coalesce(string_agg(
            '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & '
        ), '')::tsquery as words
        from unnest(to_tsvector('simple', wanted))
    ),
    found as (
        select customer_id from truth.customer_records where search @@ (select words from query)
        union
        select customer_id from truth.customer_records where source_key = wanted
        union
        select customer_id from truth.customers where customer_id = upper(wanted)
        union
        select customer_id from truth.customer_records
        where email_index = any (contact_indexes) and access.may('contacts.reveal')
        union
        select customer_id from truth.customer_records
        where phone_index = any (contact_indexes) and access.may('contacts.reveal')
    )
    select customer_id from found
    where (select access.may('customers.read'))
        and ((select access.scope()) = 'all' or customer_id in (select access.customers_seen()))
    limit most;
end;
comment on function find_customers is 'Grain: one customer in reach with a name or source key whose words begin so, or with this key or id; with contact_indexes also by e-mail or phone, for those who may reveal them.';

grant usage on schema web to foresell_web;
grant select on all tables in schema web to foresell_web;
revoke execute on function find_customers from public;
grant execute on function find_customers to foresell_web;

revoke select on truth.customer_records from foresell_reader;
grant select (record_id, source, source_key, customer_id, name, city, region, postcode, country, signup_date, batch_id)
    on truth.customer_records to foresell_reader;
