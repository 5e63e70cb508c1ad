-- DuckDB: exported columns of the customers at these ranks of the list. {columns}: the expressions of customers.py.
-- Grain: one row per rank.
select rank, {columns} from customer_list where rank in (select unnest($ranks))
