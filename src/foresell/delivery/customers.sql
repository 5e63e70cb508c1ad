-- DuckDB: the exported columns of the customers at these ranks of the list. {columns}: expressions of ours.
-- Grain: one row per rank.
select rank, {columns} from customer_list where rank in (select unnest($ranks))
