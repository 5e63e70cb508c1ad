-- PostgreSQL: social accounts and posts. Parameters are psycopg's (%(source)s).

-- name: save_account
with saved as (
    insert into social.accounts as a (connection_id, external_id, username, is_own, name, website, followers, posts, read_at)
    values (%(connection_id)s, %(id)s, coalesce(%(username)s, %(id)s), %(is_own)s, %(name)s, %(website)s, %(followers)s, %(posts)s,
        %(read_at)s)
    on conflict (connection_id, external_id) do update
    set username = excluded.username, name = excluded.name, website = excluded.website, followers = excluded.followers,
        posts = excluded.posts, read_at = excluded.read_at
    returning account_id, followers, posts
)
insert into social.account_history (account_id, measured_at, followers, posts)
select s.account_id, %(read_at)s, s.followers, s.posts
from saved as s
left join lateral (
    select h.followers, h.posts from social.account_history as h where h.account_id = s.account_id
    order by h.measured_at desc limit 1
) as last on true
where (s.followers, s.posts) is distinct from (last.followers, last.posts)
on conflict do nothing

-- name: save_post
-- A post whose caption named an erased customer keeps what stands for it.
with saved as (
    insert into social.posts as p
        (account_id, external_id, caption, media_type, product_type, permalink, posted_at, likes, comments, read_at)
    select a.account_id, %(key)s, %(caption)s, %(media_type)s, %(product_type)s, %(permalink)s, %(posted_at)s::timestamptz, %(likes)s,
        %(comments)s, %(read_at)s
    from social.accounts as a where a.connection_id = %(connection_id)s and a.external_id = %(account)s
    on conflict (account_id, external_id) do update
    set caption = case when p.caption_erased then p.caption else excluded.caption end, media_type = excluded.media_type,
        product_type = excluded.product_type, permalink = excluded.permalink, posted_at = excluded.posted_at,
        likes = excluded.likes, comments = excluded.comments, read_at = excluded.read_at, gone_at = null
    returning post_id, likes, comments
)
insert into social.post_history (post_id, measured_at, likes, comments)
select s.post_id, %(read_at)s, s.likes, s.comments
from saved as s
left join lateral (
    select h.likes, h.comments from social.post_history as h where h.post_id = s.post_id order by h.measured_at desc limit 1
) as last on true
where (s.likes, s.comments) is distinct from (last.likes, last.comments)
on conflict do nothing

-- name: save_post_insights
insert into social.post_insights (post_id, metric, measured_at, value)
select p.post_id, m.key, %(read_at)s, m.value::double precision
from jsonb_each_text(%(metrics)s) as m
join social.accounts as a on a.connection_id = %(connection_id)s
join social.posts as p on p.account_id = a.account_id and p.external_id = %(post)s
left join lateral (
    select i.value from social.post_insights as i where i.post_id = p.post_id and i.metric = m.key
    order by i.measured_at desc limit 1
) as last on true
where m.value::double precision is distinct from last.value
on conflict do nothing

-- name: save_day
insert into social.account_insights (account_id, day, metric, value, measured_at)
select a.account_id, %(day)s::date, m.key, m.value::double precision, %(read_at)s
from jsonb_each_text(%(metrics)s) as m
join social.accounts as a on a.connection_id = %(connection_id)s and a.external_id = %(account)s
on conflict (account_id, day, metric) do update set value = excluded.value, measured_at = excluded.measured_at

-- name: mark_gone
update social.posts as p set gone_at = clock_timestamp()
from social.accounts as a
where a.account_id = p.account_id and a.connection_id = %(connection_id)s and a.is_own and p.external_id = any(%(keys)s)
    and p.gone_at is null

-- name: delete_comments
delete from feedback.reviews where source = %(source)s and source_key = any(%(keys)s)

-- name: link_posts
insert into social.review_links (review_id, post_id)
select v.review_id, p.post_id
from unnest(%(keys)s::text[], %(posts)s::text[]) as k (key, post)
join feedback.reviews as v on v.source = %(source)s and v.source_key = k.key
join social.accounts as a on a.connection_id = %(connection_id)s and a.is_own
join social.posts as p on p.account_id = a.account_id and p.external_id = k.post
on conflict do nothing

-- name: link_hashtags
insert into social.review_links (review_id, hashtag)
select v.review_id, k.hashtag
from unnest(%(keys)s::text[], %(hashtags)s::text[]) as k (key, hashtag)
join feedback.reviews as v on v.source = %(source)s and v.source_key = k.key
on conflict do nothing

-- name: records
select h.handle_hash, h.record_id from social.handles as h join core.customer_records as r using (record_id)
where h.handle_hash = any(%(hashes)s)

-- name: save_handle
insert into social.handles (handle_hash, record_id)
select %(handle_hash)s, min(record_id) from core.customer_records where customer_id = identity.current_customer(%(customer_id)s)
having min(record_id) is not null
on conflict (handle_hash) do update set record_id = excluded.record_id, added_at = now()

-- name: forget_handle
delete from social.handles where handle_hash = %(handle_hash)s

-- name: handles
select h.handle_hash from social.handles as h join core.customer_records as r using (record_id)
where r.customer_id = identity.current_customer(%(customer_id)s)

-- name: delete_old_notices
delete from social.notices where received_at < now() - interval '60 days'

-- name: delete_old_documents
delete from sources.documents
where connection_id = %(connection_id)s and stream = 'hashtags' and state = 'loaded' and fetched_at < now() - interval '30 days'

-- name: delete_lost_handles
delete from social.handles as h where not exists (select from core.customer_records as r where r.record_id = h.record_id)

-- name: posts
select * from social.list_posts(true, %(account)s, %(limit)s)

-- name: accounts
select * from social.list_accounts()

-- name: visible_posts
select * from web.social_posts(%(account)s, %(limit)s)

-- name: visible_accounts
select * from web.social_accounts()

-- name: take_account
-- One process at a time takes hashtags of an account.
select pg_advisory_xact_lock(hashtextextended('social.hashtag_queries ' || %(account)s, 0))

-- name: take_hashtag
-- Notes the search where it is one of the hashtags of the last days, or there are fewer than are allowed.
insert into social.hashtag_queries (account, hashtag, queried_at)
select %(account)s, %(hashtag)s, %(now)s::timestamptz
where (select count(*) from social.hashtag_queries as q
        where q.account = %(account)s and q.hashtag <> %(hashtag)s and q.queried_at > %(now)s::timestamptz - make_interval(days => %(days)s))
    < %(most)s
on conflict (account, hashtag) do update set queried_at = excluded.queried_at
returning hashtag

-- name: pause
select ends_at from social.pauses where app = %(app)s

-- name: save_pause
insert into social.pauses as p (app, ends_at) values (%(app)s, %(until)s)
on conflict (app) do update set ends_at = greatest(p.ends_at, excluded.ends_at)

-- name: notices
select notice_id, field, media_id, comment_id, received_at from social.notices
where connection_id = %(connection_id)s and notice_id > %(after)s order by notice_id limit 500

-- name: add_notice
insert into social.notices (connection_id, digest, field, media_id, comment_id)
values (%(connection_id)s, %(digest)s, %(field)s, %(media_id)s, %(comment_id)s)
on conflict do nothing

-- name: own_posts
-- Captions, to erase a customer from.
select post_id, caption from social.posts where caption is not null

-- name: erase_caption
update social.posts set caption = %(caption)s, caption_erased = true where post_id = %(post_id)s

-- name: accounts_of_connection
select a.account_id, a.connection_id, a.external_id, a.username
from social.accounts as a where not a.is_own

-- name: delete_account
delete from social.accounts where account_id = %(account_id)s
