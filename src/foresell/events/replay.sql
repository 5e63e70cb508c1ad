-- PostgreSQL: rebuilds the derived tables.

-- name: count
select count(*) as n from events.events where seq <= %(upto)s

-- name: next_portion
select max(seq) as upto, count(*) as n
from (select seq from events.events where seq > %(after)s and seq <= %(upto)s order by seq limit %(limit)s) as next_events
