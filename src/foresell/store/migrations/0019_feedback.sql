-- Reviews and mentions: what customers wrote, its sentiment, and where it comes from.

create schema feedback;
comment on schema feedback is 'Reviews and mentions. Written by the command line and the worker; the API reads them through functions of the schema web.';
set search_path = feedback;

create table reviews (
    review_id bigint primary key generated always as identity,
    kind text not null check (kind in ('review', 'mention')),
    source text not null check (source <> ''),
    source_key text not null check (source_key <> ''),
    record_id bigint,
    product text,
    product_id integer references core.products on delete set null,
    written_at timestamp not null,
    rating numeric(5, 2),
    best_rating smallint not null default 5 check (best_rating between 1 and 100),
    text bytea,
    language text,
    sentiment text not null check (sentiment in ('positive', 'negative', 'not sure', 'not analysed')),
    probability double precision check (probability between 0 and 1),
    words jsonb not null default '[]' check (jsonb_typeof(words) = 'array'),
    model_version text not null check (model_version <> ''),
    licence text not null check (licence <> ''),
    origin text not null check (origin <> ''),
    legal_basis text not null check (legal_basis in ('consent', 'contract', 'legitimate interest')),
    retention_until date not null,
    fingerprint bytea not null,
    loaded_at timestamptz not null default now(),
    erased_at timestamptz,
    unique (source, source_key),
    foreign key (record_id) references core.customer_records not enforced,
    check (rating between 0 and best_rating),
    check (text is null or record_id is not null),
    check (text is null and words = '[]' or erased_at is null),
    check ((probability is null) = (sentiment = 'not analysed'))
);
comment on table reviews is 'One row per review or mention. source_key: its key at the source; a keyed hash of it once the customer is erased. record_id: who wrote it, where the source says so by key or e-mail. product: as the source names it. written_at: the source''s local time. text: sealed with the data key of the record in privacy.data_keys; null without a record, or where the licence forbids to keep it. probability: that the text is positive. words: the strongest, [{word, points}]. origin: the file or call. fingerprint: keyed hash of all values, to find what changed.';
create index reviews_record on reviews (record_id) where record_id is not null;
create index reviews_product on reviews (product_id) where product_id is not null;
create index reviews_retention on reviews (retention_until);

create function unlink_reviews() returns trigger
language plpgsql security definer
set search_path = feedback, pg_temp
as $$
begin
    update reviews set record_id = null, text = null, fingerprint = '' where record_id in (select record_id from old_rows);
    return null;
end $$;
comment on function unlink_reviews is 'A record that is deleted by an undo takes the texts along; the next load of the reviews joins them again.';
create trigger customer_records_unlink_reviews after delete on core.customer_records
referencing old table as old_rows for each statement execute function unlink_reviews();

create function count_reviews(everyone boolean, by_what text, wanted_product text, wanted_segment text)
returns table (part text, positive bigint, negative bigint, not_sure bigint, not_analysed bigint, n bigint)
language sql stable
set search_path = feedback, pg_temp
begin atomic
    select
        case by_what when 'month' then to_char(v.written_at, 'YYYY-MM') when 'segment' then s.segment
            when 'product' then coalesce(p.name, v.product) when 'source' then v.source else 'all' end,
        count(*) filter (where v.sentiment = 'positive'), count(*) filter (where v.sentiment = 'negative'),
        count(*) filter (where v.sentiment = 'not sure'), count(*) filter (where v.sentiment = 'not analysed'), count(*)
    from reviews as v
    left join core.products as p using (product_id)
    left join core.customer_records as r on r.record_id = v.record_id
    left join core.rfm_scores as s on s.customer_id = r.customer_id and s.run_id = (select run_id from core.publication)
    where (wanted_product is null or wanted_product in (v.product, p.sku, p.name))
        and (wanted_segment is null or s.segment = wanted_segment)
        and (everyone or r.customer_id in (select access.visible_customer_ids()))
    group by 1;
end;
comment on function count_reviews is 'Grain: one month (YYYY-MM), segment, product, source, or all; part is null for reviews without one. everyone: also reviews that belong to no visible customer.';

alter table reviews enable row level security;
create policy app on reviews to foresell_app using (true);

grant usage on schema feedback to foresell_app;
grant select, insert, update, delete on reviews to foresell_app;
revoke execute on all functions in schema feedback from public;
grant execute on function count_reviews(boolean, text, text, text) to foresell_app;

set search_path = web;

create function reviews_of(customer text, max_rows integer)
returns table (
    review_id bigint, kind text, source text, product text, written_at timestamp, rating double precision, best_rating smallint,
    language text, sentiment text, probability double precision, words jsonb, model_version text, licence text, origin text,
    legal_basis text, retention_until date, has_text boolean, erased_at timestamptz, record_id bigint, text bytea, kek_id integer,
    wrapped_key bytea, total bigint)
language sql stable security definer
set search_path = feedback, pg_temp
begin atomic
    select v.review_id, v.kind, v.source, coalesce(p.name, v.product), v.written_at, v.rating::double precision, v.best_rating,
        v.language, v.sentiment, v.probability, v.words, v.model_version, v.licence, v.origin, v.legal_basis, v.retention_until,
        v.text is not null, v.erased_at, v.record_id, case when k.record_id is not null then v.text end, k.kek_id, k.wrapped_key,
        count(*) over ()
    from core.customer_records as r
    join feedback.reviews as v on v.record_id = r.record_id
    left join core.products as p using (product_id)
    left join privacy.data_keys as k on k.record_id = v.record_id and v.text is not null
        and (select access.has_permission('customers.names'))
    where r.customer_id = customer and (select access.has_permission('customers.read')) and (select access.can_see(customer))
    order by v.written_at desc, v.review_id desc
    limit max_rows;
end;
comment on function reviews_of is 'Grain: one review or mention by a visible customer, the newest first; total: how many there are. text: sealed, with the key that opens it; needs customers.names, for people are named in texts.';

create function review_counts(by_what text, wanted_product text, wanted_segment text)
returns table (part text, positive bigint, negative bigint, not_sure bigint, not_analysed bigint, n bigint)
language sql stable security definer
set search_path = feedback, pg_temp
begin atomic
    select * from feedback.count_reviews((select access.current_scope()) = 'all', by_what, wanted_product, wanted_segment)
    where (select access.has_permission('customers.read'));
end;
comment on function review_counts is 'feedback.count_reviews among the customers visible to the acting user; with the scope all also reviews without a customer.';

revoke execute on function reviews_of(text, integer), review_counts(text, text, text) from public;
grant execute on function reviews_of(text, integer), review_counts(text, text, text) to foresell_web;

create or replace function timeline_of(
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
