-- PostgreSQL: reviews and mentions. Parameters are psycopg's (%(source)s).

-- name: take_lock
-- The lock that loads take: no one else creates or replaces data keys until the transaction ends.
select pg_try_advisory_xact_lock(hashtext('foresell load')) as taken

-- name: known
-- Grain: one review of the source under one of these keys, or under what stands for them since an erasure.
select source_key, fingerprint, record_id, product_id, text is not null as has_text, erased_at
from feedback.reviews where source = %(source)s and source_key = any(%(keys)s)

-- name: records_of_keys
select source_key, record_id from core.customer_records where source = %(source)s and source_key = any(%(keys)s)

-- name: records_of_emails
-- Grain: one e-mail that records of one customer only have; the first of its records.
select email_index, min(record_id) as record_id
from core.customer_records where email_index = any(%(indexes)s)
group by email_index having count(distinct customer_id) = 1

-- name: erased_customers
select source_key_hash from privacy.erased_records where source = %(source)s

-- name: products
-- Grain: one product under one of these numbers or names.
select product_id, source, sku, name from core.products
where kind = 'product' and (sku = any(%(names)s) or name = any(%(names)s))

-- name: current_key
select max(kek_id) as kek_id from privacy.key_encryption_keys where retired_at is null

-- name: create_key
insert into privacy.key_encryption_keys default values returning kek_id

-- name: data_keys
select record_id, kek_id, wrapped_key from privacy.data_keys where record_id = any(%(records)s)

-- name: add_data_key
insert into privacy.data_keys (record_id, kek_id, wrapped_key) values (%(record_id)s, %(kek_id)s, %(wrapped_key)s)

-- name: save
insert into feedback.reviews (kind, source, source_key, record_id, product, product_id, written_at, rating, best_rating, text,
    language, sentiment, probability, words, model_version, licence, origin, legal_basis, retention_until, fingerprint)
values (%(kind)s, %(source)s, %(source_key)s, %(record_id)s, %(product)s, %(product_id)s, %(written_at)s, %(rating)s,
    %(best_rating)s, %(text)s, %(language)s, %(sentiment)s, %(probability)s, %(words)s, %(model_version)s, %(licence)s, %(origin)s,
    %(legal_basis)s, %(retention_until)s, %(fingerprint)s)
on conflict (source, source_key) do update
set kind = excluded.kind, record_id = excluded.record_id, product = excluded.product, product_id = excluded.product_id,
    written_at = excluded.written_at, rating = excluded.rating, best_rating = excluded.best_rating, text = excluded.text,
    language = excluded.language, sentiment = excluded.sentiment, probability = excluded.probability, words = excluded.words,
    model_version = excluded.model_version, licence = excluded.licence, origin = excluded.origin,
    legal_basis = excluded.legal_basis, retention_until = excluded.retention_until, fingerprint = excluded.fingerprint,
    loaded_at = now()

-- name: delete_expired
delete from feedback.reviews where retention_until < %(today)s

-- name: listed
-- Grain: one review or mention, the newest first, without its text.
select v.review_id, v.written_at, v.kind, v.source, r.customer_id, coalesce(p.name, v.product) as product,
    v.rating::double precision as rating, v.best_rating, v.language, v.sentiment, v.probability, v.words, v.model_version, v.licence,
    v.origin, v.legal_basis, v.retention_until, v.text is not null as has_text
from feedback.reviews as v
left join core.products as p using (product_id)
left join core.customer_records as r on r.record_id = v.record_id
where (%(customer_id)s::text is null or r.customer_id = %(customer_id)s)
    and (%(product)s::text is null or %(product)s in (v.product, p.sku, p.name))
order by v.written_at desc, v.review_id desc
limit %(limit)s

-- name: counts
select part, positive, negative, not_sure, not_analysed, n
from feedback.count_reviews(true, %(by)s, %(product)s, %(segment)s) order by part

-- name: visible_counts
select part, positive, negative, not_sure, not_analysed, n
from web.review_counts(%(by)s, %(product)s, %(segment)s) order by part

-- name: is_visible
select 1 from web.customer_records where customer_id = %(customer_id)s limit 1

-- name: of_customer
select review_id, kind, source, product, written_at, rating, best_rating, language, sentiment, probability, words, model_version,
    licence, origin, legal_basis, retention_until, has_text, erased_at, record_id, text, kek_id, wrapped_key, total
from web.reviews_of(%(customer_id)s, %(limit)s)
