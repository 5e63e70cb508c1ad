-- DuckDB: the exported columns of the customers at these places of the list. {columns}: expressions of ours.
-- Grain: one row per place.
select place, {columns} from customer_list where place in (select unnest($places))
