-- PostgreSQL: the segment rules for the command line. Parameters are psycopg's.

-- name: list
-- Grain: one rule of the newest version.
select * from segment_rules where rules_version = (select max(rules_version) from segment_rules) order by position

-- name: insert
select insert_segment_rules(%(rules)s) as version
