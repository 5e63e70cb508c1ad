-- The timeline of a customer reads every schema, so it comes last.

set search_path = web;

create function timeline_of(
    customer text, kinds text[], before_at timestamptz, before_kind text, before_id bigint, max_rows integer)
returns table (
    kind text, at timestamptz, id bigint, amount double precision, source text, user_id integer, undone_at timestamptz,
    note bytea, original_customer_id text, detail jsonb)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    with records as materialized (
        select r.* from core.customer_records as r
        where r.customer_id = customer and (select access.has_permission('customers.read')) and (select access.can_see(customer))
    ),
    ids as materialized (select i.customer_id from identity.ids_of_customer(customer) as i (customer_id) where exists (select from records)),
    calls_visible as materialized (select exists (select from records) and access.has_permission('calls.read') as yes),
    orders as materialized (
        select o.order_id, o.order_key, o.source, o.status, o.ordered_at at time zone 'UTC' as at
        from records as r join core.orders as o using (record_id)
        where o.ordered_at <= before_at at time zone 'UTC' and case o.status
            when 'cancelled' then 'cancelled order' = any (kinds) when 'returned' then 'return' = any (kinds)
            else kinds && array['order', 'return'] end
    ),
    recent_orders as materialized (
        -- The amount tells orders from returns: only where both are wanted, or neither, are the newest enough.
        select * from orders order by at desc
        fetch first (case when ('order' = any (kinds)) = ('return' = any (kinds))
            then max_rows + (select count(*) from orders where at = before_at) else 2147483647 end) rows with ties
    ),
    versions as materialized (
        select v.*, lag(v.fields) over (partition by v.record_id order by v.batch_id) as fields_before
        from (
            select record_id, source, source_key, batch_id, to_jsonb(records) as fields from records where 'record' = any (kinds)
            union all
            select r.record_id, r.source, r.source_key, (s.old_row ->> 'batch_id')::integer, s.old_row
            from records as r join core.superseded_rows as s on s.table_name = 'customer_records' and s.row_id = r.record_id
            where 'record' = any (kinds)
        ) as v
    ),
    everything (kind, at, id, amount, source, user_id, undone_at, note, original_customer_id, detail) as (
        select case when o.status = 'cancelled' then 'cancelled order' when o.status = 'returned' or t.amount < 0 then 'return' else 'order' end,
            o.at, o.order_id, t.amount::double precision, o.source, null::integer, null::timestamptz, null::bytea, null,
            jsonb_build_object('order_key', o.order_key, 'lines', t.lines)
        from recent_orders as o
        cross join lateral (
            select count(*) as lines, coalesce(sum(i.amount) filter (where p.kind = 'product'), 0) as amount
            from core.order_items as i join core.products as p using (product_id) where i.order_id = o.order_id
        ) as t
        union all
        select 'call', c.called_at, c.call_id, null, null, c.user_id, c.undone_at, c.note, c.original_customer_id,
            jsonb_build_object('outcome', c.outcome)
        from engagement.calls as c
        where c.customer_id = customer and (select yes from calls_visible) and 'call' = any (kinds) and c.called_at <= before_at
        union all
        select 'follow-up', f.created_at, f.follow_up_id, null, null, f.user_id, f.cancelled_at, f.task, f.original_customer_id,
            jsonb_build_object('due_on', f.due_on, 'done_at', f.done_at)
        from engagement.follow_ups as f
        where f.original_customer_id in (select customer_id from ids) and f.customer_id = customer and (select yes from calls_visible)
            and 'follow-up' = any (kinds)
        union all
        select 'snooze', s.snoozed_at, s.snooze_id, null, null, s.user_id, s.cancelled_at, null, null,
            jsonb_build_object('until', s.until)
        from engagement.snoozes as s
        where s.original_customer_id in (select customer_id from ids) and s.customer_id = customer and (select yes from calls_visible)
            and 'snooze' = any (kinds)
        union all
        select m.kind, m.made_at, m.move_id, null, null, m.user_id, m.undone_at, null, null,
            jsonb_build_object('customer_id', m.customer_id, 'other_ids', m.other_ids, 'record_ids', m.record_ids, 'reason', m.reason,
                'made_by', m.made_by)
        from identity.moves as m
        where m.kind = any (kinds) and m.move_id in (
            select c.move_id from identity.move_customers as c where c.customer_id in (select customer_id from ids))
        union all
        select 'review', v.written_at at time zone 'UTC', v.review_id, null, v.source, null, v.erased_at, null, null,
            jsonb_build_object('review', v.kind, 'product', coalesce(p.name, v.product), 'sentiment', v.sentiment,
                'rating', v.rating::double precision, 'best_rating', v.best_rating)
        from records as r
        join feedback.reviews as v on v.record_id = r.record_id
        left join core.products as p on p.product_id = v.product_id
        where 'review' = any (kinds)
        union all
        select 'record', b.loaded_at, b.batch_id::bigint * 4294967296 + v.record_id % 4294967296, null, v.source, null, null, null, null,
            jsonb_build_object('record_id', v.record_id, 'batch_id', v.batch_id, 'source_key', v.source_key,
                'is_new', v.fields_before is null,
                'fields', array(
                    select f.key from jsonb_each(v.fields) as f
                    where v.fields_before is not null and f.value is distinct from v.fields_before -> f.key and f.key = any (
                        array['name', 'city', 'region', 'postcode', 'country', 'signup_date', 'email_index', 'phone_index'])
                    order by 1))
        from versions as v join core.load_batches as b using (batch_id)
        union all
        select case e.action when 'erase' then 'erasure' when 'golden.pinned' then 'pin' when 'golden.unpinned' then 'pin'
            else 'owner' end,
            e.at, e.event_id, null, null, e.actor_id, null, null, null, e.detail || jsonb_build_object('action', e.action)
        from audit.events as e
        where e.action = any (
                (case when 'owner' = any (kinds) then '{customers.assigned,assignment.undone}' else '{}' end)::text[]
                || (case when 'erasure' = any (kinds) then '{erase}' else '{}' end)::text[]
                || (case when 'pin' = any (kinds) then '{golden.pinned,golden.unpinned}' else '{}' end)::text[])
            and e.event_id in (
                select b.event_id from ids as i
                join audit.event_customer_blocks as b on b.block = left(i.customer_id, -3) and i.customer_id = any (b.customer_ids))
        union all
        select 'relation', l.made_at, l.relation_id, null, null, l.user_id, l.removed_at, null, null,
            jsonb_build_object('relation', l.kind, 'customer_id', y.customer_id, 'is_from', l.record_a = r.record_id,
                'made_by', l.made_by)
        from records as r
        join identity.relations as l on l.record_a = r.record_id or l.record_b = r.record_id
        join core.customer_records as y on y.record_id = l.record_a + l.record_b - r.record_id
        where 'relation' = any (kinds) and y.customer_id <> customer and access.can_see(y.customer_id)
    )
    select * from everything as t
    where t.kind = any (kinds) and (t.at, t.kind, t.id) < (before_at, before_kind, before_id)
    order by t.at desc, t.kind desc, t.id desc
    limit max_rows;
end;
comment on function timeline_of is 'Grain: one thing recorded about a visible customer, of these kinds, older than (before_at, before_kind, before_id), the newest first. at of orders: the shop''s local time, taken as UTC. note: sealed with the key of original_customer_id. Calls, follow-ups and snoozes need calls.read. detail: by kind; ids, counts and names of fields, no values of records.';
revoke execute on function timeline_of(text, text[], timestamptz, text, bigint, integer) from public;
grant execute on function timeline_of(text, text[], timestamptz, text, bigint, integer) to foresell_web;
