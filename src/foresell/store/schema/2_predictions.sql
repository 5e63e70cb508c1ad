-- Models with their cards, what they said, and whether it came true.

create table models (
    model_id integer primary key generated always as identity,
    task text not null check (task in ('purchase', 'churn', 'churn_180', 'lifetime_value', 'revenue_forecast')),
    kind text not null,
    as_of date not null,
    state text not null check (state in ('served', 'refused', 'withdrawn')),
    reason text not null,
    body text not null,
    card jsonb not null,
    trained_at timestamptz not null default now()
);
comment on table models is 'One row per training of one task. body: the model as text, never code; card: what it learnt from, how well it did, what was checked. as_of: it knows nothing later, and serves no earlier day.';
create index models_task on models (task, as_of desc, model_id desc);

create table backtests (
    model_id integer not null references models on delete cascade,
    task text not null,
    horizon_days integer not null,
    model text not null,
    population text not null,
    cutoff date,
    customers bigint not null,
    measure text not null,
    value double precision,
    low double precision,
    high double precision
);
comment on table backtests is 'One row per training, model compared, population, cutoff (null: mean of the test cutoffs) and measure, out of time, with a 95 % bootstrap interval.';
create index backtests_model_id on backtests (model_id);

create table backtest_deciles (
    model_id integer not null references models on delete cascade,
    task text not null,
    model text not null,
    cutoff date not null,
    decile integer not null,
    customers bigint not null,
    said double precision not null,
    happened double precision not null,
    lift double precision
);
comment on table backtest_deciles is 'One row per training, model compared, cutoff and tenth of the customers (1 = likeliest): what was said, what happened.';
create index backtest_deciles_model_id on backtest_deciles (model_id);

create table run_models (
    run_id integer not null references runs on delete cascade,
    task text not null,
    model_id integer references models,
    level text not null check (level in ('learner', 'law', 'off')),
    sentence text not null,
    primary key (run_id, task)
);
comment on table run_models is 'One row per run and task: which model answered, or why none did, and why it was trained or not.';

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
comment on table predictions is 'One row per run and scored customer. probability: of an order within 30 days of the run''s as_of; churn: of none within 90 or 180; value_12m: net revenue of the next 365. Null where the task is off. other_scores: a JSON object of the scores that have no column of their own here yet.';

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
comment on table prediction_reasons is 'One row per run, customer at the head of the call list and reason: 1 to 3 are the customer''s, 4 is the season''s part.';

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
comment on table forecasts is 'One row per run, period and target: the whole period, the part known at as_of included; 80 % interval. ends: the first day after it.';

create table receipts (
    run_id integer not null references runs on delete cascade,
    task text not null,
    horizon_days integer not null,
    grouping text not null check (grouping in ('all', 'decile', 'segment')),
    name text not null,
    customers bigint not null,
    said double precision not null,
    happened double precision not null,
    model_id integer references models,
    graded_as_of date not null,
    primary key (run_id, task, grouping, name)
);
comment on table receipts is 'One row per run, task and group of customers whose window has closed: what was said on average, what happened. lifetime_value: money per customer, the others shares.';

grant select, insert on models, backtests, backtest_deciles, run_models, predictions, prediction_reasons, forecasts, receipts
    to foresell_app;
grant select on models, backtests, backtest_deciles, run_models, predictions, prediction_reasons, forecasts, receipts
    to foresell_reader;
grant update on models to foresell_app;
grant delete on predictions, prediction_reasons to foresell_app;
grant maintain on predictions, prediction_reasons to foresell_app;
