-- PostgreSQL: who looks after which customer, behind row security. Parameters are bound by name.

-- name: owners
-- Grain: one wanted customer that has an owner; locked until the transaction ends.
select customer_id, user_id from access.customer_owners where customer_id = any(%(ids)s) order by customer_id for update

-- name: reassign
-- Grain: one customer whose owner changed to this user.
update access.customer_owners set user_id = %(user_id)s, assigned_at = now()
where customer_id = any(%(ids)s) and user_id <> %(user_id)s
returning customer_id

-- name: assign
-- Grain: one customer without an owner until now, who has this one.
insert into access.customer_owners (customer_id, user_id) select unnest(%(ids)s::text[]), %(user_id)s
on conflict (customer_id) do nothing
returning customer_id

-- name: unassign
-- Grain: one customer that no longer has an owner.
delete from access.customer_owners where customer_id = any(%(ids)s) returning customer_id

-- name: assignee
-- The user, if the acting user may assign customers to them.
select user_id, name from access.users
where user_id = %(user_id)s and disabled_at is null
    and ((select access.current_scope()) = 'all' or user_id in (select access.visible_user_ids()))

-- name: assignees
-- Grain: one user customers may be assigned to, by name.
select user_id, name from access.users
where disabled_at is null and ((select access.current_scope()) = 'all' or user_id in (select access.visible_user_ids()))
order by name, user_id

-- name: add
insert into engagement.assignments (assigned_by, user_id, previous_owners, new_owners)
values (%(by)s, %(user_id)s, %(previous)s, %(new)s)
returning assignment_id

-- name: undo
update engagement.assignments set undone_at = now() where assignment_id = %(assignment_id)s and undone_at is null
returning user_id, previous_owners as previous, new_owners as new

-- name: undone
select undone_at from engagement.assignments where assignment_id = %(assignment_id)s
