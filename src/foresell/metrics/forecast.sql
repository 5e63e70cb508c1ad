-- DuckDB: the forecast of the run, for the whole shop independent of the user.

-- name: rows
-- Grain: one row per period and target. known: the part before as_of; expected: the whole period, known part included; low,
-- high: its 80 % interval.
select grain, starts, ends, target, known, expected, low, high, method, note
from forecasts

-- name: result
-- Grain: one row per period and target, in time.
select grain, starts, ends, target, known, expected, low, high, method, note
from rows
order by case grain when 'month' then 1 when 'quarter' then 2 else 3 end, starts, target desc
