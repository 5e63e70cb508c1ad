-- The initial schema, version 0.2.0. The grain of each table is its comment.
-- Bulk tables declare their foreign keys NOT ENFORCED; triggers enforce them once per statement
-- (check_references): docs/decisions/0002-foreign-keys-checked-by-the-set.md has the measurement.

create schema core;
comment on schema core is 'The system of record. Everything shown is computed from it.';
set search_path = core;

create table schema_migrations (
    version integer primary key,
    name text not null,
    checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
    applied_at timestamptz not null default now()
);
comment on table schema_migrations is 'One row per applied migration. checksum: SHA-256 of its text, which never changes once it is applied.';

create table load_batches (
    batch_id integer primary key generated always as identity,
    source text not null check (source <> ''),
    format text not null,
    record_type text not null check (record_type in ('orders', 'customers', 'products')),
    file_name text not null,
    file_bytes bigint not null,
    file_sha256 text not null check (file_sha256 ~ '^[0-9a-f]{64}$'),
    mapping jsonb not null,
    state text not null default 'loaded' check (state in ('loaded', 'undone')),
    lines_read bigint not null default 0,
    lines_loaded bigint not null default 0,
    lines_unchanged bigint not null default 0,
    lines_rejected bigint not null default 0,
    orders_new bigint not null default 0,
    orders_replaced bigint not null default 0,
    customers_new bigint not null default 0,
    customers_changed bigint not null default 0,
    products_new bigint not null default 0,
    products_changed bigint not null default 0,
    loaded_at timestamptz not null default now(),
    undone_at timestamptz,
    check (lines_read = lines_loaded + lines_unchanged + lines_rejected),
    check ((state = 'undone') = (undone_at is not null))
);
comment on table load_batches is 'One row per load of one file or sync. format: the file format it was read as. record_type: what a row of the file is; orders: a line of an order. mapping: which column holds which field. lines_*: lines of the file.';

create sequence customer_number;

create table customers (
    customer_id text primary key check (customer_id ~ '^C[0-9]{6,}$')
);
comment on table customers is 'One row per real customer. customer_id is assigned once and never reused.';

create table customer_records (
    record_id bigint primary key,
    source text not null,
    source_key text not null,
    customer_id text not null,
    name text,
    city text,
    region text,
    postcode text,
    country text,
    signup_date date,
    batch_id integer not null,
    contact bytea,
    email_index bytea,
    phone_index bytea,
    search tsvector generated always as (to_tsvector('simple', coalesce(name, '') || ' ' || source_key)) stored,
    unique (source_key, source),
    foreign key (customer_id) references customers not enforced,
    foreign key (batch_id) references load_batches not enforced
);
comment on table customer_records is 'One row per customer as one source knows it. Merging moves customer_id, nothing else. contact: e-mail, phone and street address, encrypted with the data key of this record in privacy.data_keys. email_index, phone_index: blind indexes for exact search.';
create index customer_records_customer_id on customer_records (customer_id);
create index customer_records_search on customer_records using gin (search);
create index customer_records_email on customer_records (email_index) where email_index is not null;
create index customer_records_phone on customer_records (phone_index) where phone_index is not null;

create table products (
    product_id integer primary key,
    source text not null,
    sku text not null,
    name text,
    category text not null default 'Uncategorised',
    category_derived boolean not null default true,
    kind text not null default 'product' check (kind in ('product', 'non_product')),
    list_price numeric(14, 4),
    batch_id integer not null references load_batches,
    unique (source, sku)
);
comment on table products is 'One row per product of one source. category_derived: guessed from the name, not stated by the source. kind non_product: postage, fees, adjustments, vouchers.';

create table orders (
    order_id bigint primary key,
    source text not null,
    order_key text not null,
    record_id bigint,
    ordered_at timestamp not null,
    status text not null check (status in ('completed', 'cancelled', 'returned')),
    country text,
    currency text,
    batch_id integer not null,
    unique (source, order_key),
    foreign key (record_id) references customer_records not enforced,
    foreign key (batch_id) references load_batches not enforced
);
comment on table orders is 'One row per order, invoice or credit note of one source. ordered_at: the earliest time among its lines, in the shop''s local time. record_id null: an anonymous sale. status returned: a credit note.';

create table order_items (
    order_id bigint not null,
    line_no integer not null,
    product_id integer not null,
    quantity numeric(14, 3) not null,
    unit_price numeric(14, 4) not null,
    amount numeric(18, 4) not null,
    primary key (order_id, line_no),
    foreign key (order_id) references orders not enforced,
    foreign key (product_id) references products not enforced
);
comment on table order_items is 'One row per line of an order. line_no: its position in the file, counted from the order''s first line. amount: quantity x unit_price, or the amount the source states; negative for returns.';

create table superseded_rows (
    table_name text not null check (table_name in ('customer_records', 'products', 'orders')),
    row_id bigint not null,
    batch_id integer not null references load_batches,
    old_row jsonb not null,
    primary key (batch_id, table_name, row_id)
);
comment on table superseded_rows is 'One row per row that a batch replaced. old_row: its previous values (of an order with its items), so that undo is exact.';

create view transactions with (security_invoker = true) as
select
    i.order_id || '-' || i.line_no as transaction_id,
    r.customer_id,
    i.product_id,
    o.ordered_at as invoice_date,
    i.quantity,
    i.unit_price,
    i.amount,
    o.status,
    o.order_key,
    p.sku
from order_items as i
join orders as o using (order_id)
join products as p using (product_id)
left join customer_records as r using (record_id);
comment on view transactions is 'One row per line of an order, with columns of its order, product and customer.';

create table segment_rules (
    rules_version integer not null,
    position integer not null check (position > 0),
    name text not null check (name <> ''),
    r_min integer not null check (r_min between 1 and 5),
    r_max integer not null check (r_max between r_min and 5),
    f_min integer not null check (f_min between 1 and 5),
    f_max integer not null check (f_max between f_min and 5),
    m_min integer not null check (m_min between 1 and 5),
    m_max integer not null check (m_max between m_min and 5),
    advice text not null check (advice <> ''),
    primary key (rules_version, position),
    unique (rules_version, name)
);
comment on table segment_rules is 'One row per segment and version of the rules; the highest version applies. A customer belongs to the first position whose ranges contain its R, F and M scores.';

create table runs (
    run_id integer primary key generated always as identity,
    as_of date not null,
    state text not null check (state in ('building', 'published', 'superseded', 'withdrawn', 'failed', 'pruned')),
    rules_version integer not null,
    snapshot_file text,
    versions jsonb not null default '{}',
    timings jsonb not null default '{}',
    customers_scored bigint,
    error text,
    started_at timestamptz not null default now(),
    published_at timestamptz
);
comment on table runs is 'One row per refresh. as_of: it uses everything strictly before that day. state pruned: only its totals are kept.';

create table publication (
    one_row boolean primary key default true check (one_row),
    run_id integer not null references runs
);
comment on table publication is 'One row: the published run. Everything shown comes from it; to publish another run is to change this row.';

create table run_line_classes (
    run_id integer not null references runs on delete cascade,
    class text not null check (class in ('counted', 'returns', 'cancelled', 'non_product', 'anonymous', 'later')),
    lines bigint not null,
    amount numeric(20, 4) not null,
    primary key (run_id, class)
);
comment on table run_line_classes is 'One row per run and class of order line; together they cover all order lines. later: dated on or after as_of.';

create table run_segments (
    run_id integer not null references runs on delete cascade,
    segment text not null,
    customers bigint not null,
    monetary numeric(20, 4) not null,
    primary key (run_id, segment)
);
comment on table run_segments is 'One row per run and segment, kept when the scores of old runs are pruned.';

create table rfm_scores (
    run_id integer not null references runs on delete cascade,
    customer_id text not null,
    last_purchase_day date not null,
    recency_days integer not null,
    frequency integer not null,
    monetary numeric(18, 4) not null,
    r smallint not null,
    f smallint not null,
    m smallint not null,
    rfm_score smallint not null,
    segment text not null,
    primary key (run_id, customer_id)
);
comment on table rfm_scores is 'One row per run and scored customer. Scores outlive the customer, so customer_id is not a foreign key.';

create function check_references() returns trigger
language plpgsql
set search_path = core
set work_mem = '256MB' -- the parents' keys of a large load stay in memory
as $$
declare
    -- Arguments in threes: column of this table, referenced table, column of that table.
    -- min() instead of limit 1: with a limit the planner looks up each row separately, three times slower.
    i integer := 0;
    orphan text;
begin
    while i < tg_nargs loop
        execute format(
            'select min(n.%1$I)::text from new_rows as n where n.%1$I is not null
             and not exists (select from %2$I as parent where parent.%3$I = n.%1$I)',
            tg_argv[i], tg_argv[i + 1], tg_argv[i + 2]
        ) into orphan;
        if orphan is not null then
            raise foreign_key_violation using message = format(
                '%s.%s refers to %s, which is not in %s', tg_table_name, tg_argv[i], orphan, tg_argv[i + 1]);
        end if;
        i := i + 3;
    end loop;
    return null;
end $$;
comment on function check_references is 'Enforces foreign keys once per statement: 8 times cheaper than row by row on bulk loads.';

create function check_not_referenced() returns trigger
language plpgsql
set search_path = core
as $$
declare
    i integer := 0;
    child text;
begin
    while i < tg_nargs loop
        execute format(
            'select o.%1$I::text from old_rows as o
             where exists (select from %2$I as child where child.%3$I = o.%1$I)
             and not exists (select from %4$I as kept where kept.%1$I = o.%1$I) limit 1',
            tg_argv[i], tg_argv[i + 1], tg_argv[i + 2], tg_table_name
        ) into child;
        if child is not null then
            raise foreign_key_violation using message = format(
                '%s %s is still used by %s', tg_table_name, child, tg_argv[i + 1]);
        end if;
        i := i + 3;
    end loop;
    return null;
end $$;
comment on function check_not_referenced is 'The other half of check_references: a row that is referenced cannot be deleted or renumbered.';

create trigger customer_records_check_references after insert on customer_records
referencing new table as new_rows for each statement
execute function check_references('customer_id', 'customers', 'customer_id', 'batch_id', 'load_batches', 'batch_id');
create trigger customer_records_check_references_on_update after update on customer_records
referencing new table as new_rows for each statement
execute function check_references('customer_id', 'customers', 'customer_id', 'batch_id', 'load_batches', 'batch_id');
create trigger customers_check_not_referenced after delete on customers
referencing old table as old_rows for each statement
execute function check_not_referenced('customer_id', 'customer_records', 'customer_id');
create trigger customer_records_check_not_referenced after delete on customer_records
referencing old table as old_rows for each statement
execute function check_not_referenced('record_id', 'orders', 'record_id');
create trigger orders_check_references after insert on orders
referencing new table as new_rows for each statement
execute function check_references('record_id', 'customer_records', 'record_id', 'batch_id', 'load_batches', 'batch_id');
create trigger orders_check_references_on_update after update on orders
referencing new table as new_rows for each statement
execute function check_references('record_id', 'customer_records', 'record_id', 'batch_id', 'load_batches', 'batch_id');
create trigger orders_check_not_referenced after delete on orders
referencing old table as old_rows for each statement
execute function check_not_referenced('order_id', 'order_items', 'order_id');
create trigger products_check_not_referenced after delete on products
referencing old table as old_rows for each statement
execute function check_not_referenced('product_id', 'order_items', 'product_id');
create trigger order_items_check_references after insert on order_items
referencing new table as new_rows for each statement
execute function check_references('order_id', 'orders', 'order_id', 'product_id', 'products', 'product_id');
create trigger order_items_check_references_on_update after update on order_items
referencing new table as new_rows for each statement
execute function check_references('order_id', 'orders', 'order_id', 'product_id', 'products', 'product_id');

create function refuse_id_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'ids of % are assigned once and do not change', tg_table_name using errcode = 'restrict_violation';
end $$;
comment on function refuse_id_change is 'Surrogate keys never change, so a row cannot be renumbered while others refer to it.';
create trigger customers_refuse_id_change after update of customer_id on customers for each row
when (old.customer_id is distinct from new.customer_id) execute function refuse_id_change();
create trigger customer_records_refuse_id_change after update of record_id on customer_records for each row
when (old.record_id is distinct from new.record_id) execute function refuse_id_change();
create trigger orders_refuse_id_change after update of order_id on orders for each row
when (old.order_id is distinct from new.order_id) execute function refuse_id_change();
create trigger products_refuse_id_change after update of product_id on products for each row
when (old.product_id is distinct from new.product_id) execute function refuse_id_change();

create sequence record_number;
create sequence product_number;
create sequence order_number;

insert into segment_rules (rules_version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice) values
(1, 1, 'Champions', 4, 5, 4, 5, 4, 5, 'Bought recently, often and for large amounts: thank them, show them new products first, ask for a referral.'),
(1, 2, 'Loyal', 3, 5, 3, 5, 3, 5, 'Come back regularly: offer products that go with what they buy, and a reason to order a little more.'),
(1, 3, 'Cannot Lose', 1, 2, 4, 5, 4, 5, 'Were among the best customers and have stopped: call in person, ask what went wrong and resolve it.'),
(1, 4, 'At-Risk', 1, 2, 3, 5, 1, 5, 'Bought often but not recently: call before a competitor does, with an offer on what they usually buy.'),
(1, 5, 'New', 4, 5, 1, 1, 1, 5, 'First order not long ago: make a second order within the month easy.'),
(1, 6, 'Potential Loyalist', 4, 5, 2, 5, 1, 5, 'Recent and coming back: recommend products, and invite them to your loyalty offers.'),
(1, 7, 'Needs Attention', 3, 3, 2, 5, 1, 5, 'Average and declining: make a timely offer on what they bought last.'),
(1, 8, 'About to Sleep', 3, 3, 1, 1, 1, 5, 'One order, a while ago: send one reminder with a popular product.'),
(1, 9, 'Lapsed Big Spenders', 1, 2, 1, 2, 4, 5, 'Few but large orders, long ago: one personal call is worth it.'),
(1, 10, 'Hibernating', 2, 2, 1, 2, 1, 3, 'Few small orders, long ago: include them in seasonal mailings, do not call.'),
(1, 11, 'Lost', 1, 1, 1, 2, 1, 3, 'Small orders, longest ago: spend nothing on them; at most one message a year.');

grant usage on schema core to foresell_app, foresell_reader;
grant select on all tables in schema core to foresell_app, foresell_reader;
grant insert on load_batches, customers, customer_records, products, orders, order_items, superseded_rows,
    runs, publication, run_line_classes, run_segments, rfm_scores to foresell_app;
grant update on load_batches, customer_records, products, orders, runs, publication to foresell_app;
grant delete on customers, customer_records, products, orders, order_items, superseded_rows, rfm_scores to foresell_app;
grant usage, update on sequence customer_number, record_number, product_number, order_number to foresell_app;
grant maintain on customers, customer_records, products, orders, order_items, rfm_scores to foresell_app;
alter default privileges in schema core grant select on tables to foresell_app, foresell_reader;

-- Models with their cards and backtests, predictions, and predictions compared with what was observed.
set search_path = core;

create table models (
    model_id integer primary key generated always as identity,
    task text not null check (task in ('purchase', 'churn', 'churn_180', 'lifetime_value', 'expected_revenue', 'revenue_forecast')),
    kind text not null,
    as_of date not null,
    state text not null check (state in ('served', 'refused', 'withdrawn')),
    reason text not null,
    body text not null,
    card jsonb not null,
    trained_at timestamptz not null default now()
);
comment on table models is 'One row per training of one task. body: the model as text, never code. card: the model card: training data, results, checks. as_of: it was trained on data before that day, and predicts no earlier day.';
create index models_task on models (task, as_of desc, model_id desc);

create table backtests (
    model_id integer not null references models on delete cascade,
    task text not null,
    horizon_days integer not null,
    model text not null,
    population text not null,
    cutoff date,
    customers bigint not null,
    metric text not null,
    value double precision,
    low double precision,
    high double precision
);
comment on table backtests is 'One row per training, compared model, population, cutoff (null: the mean of the test cutoffs) and metric, out of time. low, high: 95 % bootstrap confidence interval.';
create index backtests_model_id on backtests (model_id);

create table backtest_deciles (
    model_id integer not null references models on delete cascade,
    task text not null,
    model text not null,
    cutoff date not null,
    decile integer not null,
    customers bigint not null,
    predicted double precision not null,
    observed double precision not null,
    lift double precision
);
comment on table backtest_deciles is 'One row per training, compared model, cutoff and decile of customers (1 = highest probability). predicted: mean probability. observed: share of positives.';
create index backtest_deciles_model_id on backtest_deciles (model_id);

create table run_models (
    run_id integer not null references runs on delete cascade,
    task text not null,
    model_id integer references models,
    level text not null check (level in ('ml', 'statistical', 'off')),
    sentence text not null,
    primary key (run_id, task)
);
comment on table run_models is 'One row per run and task. level: ml (machine learning), statistical, or off (no model predicted). sentence: why this model, why none, or why it was not retrained.';

create table predictions (
    run_id integer not null references runs on delete cascade,
    customer_id text not null,
    probability double precision,
    expected_order_value double precision,
    expected_value double precision,
    churn_90 double precision,
    churn_state text check (churn_state in ('likely to stay', 'unsure', 'at risk')),
    churn_180 double precision,
    value_12m double precision,
    value_low double precision,
    value_high double precision,
    value_rank bigint,
    value_band text,
    other_scores text,
    primary key (run_id, customer_id)
);
comment on table predictions is 'One row per run and scored customer. probability: of an order within 30 days of the run''s as_of; churn_90, churn_180: of no order within 90 or 180 days. value_12m: net revenue of the next 365 days. Null where the task is off. other_scores: a JSON object of the scores that have no column of their own here yet.';

create table prediction_reasons (
    run_id integer not null references runs on delete cascade,
    customer_id text not null,
    rank smallint not null,
    theme text not null,
    direction text not null,
    points double precision not null,
    sentence text not null,
    primary key (run_id, customer_id, rank)
);
comment on table prediction_reasons is 'One row per run, customer at the top of the call list and reason. rank: 1 to 3 are reasons of the customer, 4 is the effect of the season. points: percentage points it adds to the probability.';

create table forecasts (
    run_id integer not null references runs on delete cascade,
    grain text not null check (grain in ('week', 'month', 'quarter')),
    starts date not null,
    ends date not null,
    target text not null check (target in ('revenue', 'orders')),
    known double precision not null,
    expected double precision not null,
    low double precision,
    high double precision,
    method text not null,
    note text not null,
    primary key (run_id, grain, starts, target)
);
comment on table forecasts is 'One row per run, period and target. ends: the first day after the period. known: the part before as_of. expected: the whole period, known included. low, high: 80 % prediction interval.';

create table prediction_outcomes (
    run_id integer not null references runs on delete cascade,
    task text not null,
    horizon_days integer not null,
    grouping text not null check (grouping in ('all', 'decile', 'segment')),
    name text not null,
    customers bigint not null,
    predicted double precision not null,
    observed double precision not null,
    model_id integer references models,
    evaluated_as_of date not null,
    primary key (run_id, task, grouping, name)
);
comment on table prediction_outcomes is 'One row per run, task and group of customers whose prediction window has closed: the mean prediction compared with what was observed. grouping: all, decile (1 = highest prediction) or segment; name: which one. lifetime_value: money per customer; other tasks: probability and share of customers.';

grant select, insert on models, backtests, backtest_deciles, run_models, predictions, prediction_reasons, forecasts, prediction_outcomes
    to foresell_app;
grant select on models, backtests, backtest_deciles, run_models, predictions, prediction_reasons, forecasts, prediction_outcomes
    to foresell_reader;
grant update on models to foresell_app;
grant delete on predictions, prediction_reasons to foresell_app;
grant maintain on predictions, prediction_reasons to foresell_app;

-- Users, roles, sessions, authentication factors, and the functions that row security policies call.
-- A transaction of the web says which user it acts for (foresell.user_id); team, ownership and permissions are read from
-- these tables, never taken from the application. Secrets are stored hashed or encrypted. foresell_reader cannot read this schema.

create schema access;
comment on schema access is 'Users and their permissions. Row security policies call current_user_id, current_scope, has_permission and can_see.';
set search_path = access;

create table roles (
    role text primary key,
    scope text not null check (scope in ('own', 'team', 'all')),
    description text not null
);
comment on table roles is 'One row per role. scope: whose customers it may see (own, team or all); the widest scope of a user''s roles applies.';

create table permissions (
    permission text primary key,
    description text not null
);
comment on table permissions is 'One row per permission. What is not granted is denied.';

create table role_permissions (
    role text not null references roles,
    permission text not null references permissions,
    primary key (role, permission)
);
comment on table role_permissions is 'One row per role and permission it grants.';

create table teams (
    team_id integer primary key generated always as identity,
    name text not null unique check (name <> '')
);
comment on table teams is 'One row per team; a manager sees the customers of their team.';

create table users (
    user_id integer primary key generated always as identity,
    name text not null check (name <> ''),
    email text not null check (email = lower(email) and email like '%_@_%'),
    team_id integer references teams,
    preferences jsonb not null default '{}',
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    unique (email)
);
comment on table users is 'One row per user. Never deleted, so that the audit log keeps its names; a user with disabled_at has no access.';
create index users_team on users (team_id);

create table user_roles (
    user_id integer not null references users,
    role text not null references roles,
    primary key (user_id, role)
);
comment on table user_roles is 'One row per user and role of that user.';

create table customer_owners (
    customer_id text primary key,
    user_id integer not null references users,
    assigned_at timestamptz not null default now()
);
comment on table customer_owners is 'One row per customer with an owner. The row may outlive the customer (ids are never reused), so customer_id is not a foreign key.';
create index customer_owners_user on customer_owners (user_id);

create table passwords (
    user_id integer primary key references users,
    hash text not null check (hash like '$argon2id$%'),
    single_factor_ok boolean not null,
    changed_at timestamptz not null default now()
);
comment on table passwords is 'One row per user with a password. hash: argon2id. single_factor_ok: long enough to sign in without a second factor.';

create table totp (
    user_id integer primary key references users,
    secret bytea not null,
    confirmed_at timestamptz,
    last_step bigint not null default 0
);
comment on table totp is 'One row per authenticator app. secret: encrypted with a key of the home. last_step: the newest 30-second step a code was accepted for, so that no code is accepted twice.';

create table recovery_codes (
    user_id integer not null references users,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);
comment on table recovery_codes is 'One row per recovery code of the newest set; each can be used once.';

create table passkeys (
    credential_id bytea primary key,
    user_id integer not null references users,
    public_key bytea not null,
    sign_count bigint not null,
    name text not null check (name <> ''),
    created_at timestamptz not null default now(),
    last_used_at timestamptz
);
comment on table passkeys is 'One row per passkey. sign_count: only increases; a passkey with a smaller count is a copy and is refused.';
create index passkeys_user on passkeys (user_id);

create table oidc_accounts (
    provider text not null,
    subject text not null,
    user_id integer not null references users,
    linked_at timestamptz not null default now(),
    primary key (provider, subject)
);
comment on table oidc_accounts is 'One row per account at an OpenID Connect provider that signs a user in.';
create index oidc_accounts_user on oidc_accounts (user_id);

create table sessions (
    session_id uuid primary key default gen_random_uuid(),
    user_id integer not null references users,
    signed_in_by text not null check (signed_in_by in ('password', 'passkey', 'link', 'oidc')),
    device text not null,
    network cidr,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    second_factor_at timestamptz,
    revoked_at timestamptz,
    revoked_because text check (revoked_because in ('signed out', 'reuse', 'by user', 'by admin', 'password changed'))
);
comment on table sessions is 'One row per sign-in on one device. network: the /24 (IPv4) or /48 (IPv6) of the client. second_factor_at: the last re-authentication (step-up).';
create index sessions_user on sessions (user_id);

create table refresh_tokens (
    token_hash bytea primary key,
    session_id uuid not null references sessions on delete cascade,
    issued_at timestamptz not null default now(),
    used_at timestamptz
);
comment on table refresh_tokens is 'One row per refresh token of a session, as SHA-256. Each can be used once; a reused token ends the session.';
create index refresh_tokens_session on refresh_tokens (session_id);

create table devices (
    token_hash bytea not null,
    user_id integer not null references users,
    known_since timestamptz not null default now(),
    primary key (token_hash, user_id)
);
comment on table devices is 'One row per device on which a user has signed in: failed attempts from elsewhere do not lock it out.';
create index devices_user on devices (user_id);

create table api_keys (
    api_key_id integer primary key generated always as identity,
    user_id integer not null references users,
    name text not null check (name <> ''),
    key_hash bytea not null unique,
    hint text not null,
    permissions text[] not null check (cardinality(permissions) > 0),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null check (expires_at <= created_at + interval '366 days'),
    last_used_at timestamptz,
    revoked_at timestamptz
);
comment on table api_keys is 'One row per API key. key_hash: SHA-256. It grants what both its own permissions and those of its user allow. hint: its first characters, to tell keys apart.';
create index api_keys_user on api_keys (user_id);

create table login_links (
    token_hash bytea primary key,
    user_id integer not null references users,
    loopback_only boolean not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
comment on table login_links is 'One row per one-time sign-in link. loopback_only: accepted only from the machine itself.';
create index login_links_user on login_links (user_id);

create table auth_challenges (
    token_hash bytea primary key,
    kind text not null check (kind in ('second factor', 'passkey', 'new passkey', 'oidc')),
    user_id integer references users,
    data jsonb not null default '{}',
    expires_at timestamptz not null
);
comment on table auth_challenges is 'One row per sign-in that waits for its next step, which deletes it.';
create index auth_challenges_expire on auth_challenges (expires_at);

create table login_attempts (
    attempt_id bigint primary key generated always as identity,
    account_hash bytea not null,
    network cidr not null,
    device bytea,
    attempted_at timestamptz not null default now()
);
comment on table login_attempts is 'One row per failed sign-in attempt of the last hour. account_hash: keyed hash of the e-mail entered, whether or not such a user exists. device: set when it came from a known device.';
create index login_attempts_account on login_attempts (account_hash, attempted_at);
create index login_attempts_network on login_attempts (network, attempted_at);

create function current_user_id() returns integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select user_id from users
    where user_id = nullif(current_setting('foresell.user_id', true), '')::integer and disabled_at is null;
end;
comment on function current_user_id is 'The user this transaction acts for; null when there is none or the user is disabled.';

create function delete_expired_challenges() returns void
language sql security definer
set search_path = access, pg_temp
begin atomic
    delete from auth_challenges where expires_at < now() - interval '5 minutes';
end;
comment on function delete_expired_challenges is 'Deletes expired challenges, which row security shows to their holders only.';

create function current_scope() returns text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select coalesce((
        select r.scope from user_roles as u join roles as r using (role) where u.user_id = current_user_id()
        order by array_position(array['all', 'team', 'own'], r.scope) limit 1
    ), 'none');
end;
comment on function current_scope is 'Whose customers this transaction may see: none, own, team or all.';

create function has_permission(wanted text) returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select exists (
        select from user_roles as u join role_permissions as r using (role)
        where u.user_id = current_user_id() and r.permission = wanted
    );
end;
comment on function has_permission is 'Whether the user of this transaction has a permission.';

create function current_team_id() returns integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select team_id from users where user_id = current_user_id();
end;
comment on function current_team_id is 'The team of the user of this transaction, or null.';

create function visible_user_ids() returns setof integer
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select u.user_id from users as u
    where case current_scope() when 'all' then true
        when 'team' then u.user_id = current_user_id() or u.team_id = current_team_id()
        when 'own' then u.user_id = current_user_id()
        else false end;
end;
comment on function visible_user_ids is 'Grain: one user whose customers and calls this transaction may see, the current user included.';

create function visible_customer_ids() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select customer_id from customer_owners where user_id in (select visible_user_ids());
end;
comment on function visible_customer_ids is 'Grain: one visible customer with an owner. For lists; with scope all, customers without an owner are visible, too.';

create function can_see(customer text) returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select current_scope() = 'all' or exists (
        select from customer_owners where customer_id = customer and user_id in (select visible_user_ids())
    );
end;
comment on function can_see is 'Whether this transaction may see one customer.';

create function user_id_of_email(wanted text) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select user_id from users where email = lower(wanted) and disabled_at is null;
end;
comment on function user_id_of_email is 'The enabled user with this e-mail, for sign-in, before a user is known.';

create function user_id_of_secret(what text, secret bytea) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select case what
        when 'refresh token' then (
            select s.user_id from refresh_tokens join sessions as s using (session_id) where token_hash = secret)
        when 'link' then (select user_id from login_links where token_hash = secret)
        when 'api key' then (select user_id from api_keys where key_hash = secret)
        when 'passkey' then (select user_id from passkeys where credential_id = secret)
    end;
end;
comment on function user_id_of_secret is 'The user a secret belongs to; whether it is still valid is checked acting for that user.';

create function user_id_of_oidc_account(of_provider text, of_subject text) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select user_id from oidc_accounts where provider = of_provider and subject = of_subject;
end;
comment on function user_id_of_oidc_account is 'The user that an account at an OpenID Connect provider signs in.';

create function reset_user(wanted integer, factors boolean) returns void
language sql security definer
set search_path = access, pg_temp
begin atomic
    update sessions set revoked_at = now(), revoked_because = 'by admin'
    where user_id = wanted and revoked_at is null and has_permission('users.manage');
    delete from devices where user_id = wanted and has_permission('users.manage');
    delete from totp where user_id = wanted and factors and has_permission('users.manage');
    delete from recovery_codes where user_id = wanted and factors and has_permission('users.manage');
    delete from passkeys where user_id = wanted and factors and has_permission('users.manage');
end;
comment on function reset_user is 'Ends a user''s sessions and deletes the known devices; with factors, also the authenticator app, recovery codes and passkeys. Needs users.manage.';

create function sign_in_states() returns table (user_id integer, second_factor boolean, last_seen_at timestamptz)
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select u.user_id,
        exists (select from totp as t where t.user_id = u.user_id and t.confirmed_at is not null)
            or exists (select from passkeys as p where p.user_id = u.user_id),
        (select max(s.last_seen_at) from sessions as s where s.user_id = u.user_id)
    from users as u
    where has_permission('users.manage') or u.user_id = current_user_id();
end;
comment on function sign_in_states is 'Grain: one user, with whether a second factor is set up and when the user was last active. Needs users.manage; without it only the current user.';

create function protect_managed_columns() returns trigger
language plpgsql
set search_path = access, pg_temp
as $$
begin
    if current_user = 'foresell_web' and not has_permission('users.manage') then
        raise insufficient_privilege using message = 'changing the team or state of a user needs the permission users.manage';
    end if;
    return new;
end $$;
comment on function protect_managed_columns is 'Users may change their own name, e-mail and preferences, but not their team or whether they are disabled.';
create trigger users_protect_managed_columns before update on users for each row
when (old.team_id is distinct from new.team_id or old.disabled_at is distinct from new.disabled_at)
execute function protect_managed_columns();

alter table roles enable row level security;
alter table permissions enable row level security;
alter table role_permissions enable row level security;
alter table teams enable row level security;
alter table users enable row level security;
alter table user_roles enable row level security;
alter table customer_owners enable row level security;
alter table passwords enable row level security;
alter table totp enable row level security;
alter table recovery_codes enable row level security;
alter table passkeys enable row level security;
alter table oidc_accounts enable row level security;
alter table sessions enable row level security;
alter table refresh_tokens enable row level security;
alter table devices enable row level security;
alter table api_keys enable row level security;
alter table login_links enable row level security;
alter table auth_challenges enable row level security;
alter table login_attempts enable row level security;

create policy app on roles to foresell_app using (true);
create policy app on permissions to foresell_app using (true);
create policy app on role_permissions to foresell_app using (true);
create policy app on teams to foresell_app using (true);
create policy app on users to foresell_app using (true);
create policy app on user_roles to foresell_app using (true);
create policy app on customer_owners to foresell_app using (true);
create policy app on passwords to foresell_app using (true);
create policy app on totp to foresell_app using (true);
create policy app on recovery_codes to foresell_app using (true);
create policy app on passkeys to foresell_app using (true);
create policy app on oidc_accounts to foresell_app using (true);
create policy app on sessions to foresell_app using (true);
create policy app on refresh_tokens to foresell_app using (true);
create policy app on devices to foresell_app using (true);
create policy app on api_keys to foresell_app using (true);
create policy app on login_links to foresell_app using (true);
create policy app on auth_challenges to foresell_app using (true);
create policy app on login_attempts to foresell_app using (true);

create policy signed_in on roles for select to foresell_web using ((select current_user_id()) is not null);
create policy signed_in on permissions for select to foresell_web using ((select current_user_id()) is not null);
create policy signed_in on role_permissions for select to foresell_web using ((select current_user_id()) is not null);
create policy signed_in on teams for select to foresell_web using ((select current_user_id()) is not null);
create policy manage on teams to foresell_web using ((select has_permission('users.manage')));

create policy visible on users for select to foresell_web
using (user_id = (select current_user_id()) or user_id in (select visible_user_ids()) or (select has_permission('users.manage')));
create policy own on users for update to foresell_web using (user_id = (select current_user_id()));
create policy manage on users to foresell_web using ((select has_permission('users.manage')));
create policy visible on user_roles for select to foresell_web using (user_id = (select current_user_id()));
create policy manage on user_roles to foresell_web using ((select has_permission('users.manage')));

create policy visible on customer_owners for select to foresell_web
using ((select current_scope()) = 'all' or user_id in (select visible_user_ids()));
create policy reassign on customer_owners for update to foresell_web
using ((select has_permission('customers.assign')) and user_id in (select visible_user_ids()));
create policy assign on customer_owners for insert to foresell_web
with check ((select has_permission('customers.assign')) and (select current_scope()) = 'all');
create policy unassign on customer_owners for delete to foresell_web
using ((select has_permission('customers.assign')) and (select current_scope()) = 'all');

create policy own on passwords to foresell_web using (user_id = (select current_user_id()));
create policy own on totp to foresell_web using (user_id = (select current_user_id()));
create policy own on recovery_codes to foresell_web using (user_id = (select current_user_id()));
create policy own on passkeys to foresell_web using (user_id = (select current_user_id()));
create policy own on oidc_accounts to foresell_web using (user_id = (select current_user_id()));
create policy own on sessions to foresell_web using (user_id = (select current_user_id()));
create policy own on refresh_tokens to foresell_web using (session_id in (select session_id from sessions));
create policy own on devices to foresell_web using (user_id = (select current_user_id()));
create policy own on api_keys to foresell_web using (user_id = (select current_user_id()));
create policy own on login_links to foresell_web using (user_id = (select current_user_id()));

create policy manage on api_keys for select to foresell_web using ((select has_permission('keys.manage')));
create policy revoke on api_keys for update to foresell_web using ((select has_permission('keys.manage')));
create policy manage on login_links for insert to foresell_web with check ((select has_permission('users.manage')));

create policy holder on auth_challenges to foresell_web
using (encode(token_hash, 'hex') = current_setting('foresell.challenge', true))
with check (true);
create policy sign_in on login_attempts to foresell_web using (true);

grant usage on schema access to foresell_app, foresell_web;
grant select on all tables in schema access to foresell_app, foresell_web;
grant insert, update, delete on teams, users, user_roles, customer_owners, passwords, totp, recovery_codes, passkeys,
    oidc_accounts, sessions, refresh_tokens, devices, api_keys, login_links, auth_challenges, login_attempts to foresell_app;
grant insert, update on teams to foresell_web;
grant insert, update on users to foresell_web;
grant insert, delete on user_roles to foresell_web;
grant insert, update, delete on customer_owners, passwords, totp, recovery_codes, passkeys, oidc_accounts to foresell_web;
grant insert, update, delete on sessions to foresell_web;
grant insert, update on refresh_tokens, api_keys, login_links to foresell_web;
grant insert, delete on devices, auth_challenges, login_attempts to foresell_web;

revoke execute on all functions in schema access from public;
grant execute on function current_user_id(), delete_expired_challenges(), current_scope(), has_permission(text), current_team_id(), visible_user_ids(), visible_customer_ids(), can_see(text),
    user_id_of_email(text), user_id_of_secret(text, bytea), user_id_of_oidc_account(text, text),
    reset_user(integer, boolean), sign_in_states() to foresell_app, foresell_web;

insert into roles (role, scope, description) values
('rep', 'own', 'Calls their own customers.'),
('manager', 'team', 'Leads a team: sees its customers and calls, and assigns customers.'),
('analyst', 'all', 'Reads all metrics and changes the segment rules.'),
('marketer', 'all', 'Builds segments and exports lists without contact details.'),
('steward', 'all', 'Maintains the data: imports, undo, quality, erasure.'),
('admin', 'all', 'Manages users, models and keys, and reads the audit log.');

insert into permissions (permission, description) values
('audit.read', 'View and verify the audit log.'),
('calls.read', 'View logged calls.'),
('calls.write', 'Log calls and snooze customers.'),
('contacts.export', 'Export lists with contact details (after confirming the password).'),
('contacts.reveal', 'Show the contact details of a customer (this is logged).'),
('customers.assign', 'Assign customers to users.'),
('customers.export', 'Export lists without contact details.'),
('customers.read', 'View customers, their orders and scores.'),
('imports.undo', 'Undo an import.'),
('imports.write', 'Import files.'),
('keys.manage', 'Manage encryption keys and the API keys of other users.'),
('model.read', 'View model cards, backtests and the track record.'),
('models.manage', 'Withdraw a model.'),
('privacy.erase', 'Erase the personal data of a customer (after confirming the password).'),
('quality.read', 'View rejected rows and data quality findings.'),
('runs.read', 'View runs.'),
('runs.write', 'Start, publish and roll back runs.'),
('sales.read', 'View sales and forecasts.'),
('segments.movement', 'View which customers moved between segments.'),
('segments.read', 'View segments.'),
('segments.write', 'Change the segment rules.'),
('status.read', 'View the state of the installation: speed, availability, metrics.'),
('users.manage', 'Manage users, roles and teams.'),
('views.write', 'Save views.');

insert into role_permissions (role, permission)
select 'admin', permission from permissions
union all
select role, unnest(granted) from (values
    ('rep', array['customers.read', 'calls.write', 'calls.read', 'segments.read', 'model.read', 'sales.read',
        'views.write', 'contacts.reveal', 'customers.export', 'runs.read']),
    ('manager', array['customers.read', 'calls.write', 'calls.read', 'segments.read', 'model.read', 'sales.read',
        'views.write', 'contacts.reveal', 'customers.export', 'runs.read', 'customers.assign', 'contacts.export',
        'segments.movement']),
    ('analyst', array['customers.read', 'segments.read', 'segments.write', 'model.read', 'sales.read', 'views.write',
        'customers.export', 'runs.read', 'quality.read']),
    ('marketer', array['customers.read', 'segments.read', 'segments.write', 'model.read', 'sales.read', 'views.write',
        'customers.export', 'runs.read']),
    ('steward', array['customers.read', 'segments.read', 'imports.write', 'imports.undo', 'runs.read', 'runs.write',
        'contacts.reveal', 'privacy.erase', 'quality.read', 'status.read', 'views.write'])
) as grants (role, granted);

-- The keys of the encrypted contact data, one data key per customer record.

create schema privacy;
comment on schema privacy is 'Keys of the contact data. The console cannot read them; the web gets them only from audit.unlock_contacts.';
set search_path = privacy;

create table key_encryption_keys (
    kek_id integer primary key generated always as identity,
    created_at timestamptz not null default now(),
    retired_at timestamptz
);
comment on table key_encryption_keys is 'One row per key-encryption key; the key itself is a file of the home. retired_at: since then it wraps no data key, and its file is destroyed.';

create table data_keys (
    record_id bigint primary key,
    kek_id integer not null,
    wrapped_key bytea not null
);
comment on table data_keys is 'One row per customer record with contact data: its data key, wrapped by a key-encryption key. Deleting the row and retiring that key makes every copy of the contact data unreadable, backups included.';

create table erased_records (
    source text not null,
    source_key_hash bytea not null,
    erased_at timestamptz not null default now(),
    primary key (source, source_key_hash)
);
comment on table erased_records is 'One row per erased customer record. source_key_hash: keyed hash of its key, so that a later file does not restore the personal data.';

grant usage on schema privacy to foresell_app;
grant select on key_encryption_keys, data_keys, erased_records to foresell_app;
grant insert, update on key_encryption_keys to foresell_app;
grant insert, update, delete, truncate on data_keys to foresell_app;
grant update on sequence key_encryption_keys_kek_id_seq to foresell_app;
grant insert on erased_records to foresell_app;
grant update (old_row) on core.superseded_rows to foresell_app;


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

-- Full-text operators are not leakproof, so row security would read every row before it uses an index: this function
-- searches first and then keeps the visible customers.
create function find_customers(search_text text, max_rows integer, contact_indexes bytea[] default '{}') returns setof text
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
        select customer_id from core.customer_records where search @@ (select words from query)
        union
        select customer_id from core.customer_records where source_key = search_text
        union
        select customer_id from core.customers where customer_id = upper(search_text)
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
comment on function find_customers is 'Grain: one visible customer whose name or source key has words with these prefixes, or with this source key or id. contact_indexes: blind indexes of an e-mail or phone to search, too; needs contacts.reveal.';

grant usage on schema web to foresell_web;
grant select on all tables in schema web to foresell_web;
revoke execute on function find_customers from public;
grant execute on function find_customers to foresell_web;

revoke select on core.customer_records from foresell_reader;
grant select (record_id, source, source_key, customer_id, name, city, region, postcode, country, signup_date, batch_id)
    on core.customer_records to foresell_reader;

set search_path = core;

grant usage on schema core to foresell_web;
grant select on publication, runs, run_line_classes, run_segments, run_models, segment_rules, models, backtests,
    backtest_deciles, prediction_outcomes, forecasts to foresell_web;

-- The web has no right to write segment rules and models; these functions check the permission of the acting user.
create function insert_segment_rules(rules jsonb) returns integer
language plpgsql security definer
set search_path = core, pg_temp
as $$
declare
    version integer;
begin
    lock table segment_rules in share row exclusive mode;
    select coalesce(max(rules_version), 0) + 1 into version from segment_rules;
    insert into segment_rules (rules_version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice)
    select version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice
    from jsonb_to_recordset(rules) as rule (
        position integer, name text, r_min integer, r_max integer, f_min integer, f_max integer, m_min integer,
        m_max integer, advice text);
    return version;
end $$;
comment on function insert_segment_rules is 'Inserts an array of objects with the columns of segment_rules as a new version of the rules and returns that version. Earlier runs keep theirs. The only way to write the rules.';

create function save_segment_rules(rules jsonb) returns integer
language plpgsql security definer
set search_path = core, pg_temp
as $$
begin
    if not access.has_permission('segments.write') then
        raise insufficient_privilege using message = 'changing segment rules needs the permission segments.write';
    end if;
    return insert_segment_rules(rules);
end $$;
comment on function save_segment_rules is 'insert_segment_rules for the web: checks that the acting user may change the rules.';

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

revoke execute on function insert_segment_rules(jsonb), save_segment_rules(jsonb), withdraw_model(text) from public;
grant execute on function insert_segment_rules(jsonb) to foresell_app;
grant execute on function save_segment_rules(jsonb), withdraw_model(text) to foresell_web;

-- The audit log: append-only events, sealed every second in a signed hash chain that is anchored outside the database.

create schema audit;
comment on schema audit is 'The audit log. Append-only; seals make every later change detectable.';
set search_path = audit;

create table events (
    event_id bigint primary key generated always as identity,
    at timestamptz not null default clock_timestamp(),
    actor_id integer,
    via text not null default coalesce(nullif(current_setting('foresell.via', true), ''), 'command line')
        check (via in ('web', 'worker', 'command line')),
    action text not null check (action <> ''),
    subject text,
    detail jsonb not null default '{}',
    request_id text,
    customer_count integer not null default 0 check (customer_count >= 0),
    customers_sha256 bytea check ((customers_sha256 is null) = (customer_count = 0))
);
comment on table events is 'One row per audited action. actor_id: the user; null for the command line and before sign-in. subject: what the action affected, such as batch:7. subject and detail hold ids, counts and hashes, never personal data. customer_count, customers_sha256: how many customers it concerns, and the SHA-256 of its rows in event_customer_blocks.';
create index events_at on events (at desc);
create index events_actor on events (actor_id, event_id desc);
create index events_action on events (action, event_id desc);

create table event_customer_blocks (
    event_id bigint not null,
    block text collate "C" not null,
    customer_ids text[] collate "C" not null check (cardinality(customer_ids) > 0),
    primary key (event_id, block)
);
comment on table event_customer_blocks is 'One row per event and block of a thousand customer numbers (C000123 is in block C000): those of the block that the event concerns, sorted. An export of every customer is 4 MB this way, and 90 MB with a row for each. An erased customer keeps its number here, without a name.';
create index event_customer_blocks_block on event_customer_blocks (block);

create view event_customers with (security_invoker = true) as
select event_id, unnest(customer_ids) as customer_id from event_customer_blocks;
comment on view event_customers is 'One row per event and customer it concerns: whose data was shown, exported or changed.';

create table unsealed_events (
    event_id bigint primary key
);
comment on table unsealed_events is 'One row per event that is not sealed yet, normally those of the last second.';

create table seals (
    seal_id bigint primary key,
    sealed_at timestamptz not null,
    event_ids bigint[] not null check (cardinality(event_ids) > 0),
    row_hashes bytea not null check (length(row_hashes) = 32 * cardinality(event_ids)),
    previous bytea not null,
    hash bytea not null,
    signature bytea not null
);
comment on table seals is 'One row per seal. row_hashes: the SHA-256 of each event. previous: the hash of the seal before. hash: over all of these; signature: ES256, of the hash.';

create function refuse_change() returns trigger
language plpgsql
as $$
begin
    raise restrict_violation using message = format('audit.%s is append-only', tg_table_name);
end $$;
comment on function refuse_change is 'Recorded rows cannot be changed or deleted, not even by the owner of the table.';
create trigger append_only before update or delete or truncate on events for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on event_customer_blocks for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on seals for each statement execute function refuse_change();

create function set_event_time() returns trigger
language plpgsql
as $$
begin
    new.at := clock_timestamp();
    return new;
end $$;
comment on function set_event_time is 'The time of an event is always the server''s.';
create trigger set_event_time before insert on events for each row execute function set_event_time();

create function add_unsealed_event() returns trigger
language plpgsql security definer
set search_path = audit, pg_temp
as $$
begin
    insert into unsealed_events select event_id from new_rows;
    return null;
end $$;
comment on function add_unsealed_event is 'Marks every new event as not sealed yet.';
create trigger add_unsealed_event after insert on events
referencing new table as new_rows for each statement execute function add_unsealed_event();

create function record_event(
    actor integer, action text, subject text, detail jsonb, request_id text, customers text[]
) returns bigint
language plpgsql security definer
set search_path = audit, pg_temp
as $$
declare
    new_event bigint := nextval('audit.events_event_id_seq');
    new_count integer;
    new_hash bytea;
begin
    if actor is distinct from access.current_user_id() and actor is not null then
        raise insufficient_privilege using message = 'an event is recorded for the user of the transaction only';
    end if;
    if subject like 'customer:%' then
        customers := customers || substr(subject, 10);
    end if;
    insert into audit.event_customer_blocks
    select new_event, left(id, -3), array_agg(distinct id collate "C" order by id collate "C")
    from unnest(customers) as id group by left(id, -3);
    select coalesce(sum(cardinality(customer_ids)), 0),
        sha256(convert_to(string_agg(block || ':' || array_to_string(customer_ids, ','), ';' order by block), 'UTF8'))
    into new_count, new_hash
    from audit.event_customer_blocks where event_id = new_event;
    insert into audit.events (
        event_id, actor_id, action, subject, detail, request_id, customer_count, customers_sha256
    ) overriding system value
    values (
        new_event, actor, record_event.action, record_event.subject, record_event.detail, record_event.request_id,
        new_count, new_hash
    );
    return new_event;
end $$;
comment on function record_event is 'Records one event and the customers it concerns (in any order; the customer of the subject is always one); the only way to add either. actor: the user of the transaction, or null. Returns the event id.';

create function record_action(action text, subject text, detail jsonb, customers text[] default '{}') returns void
language sql
set search_path = audit, pg_temp
begin atomic
    select record_event(
        access.current_user_id(), record_action.action, record_action.subject, record_action.detail, null,
        record_action.customers
    );
end;
comment on function record_action is 'Records an action of the current user, in the same transaction.';

create function record_batch() returns trigger
language plpgsql
as $$
begin
    perform audit.record_action(
        case when new.state = 'undone' then 'undo' else 'import' end,
        'batch:' || new.batch_id,
        jsonb_build_object('source', new.source, 'record_type', new.record_type, 'file_sha256', new.file_sha256)
    );
    return null;
end $$;
comment on function record_batch is 'Records every import and undo.';
create trigger recorded after insert on core.load_batches for each row execute function record_batch();
create trigger recorded_undo after update on core.load_batches for each row
when (old.state is distinct from new.state) execute function record_batch();

create function record_publication() returns trigger
language plpgsql
as $$
begin
    perform audit.record_action('publish', 'run:' || new.run_id, '{}');
    return null;
end $$;
comment on function record_publication is 'Records every publication of a run, rollbacks included.';
create trigger recorded after insert or update on core.publication for each row execute function record_publication();

create function record_key() returns trigger
language plpgsql
as $$
begin
    perform audit.record_action(
        case when new.retired_at is null then 'key.created' else 'key.retired' end, 'key:' || new.kek_id, '{}'
    );
    return null;
end $$;
comment on function record_key is 'Records the creation and retirement of key-encryption keys.';
create trigger recorded after insert or update on privacy.key_encryption_keys for each row execute function record_key();

-- The web gets data keys only from this function, which records the access in the same step.
create function unlock_contacts(customer_ids text[], purpose text, request_id text)
returns table (customer_id text, record_id bigint, source text, source_key text, contact bytea, kek_id integer, wrapped_key bytea)
language plpgsql security definer
set search_path = audit, pg_temp
as $$
#variable_conflict use_column
declare
    visible text[];
begin
    if not access.has_permission(case purpose when 'reveal' then 'contacts.reveal' when 'export' then 'contacts.export' end) then
        raise insufficient_privilege using message = 'the user has no permission for contact data';
    end if;
    if purpose = 'reveal' and cardinality(customer_ids) <> 1 then
        raise insufficient_privilege using message = 'contact data is revealed one customer at a time';
    end if;
    visible := array(
        select c.customer_id from core.customers as c
        where c.customer_id = any (customer_ids)
            and ((select access.current_scope()) = 'all' or c.customer_id in (select access.visible_customer_ids()))
    );
    perform audit.record_event(
        access.current_user_id(), 'contact.' || purpose,
        case when cardinality(customer_ids) = 1 then 'customer:' || customer_ids[1] end, '{}',
        unlock_contacts.request_id, visible
    );
    return query
    select r.customer_id, r.record_id, r.source, r.source_key, r.contact, k.kek_id, k.wrapped_key
    from core.customer_records as r join privacy.data_keys as k using (record_id)
    where r.customer_id = any (customer_ids) and r.contact is not null
        and ((select access.current_scope()) = 'all' or r.customer_id in (select access.visible_customer_ids()))
    order by r.record_id;
end $$;
comment on function unlock_contacts is 'Grain: one visible record of these customers with its wrapped data key. purpose: reveal (one customer) or export; recorded as such.';

alter table events enable row level security;
alter table event_customer_blocks enable row level security;
alter table seals enable row level security;
alter table unsealed_events enable row level security;
create policy app on events to foresell_app using (true);
create policy app on event_customer_blocks to foresell_app using (true);
create policy app on seals to foresell_app using (true);
create policy app on unsealed_events to foresell_app using (true);
create policy read on events for select to foresell_web using ((select access.has_permission('audit.read')));
create policy read on event_customer_blocks for select to foresell_web using ((select access.has_permission('audit.read')));
create policy read on seals for select to foresell_web using ((select access.has_permission('audit.read')));
create policy read on unsealed_events for select to foresell_web using ((select access.has_permission('audit.read')));

grant usage on schema audit to foresell_app, foresell_web;
grant select on events, event_customer_blocks, event_customers, seals, unsealed_events to foresell_app, foresell_web;
grant insert on seals to foresell_app;
grant delete on unsealed_events to foresell_app;
revoke execute on all functions in schema audit from public;
grant execute on function record_event(integer, text, text, jsonb, text, text[]), record_action(text, text, jsonb, text[]),
    unlock_contacts(text[], text, text), record_batch(), record_publication(), record_key()
    to foresell_app, foresell_web;

-- What users do with the scores: calls, snoozes, saved views and assignments. Undo marks rows; it deletes nothing.

create schema engagement;
comment on schema engagement is 'What users do with the scores. Row security: a user''s own rows, or those of visible customers.';
set search_path = engagement;

create table calls (
    call_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    outcome text not null check (outcome in ('reached', 'no_answer', 'not_interested', 'will_order')),
    note text check (length(note) between 1 and 2000),
    called_at timestamptz not null default now(),
    undone_at timestamptz
);
comment on table calls is 'One row per logged call. undone_at: the call was undone and no longer counts. note: may contain personal data; erasing the customer clears it.';
create index calls_customer on calls (customer_id, called_at desc);
create index calls_recent on calls (called_at desc) where undone_at is null;

create table snoozes (
    snooze_id bigint primary key generated always as identity,
    customer_id text not null,
    user_id integer not null references access.users,
    call_id bigint references calls,
    until date not null,
    snoozed_at timestamptz not null default now(),
    cancelled_at timestamptz
);
comment on table snoozes is 'One row per snooze of a customer, who is not on the call list before the day `until`. call_id: the call it was set with; undoing the call cancels it.';
create index snoozes_customer on snoozes (customer_id) where cancelled_at is null;
create index snoozes_call on snoozes (call_id) where call_id is not null;

create table saved_views (
    view_id integer primary key generated always as identity,
    user_id integer not null references access.users,
    name text not null check (length(name) between 1 and 100),
    filters jsonb not null,
    sort text not null,
    shared boolean not null default false,
    changed_at timestamptz not null default now(),
    unique (user_id, name)
);
comment on table saved_views is 'One row per saved view of the customer list: its filters and sort order. shared: visible to all users, not only to its owner.';

create table assignments (
    assignment_id bigint primary key generated always as identity,
    assigned_by integer not null references access.users,
    user_id integer references access.users,
    previous_owners jsonb not null,
    assigned_at timestamptz not null default now(),
    undone_at timestamptz
);
comment on table assignments is 'One row per assignment of customers to a user (null: to none). previous_owners: customer id to the user id before (null: none), so that undo is exact.';

alter table calls enable row level security;
alter table snoozes enable row level security;
alter table saved_views enable row level security;
alter table assignments enable row level security;

create policy app on calls to foresell_app using (true);
create policy app on snoozes to foresell_app using (true);
create policy app on saved_views to foresell_app using (true);
create policy app on assignments to foresell_app using (true);

create policy visible on calls for select to foresell_web
using ((select access.has_permission('calls.read'))
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy log on calls for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('calls.write'))
    and access.can_see(customer_id));
create policy undo on calls for update to foresell_web using (user_id = (select access.current_user_id()));

create policy visible on snoozes for select to foresell_web
using ((select access.has_permission('calls.read'))
    and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids())));
create policy snooze on snoozes for insert to foresell_web
with check (user_id = (select access.current_user_id()) and (select access.has_permission('calls.write'))
    and access.can_see(customer_id));
create policy cancel on snoozes for update to foresell_web
using ((select access.has_permission('calls.write')) and access.can_see(customer_id));

create policy visible on saved_views for select to foresell_web
using (user_id = (select access.current_user_id()) or (shared and (select access.current_user_id()) is not null));
create policy own on saved_views to foresell_web
using (user_id = (select access.current_user_id()) and (select access.has_permission('views.write')));

create policy own on assignments to foresell_web
using (assigned_by = (select access.current_user_id()) and (select access.has_permission('customers.assign')));

grant usage on schema engagement to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema engagement to foresell_app;
grant select on calls, snoozes, saved_views, assignments to foresell_web;
grant insert (customer_id, user_id, outcome, note), update (undone_at) on calls to foresell_web;
grant insert (customer_id, user_id, call_id, until), update (cancelled_at) on snoozes to foresell_web;
grant insert, update, delete on saved_views to foresell_web;
grant insert (assigned_by, user_id, previous_owners), update (undone_at) on assignments to foresell_web;

-- What the worker is asked to do, and the uploaded files it reads. The queue is procrastinate's, in a schema of its own.

create schema job_queue;
comment on schema job_queue is 'The tables of procrastinate, as the installed version defines them: which job is next, and which worker has it.';
set search_path = job_queue;

-- include procrastinate sql/schema.sql

grant usage on schema job_queue to foresell_app;
grant select, insert, update, delete on all tables in schema job_queue to foresell_app;
grant usage on all sequences in schema job_queue to foresell_app;

create schema jobs;
comment on schema jobs is 'Jobs of the worker with their progress and results, and uploaded files.';
set search_path = jobs;

create table jobs (
    job_id bigint primary key generated always as identity,
    kind text not null check (kind in ('inspect', 'load', 'undo', 'refresh')),
    requested_by integer references access.users,
    requested_at timestamptz not null default now(),
    arguments jsonb not null default '{}',
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    attempts integer not null default 0,
    step text,
    done bigint,
    total bigint,
    started_at timestamptz,
    finished_at timestamptz,
    cancel_requested boolean not null default false,
    cancellable boolean not null default true,
    result jsonb not null default '{}',
    error text,
    remedy text,
    check (cancellable or not cancel_requested),
    check ((finished_at is not null) = (state in ('done', 'failed', 'cancelled')))
);
comment on table jobs is 'One row per job of the worker. step, done, total: its progress. arguments, result: ids and counts. cancellable: false from the moment its result is committed.';
create unique index jobs_one_refresh on jobs (kind) where kind = 'refresh' and state in ('queued', 'running');
create unique index jobs_one_undo on jobs ((arguments ->> 'batch_id')) where kind = 'undo' and state in ('queued', 'running');

create table imports (
    import_id integer primary key generated always as identity,
    user_id integer not null references access.users,
    file_name text not null check (length(file_name) between 1 and 120),
    file_bytes bigint not null,
    file_sha256 text not null,
    state text not null check (state in ('inspecting', 'ready', 'unreadable', 'loading', 'loaded', 'failed', 'deleted')),
    revision integer not null default 1,
    job_id bigint references jobs,
    batch_id integer references core.load_batches,
    received_at timestamptz not null default now()
);
comment on table imports is 'One row per uploaded file. The file, its mapping and the findings are in the work folder until it is loaded or deleted. revision: number of the mapping, counted from 1.';

create function close_failed_import() returns trigger
language plpgsql
set search_path = jobs, pg_temp
as $$
begin
    update imports set state = case
        when state = 'inspecting' then 'unreadable' when new.state = 'cancelled' then 'ready' else 'failed' end
    where job_id = new.job_id and state in ('inspecting', 'loading');
    return null;
end $$;
comment on function close_failed_import is 'Sets the final state of an import whose job failed or was cancelled.';
create trigger close_failed_import after update on jobs for each row
when (old.state <> new.state and new.state in ('failed', 'cancelled')) execute function close_failed_import();

create function enqueue_job(job_id bigint) returns void
language plpgsql security definer
set search_path = job_queue, pg_temp
as $$
begin
    perform procrastinate_defer_jobs_v1(array[
        row('jobs', 'run_job', 0, null, null, jsonb_build_object('job_id', enqueue_job.job_id), null)::procrastinate_job_to_defer_v1
    ]);
end $$;
comment on function enqueue_job is 'Puts a job of jobs.jobs into the worker''s queue, in the same transaction.';

create function request_job(kind text, arguments jsonb) returns bigint
language plpgsql security definer
set search_path = jobs, pg_temp
as $$
declare
    new_job bigint;
    needed constant text := case kind
        when 'refresh' then 'runs.write' when 'undo' then 'imports.undo' else 'imports.write' end;
begin
    if not access.has_permission(needed) then
        raise insufficient_privilege using message = format('this needs the permission %s', needed);
    end if;
    insert into jobs.jobs (kind, requested_by, arguments)
    values (request_job.kind, access.current_user_id(), request_job.arguments)
    returning job_id into new_job;
    perform jobs.enqueue_job(new_job);
    return new_job;
end $$;
comment on function request_job is 'Adds a job and enqueues it, in the transaction of the caller. Returns the job''s id.';

create function last_worker_heartbeat() returns timestamptz
language sql stable security definer
set search_path = job_queue, pg_temp
as $$ select max(last_heartbeat) from procrastinate_workers $$;
comment on function last_worker_heartbeat is 'The newest heartbeat of any worker; null when there is none.';

alter table jobs enable row level security;
alter table imports enable row level security;
alter table core.load_batches enable row level security;

create policy app on jobs to foresell_app using (true);
create policy app on imports to foresell_app using (true);
create policy app on core.load_batches to foresell_app using (true);
create policy reader on core.load_batches for select to foresell_reader using (true);

create policy visible on jobs for select to foresell_web
using (requested_by = (select access.current_user_id()) or (select access.has_permission('runs.write'))
    or (select access.has_permission('imports.write')));
create policy cancel on jobs for update to foresell_web using ((select access.has_permission('imports.write')));
create policy manage on imports to foresell_web
using ((select access.has_permission('imports.write'))) with check ((select access.has_permission('imports.write')));
create policy visible on core.load_batches for select to foresell_web
using ((select access.has_permission('quality.read')) or (select access.has_permission('imports.write')));

grant usage on schema jobs to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema jobs to foresell_app;
grant select on jobs, imports, core.load_batches to foresell_web;
grant update (state, cancel_requested, finished_at) on jobs to foresell_web;
grant insert, update (state, revision, job_id) on imports to foresell_web;
revoke execute on all functions in schema jobs from public;
grant execute on function close_failed_import(), last_worker_heartbeat() to foresell_app, foresell_web;
grant execute on function enqueue_job(bigint) to foresell_app;
grant execute on function request_job(text, jsonb) to foresell_web;

-- What the API needs beyond the data itself: idempotency keys, and the live events that keep open pages up to date.

create schema api;
comment on schema api is 'Idempotency keys and live events.';
set search_path = api;

create table idempotency_keys (
    user_id integer not null references access.users,
    key text not null check (length(key) between 1 and 255),
    request_hash bytea not null,
    status integer not null,
    response_body bytea not null,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
);
comment on table idempotency_keys is 'One row per completed request with an Idempotency-Key, with its response. Written in the transaction of the request, kept for two days.';
create index idempotency_keys_created_at on idempotency_keys (created_at);

create table live_events (
    event_id bigint primary key generated always as identity,
    at timestamptz not null default clock_timestamp(),
    kind text not null check (kind ~ '^[a-z_]+$'),
    payload jsonb not null,
    permission text references access.permissions,
    customer_id text,
    user_id integer references access.users
);
comment on table live_events is 'One row per event that open pages receive, in commit order. Recipients: users who have the permission, can see customer_id and are user_id; null restricts nothing. payload: ids and counts, never personal data. Kept for seven days.';
create index live_events_at on live_events (at);

create function publish_event(
    kind text, payload jsonb default '{}', permission text default null, customer_id text default null,
    user_id integer default null
) returns void
language plpgsql security definer
set search_path = api, pg_temp
as $$
begin
    -- One writer at a time until it commits: a reader that has seen event n has not missed an earlier one.
    perform pg_advisory_xact_lock(hashtext('api.live_events'));
    insert into live_events (kind, payload, permission, customer_id, user_id)
    values (publish_event.kind, publish_event.payload, publish_event.permission, publish_event.customer_id, publish_event.user_id);
    perform pg_notify('foresell', publish_event.kind);
end $$;
comment on function publish_event is 'Adds a live event and wakes every process that streams events. Call it as the last statement of a transaction.';

create function newest_event_id() returns bigint
language sql stable security definer
set search_path = api, pg_temp
begin atomic
    select coalesce(max(event_id), 0) from live_events;
end;
comment on function newest_event_id is 'The id of the last event for any recipient: where a new stream starts.';

create function publish_run_event() returns trigger
language plpgsql
as $$
begin
    perform api.publish_event('run_published', jsonb_build_object('run_id', new.run_id));
    return null;
end $$;
comment on function publish_run_event is 'Announces every newly published run.';
create trigger publish_run_event after insert or update on core.publication for each row execute function publish_run_event();

create function publish_undo_event() returns trigger
language plpgsql
as $$
begin
    perform api.publish_event('batch_undone', jsonb_build_object('batch_id', new.batch_id), 'quality.read');
    return null;
end $$;
comment on function publish_undo_event is 'Announces every undone batch; at commit, because publish_event blocks other publishers until then.';
create constraint trigger publish_undo_event after update on core.load_batches deferrable initially deferred
for each row when (old.undone_at is null and new.undone_at is not null) execute function publish_undo_event();

create function notify_assignment() returns trigger
language plpgsql
as $$
begin
    perform pg_notify('foresell', 'customers_assigned');
    return null;
end $$;
comment on function notify_assignment is 'Tells every process that caches customer visibility to clear its cache.';
create trigger notify_assignment after insert or update or delete on access.customer_owners
for each statement execute function notify_assignment();

alter table idempotency_keys enable row level security;
alter table live_events enable row level security;
create policy app on idempotency_keys to foresell_app using (true);
create policy app on live_events to foresell_app using (true);
create policy own on idempotency_keys to foresell_web using (user_id = (select access.current_user_id()));
create policy recipient on live_events for select to foresell_web
using ((select access.current_user_id()) is not null
    and (permission is null or access.has_permission(permission))
    and (customer_id is null or access.can_see(customer_id))
    and (user_id is null or user_id = (select access.current_user_id())));

grant usage on schema api to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema api to foresell_app;
grant select on idempotency_keys, live_events to foresell_web;
grant insert (user_id, key, request_hash, status, response_body) on idempotency_keys to foresell_web;
revoke execute on all functions in schema api from public;
grant execute on function publish_event(text, jsonb, text, text, integer), publish_run_event(), notify_assignment()
    to foresell_app, foresell_web;
grant execute on function newest_event_id() to foresell_web;

-- Exports: one row for each, so that it is known what data left the system.

create schema delivery;
comment on schema delivery is 'Data that leaves the system.';
set search_path = delivery;

create table exports (
    export_id bigint primary key generated always as identity,
    user_id integer not null references access.users,
    started_at timestamptz not null default now(),
    format text not null check (format in ('csv', 'xlsx')),
    filters jsonb not null,
    sort text not null,
    columns text[] not null,
    with_contacts boolean not null,
    run_id integer not null references core.runs,
    rows bigint not null,
    bytes bigint,
    sha256 text,
    finished_at timestamptz,
    check ((finished_at is not null) = (sha256 is not null and bytes is not null))
);
comment on table exports is 'One row per started export. finished_at, bytes, sha256: set once the whole file was sent. filters: as requested, without search text.';

alter table exports enable row level security;
create policy app on exports to foresell_app using (true);
create policy own on exports to foresell_web using (user_id = (select access.current_user_id()));
create policy audited on exports for select to foresell_web using ((select access.has_permission('audit.read')));

grant usage on schema delivery to foresell_app, foresell_web;
grant select, insert, update, delete on exports to foresell_app;
grant select, insert (user_id, format, filters, sort, columns, with_contacts, run_id, rows),
    update (bytes, sha256, finished_at) on exports to foresell_web;
