-- PostgreSQL: who moved between segments from one run to another, of the customers that the user's figures hold.

-- name: rows
-- Grain: one row per customer scored in either run. revenue: net, as of the later run in which there was a score.
select coalesce(a.segment, 'not yet') as "from", coalesce(b.segment, 'no longer') as "to",
    coalesce(a.customer_id, b.customer_id) as customer_id, coalesce(b.monetary, a.monetary) as revenue
from (select customer_id, segment, monetary from web.rfm_scores where run_id = %(since)s) as a
full join (select customer_id, segment, monetary from web.rfm_scores where run_id = %(run_id)s) as b using (customer_id)
where (select access.current_scope()) = 'all' or customer_id in (select access.owned_customer_ids())

-- name: result
-- Grain: one row per pair of segments; 'not yet' and 'no longer' stand for no score.
select "from", "to", count(*) as customers, sum(revenue) as revenue
from rows
group by "from", "to"
order by customers desc, "from", "to"
