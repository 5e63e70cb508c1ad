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
