-- PostgreSQL: merges, splits and their undo. Parameters are bound by name. The functions are in schema identity.

-- name: merge
-- Grain: one move. Merges others[i] into customers[i], all in one step.
select move_id from identity.add_merges(%(customers)s, %(others)s, %(by)s, null, null, %(reason)s) as t (move_id)

-- name: split
select move_id, customer_id from identity.add_split(%(customer)s, %(records)s, 'user', null, null, %(reason)s)

-- name: undo
-- Grain: one record that changed its customer.
select record_id, was, now_at from identity.undo_move(%(move_id)s, null)

-- name: current
select identity.current_customer(%(customer_id)s) as customer_id

-- name: records
-- Grain: one record of a customer, the oldest first.
select record_id, source, source_key from core.customer_records where customer_id = %(customer_id)s order by record_id

-- name: history
-- Grain: one move that names a customer or an id that stands for it, the newest first.
select m.move_id, m.kind, m.customer_id, m.other_ids, m.record_ids, m.made_by, m.run_id, m.reason, m.made_at, m.undone_at,
    u.name as user_name
from identity.moves as m left join access.users as u using (user_id)
where m.move_id in (
    select move_id from identity.move_customers where customer_id in (select identity.ids_of_customer(%(customer_id)s)))
order by m.move_id desc
limit %(limit)s
