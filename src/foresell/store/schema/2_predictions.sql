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
    expected_revenue double precision,
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
