-- PostgreSQL: live events for the pages that are open. Parameters are bound by name.

-- name: publish
select api.publish_event(%(kind)s, %(payload)s, %(permission)s, %(customer_id)s, %(user_id)s)

-- name: after
-- Grain: one event this user may receive, in the order of commits.
select event_id, kind, payload, customer_id, at from api.live_events
where event_id > %(after)s order by event_id limit %(limit)s

-- name: newest
select api.newest_event_id() as newest
