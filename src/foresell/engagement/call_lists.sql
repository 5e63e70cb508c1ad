-- PostgreSQL: call lists and the settings they follow, behind row security. Parameters are bound by name.

-- name: settings
-- The settings of a team (null: of the company), if it has its own.
select s.settings_id, s.team_id, t.name as team, s.capacity, s.overdue, s.win_back, s.second_order, s.due,
    jsonb_build_object('user_id', s.changed_by, 'name', u.name) as changed_by, s.changed_at
from engagement.call_list_settings as s
left join access.teams as t using (team_id)
left join access.users as u on u.user_id = s.changed_by
where s.team_id is not distinct from %(team_id)s::integer
order by s.settings_id desc limit 1

-- name: change_settings
insert into engagement.call_list_settings (team_id, capacity, overdue, win_back, second_order, due, changed_by)
values (%(team_id)s, %(capacity)s, %(overdue)s, %(win_back)s, %(second_order)s, %(due)s, %(user_id)s)
returning settings_id

-- name: team
select team_id from access.teams where team_id = %(team_id)s

-- name: find
-- The user's list of a day.
select call_list_id, day, run_id, as_of, policy, settings_id, produced_at from engagement.call_lists
where user_id = %(user_id)s and day = %(day)s

-- name: add
-- Of two requests that produce the list at once, the first counts.
insert into engagement.call_lists (user_id, day, run_id, as_of, policy, settings_id)
values (%(user_id)s, %(day)s, %(run_id)s, %(as_of)s, %(policy)s, %(settings_id)s)
on conflict (user_id, day) do nothing
returning call_list_id

-- name: add_entries
-- Grain: one customer of the list, in its order.
insert into engagement.call_list_entries (call_list_id, position, customer_id, call_reason, why_call, value_at_risk)
select %(call_list_id)s, position, customer_id, call_reason, why_call, value_at_risk
from jsonb_to_recordset(%(entries)s) as e (
    position integer, customer_id text, call_reason text, why_call text, value_at_risk numeric(18, 2))

-- name: entries
-- Grain: one customer of the list that the user may still see, in its order. Of customers that are one by now, the first.
select customer_id, call_reason, why_call, value_at_risk::double precision as value_at_risk
from engagement.call_list_entries
where call_list_id = %(call_list_id)s and customer_id = coalesce(identity.current_customer(customer_id), customer_id)
order by position
