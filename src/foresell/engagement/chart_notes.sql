-- PostgreSQL: notes on the sales charts, behind row security. Parameters are bound by name.

-- name: list
-- Grain: one note, by day.
select n.note_id, n.day, n.text, u.name as author
from engagement.chart_notes as n left join access.users as u using (user_id)
where %(note_id)s::integer is null or n.note_id = %(note_id)s
order by n.day desc, n.note_id desc
limit %(most)s

-- name: add
insert into engagement.chart_notes (day, text, user_id) values (%(day)s, %(text)s, %(user_id)s) returning note_id

-- name: count
select count(*) as notes from engagement.chart_notes

-- name: delete
delete from engagement.chart_notes where note_id = %(note_id)s returning note_id
