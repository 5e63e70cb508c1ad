-- A column is named after what it holds: expected net revenue of the next 30 days.

alter table web.predictions rename column expected_value to expected_revenue;
