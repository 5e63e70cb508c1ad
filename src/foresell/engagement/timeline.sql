-- PostgreSQL: the timeline of a customer. Parameters are bound by name.

-- name: entries
-- Grain: one thing recorded about a visible customer, the newest first; `note` is opened with the wrapped key.
select t.kind, t.at, t.id, t.amount, t.source, t.undone_at, t.note, t.original_customer_id, %(customer_id)s as customer_id, t.detail,
    case when t.user_id is not null then jsonb_build_object('user_id', t.user_id, 'name', u.name) end as user,
    k.kek_id, k.wrapped_key
from (
    select kind, at, id, amount, source, user_id, undone_at, note, original_customer_id, detail
    from web.timeline_of(%(customer_id)s, %(kinds)s, %(before_at)s, %(before_kind)s, %(before_id)s, %(limit)s)
    union all
    select 'event', at, id, null, source, null, null, null, null, detail
    from web.event_timeline_of(%(customer_id)s, null, %(before_at)s,
        case when %(before_kind)s > 'event' then 9223372036854775807 when %(before_kind)s = 'event' then %(before_id)s else 0 end, %(limit)s)
    where 'event' = any(%(kinds)s::text[])
) as t
left join access.users as u on u.user_id = t.user_id
left join engagement.note_keys(array(select identity.ids_of_customer(%(customer_id)s))) as k
    on k.customer_id = t.original_customer_id and t.note is not null
order by t.at desc, t.kind desc, t.id desc
limit %(limit)s

-- name: is_visible
select 1 from web.customer_records where customer_id = %(customer_id)s limit 1
