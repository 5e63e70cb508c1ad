-- What the API may read of what belongs to no customer: each by the permission it is shown under.
set search_path = truth;

grant usage on schema truth to foresell_web;
grant select on publication, runs, run_line_classes, run_segments, run_models, segment_rules, models, backtests,
    backtest_deciles, receipts, forecasts to foresell_web;
