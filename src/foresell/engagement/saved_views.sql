-- PostgreSQL: saved views of the customer list, behind row security. Parameters are bound by name.

-- name: list
-- Grain: one view: the user's own first, then shared ones, by name.
select v.view_id, v.name, v.description, v.filters, v.sort, v.shared_with, v.changed_at, v.user_id = %(user_id)s as mine, u.name as owner
from engagement.saved_views as v left join access.users as u using (user_id)
where %(view_id)s::integer is null or v.view_id = %(view_id)s
order by v.user_id <> %(user_id)s, lower(v.name), v.view_id

-- name: add
insert into engagement.saved_views (user_id, name, description, filters, sort, shared_with, team_id)
values (%(user_id)s, %(name)s, %(description)s, %(filters)s, %(sort)s, %(shared_with)s,
    case %(shared_with)s when 'team' then access.current_team_id() end)
on conflict (user_id, name) do nothing
returning view_id

-- name: change
update engagement.saved_views
set name = %(name)s, description = %(description)s, filters = %(filters)s, sort = %(sort)s, shared_with = %(shared_with)s,
    team_id = case %(shared_with)s when 'team' then access.current_team_id() end, changed_at = now()
where view_id = %(view_id)s and user_id = %(user_id)s
returning view_id

-- name: delete
delete from engagement.saved_views where view_id = %(view_id)s and user_id = %(user_id)s returning view_id
