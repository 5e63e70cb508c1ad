-- Social accounts that are read by an API: posts, what they reached, and what belongs to reading them.

create schema social;
comment on schema social is 'Social accounts and posts. Written by the worker and the command line; the API reads them through functions of the schema web.';
set search_path = social;

create table accounts (
    account_id integer primary key generated always as identity,
    connection_id integer not null references sources.connections,
    external_id text not null check (external_id <> ''),
    username text not null,
    is_own boolean not null,
    name text,
    website text,
    followers bigint,
    posts bigint,
    read_at timestamptz not null,
    unique (connection_id, external_id)
);
comment on table accounts is 'One row per social account: the one of the connected company (is_own), or another one that was named. followers, posts: null where the vendor does not say. read_at: when it was last read.';

create table account_history (
    account_id integer not null references accounts on delete cascade,
    measured_at timestamptz not null,
    followers bigint,
    posts bigint,
    primary key (account_id, measured_at)
);
comment on table account_history is 'One row per account and reading that found other numbers than before.';

create table account_insights (
    account_id integer not null references accounts on delete cascade,
    day date not null,
    metric text not null,
    value double precision not null,
    measured_at timestamptz not null,
    primary key (account_id, day, metric)
);
comment on table account_insights is 'One row per own account, day and metric, as last read. A metric that the vendor does not give has no row: that is not 0.';

create table posts (
    post_id bigint primary key generated always as identity,
    account_id integer not null references accounts on delete cascade,
    external_id text not null check (external_id <> ''),
    caption text,
    caption_erased boolean not null default false,
    media_type text,
    product_type text,
    permalink text,
    posted_at timestamptz,
    likes bigint,
    comments bigint,
    read_at timestamptz not null,
    gone_at timestamptz,
    unique (account_id, external_id)
);
comment on table posts is 'One row per post. caption: of own posts only; caption_erased: it named an erased customer and is not read again. likes, comments: null where they are hidden. gone_at: since when complete listings do not have it.';
create index posts_posted on posts (posted_at desc);

create table post_history (
    post_id bigint not null references posts on delete cascade,
    measured_at timestamptz not null,
    likes bigint,
    comments bigint,
    primary key (post_id, measured_at)
);
comment on table post_history is 'One row per post and reading that found other numbers than before.';

create table post_insights (
    post_id bigint not null references posts on delete cascade,
    metric text not null,
    measured_at timestamptz not null,
    value double precision not null,
    primary key (post_id, metric, measured_at)
);
comment on table post_insights is 'One row per own post, metric and reading that found another value than before. A metric that the vendor does not give has no row: that is not 0.';

create table review_links (
    review_id bigint primary key references feedback.reviews on delete cascade,
    post_id bigint references posts on delete cascade,
    hashtag text,
    check (num_nonnulls(post_id, hashtag) = 1)
);
comment on table review_links is 'One row per mention that is a comment on an own post, or that was found by a hashtag.';
create index review_links_post on review_links (post_id) where post_id is not null;

create table handles (
    handle_hash bytea primary key,
    record_id bigint not null,
    added_at timestamptz not null default now(),
    foreign key (record_id) references core.customer_records not enforced
);
comment on table handles is 'One row per social user name that the company knows of a customer, as a keyed hash. By these only are comments joined to customers.';
create index handles_record on handles (record_id);

create table hashtag_queries (
    account text not null,
    hashtag text not null,
    queried_at timestamptz not null,
    primary key (account, hashtag)
);
comment on table hashtag_queries is 'One row per account of the vendor and hashtag, with its last search: 30 different hashtags in seven days are allowed.';

create table pauses (
    app text primary key,
    ends_at timestamptz not null
);
comment on table pauses is 'One row per app of the vendor that had used most of what it may; no call is made until ends_at.';

create table notices (
    notice_id bigint primary key generated always as identity,
    connection_id integer not null references sources.connections,
    digest bytea not null,
    field text not null,
    media_id text,
    comment_id text,
    received_at timestamptz not null default now(),
    unique (connection_id, digest)
);
comment on table notices is 'One row per notification of the vendor that was signed by it; digest: keyed hash, so that one that comes twice is kept once. Kept for 60 days.';

create function list_posts(everyone boolean, wanted_account text, max_rows integer)
returns table (
    post_id bigint, source text, account text, is_own boolean, caption text, media_type text, product_type text, permalink text,
    posted_at timestamptz, likes bigint, comments bigint, read_at timestamptz, gone_at timestamptz, history jsonb, insights jsonb,
    positive bigint, negative bigint, not_sure bigint, not_analysed bigint, n bigint, total bigint)
language sql stable
set search_path = social, pg_temp
begin atomic
    with newest as (
        select p.*, c.source, a.username, a.is_own, count(*) over () as total
        from posts as p join accounts as a using (account_id) join sources.connections as c using (connection_id)
        where wanted_account is null or lower(a.username) = lower(wanted_account)
        order by p.posted_at desc nulls last, p.post_id desc
        limit max_rows
    )
    select p.post_id, p.source, p.username, p.is_own, p.caption, p.media_type, p.product_type, p.permalink, p.posted_at, p.likes,
        p.comments, p.read_at, p.gone_at,
        (select coalesce(jsonb_agg(jsonb_build_object('measured_at', h.measured_at, 'likes', h.likes, 'comments', h.comments)
            order by h.measured_at), '[]') from post_history as h where h.post_id = p.post_id),
        (select coalesce(jsonb_object_agg(i.metric, i.value), '{}') from (
            select distinct on (metric) metric, value from post_insights as i where i.post_id = p.post_id
            order by metric, measured_at desc) as i),
        s.positive, s.negative, s.not_sure, s.not_analysed, s.n, p.total
    from newest as p
    cross join lateral (
        select count(*) filter (where v.sentiment = 'positive') as positive, count(*) filter (where v.sentiment = 'negative') as negative,
            count(*) filter (where v.sentiment = 'not sure') as not_sure,
            count(*) filter (where v.sentiment = 'not analysed') as not_analysed, count(*) as n
        from review_links as l join feedback.reviews as v using (review_id)
        left join core.customer_records as r on r.record_id = v.record_id
        where l.post_id = p.post_id and (everyone or r.customer_id in (select access.visible_customer_ids()))
    ) as s
    order by p.posted_at desc nulls last, p.post_id desc;
end;
comment on function list_posts is 'Grain: one post, the newest first; total: how many there are. history: its engagement over time; insights: the last value of each metric. positive to n: sentiments of its comments; everyone: also of comments that belong to no visible customer.';

create function list_accounts()
returns table (
    source text, account text, is_own boolean, name text, website text, followers bigint, posts bigint, read_at timestamptz,
    history jsonb, insights jsonb)
language sql stable
set search_path = social, pg_temp
begin atomic
    select c.source, a.username, a.is_own, a.name, a.website, a.followers, a.posts, a.read_at,
        (select coalesce(jsonb_agg(jsonb_build_object('measured_at', h.measured_at, 'followers', h.followers, 'posts', h.posts)
            order by h.measured_at), '[]') from account_history as h where h.account_id = a.account_id),
        (select coalesce(jsonb_agg(jsonb_build_object('day', i.day, 'metric', i.metric, 'value', i.value) order by i.day, i.metric), '[]')
            from account_insights as i where i.account_id = a.account_id and i.day > current_date - 30)
    from accounts as a join sources.connections as c using (connection_id)
    order by a.is_own desc, a.username;
end;
comment on function list_accounts is 'Grain: one social account, own ones first. history: its numbers over time; insights: of its last 30 days.';

alter table accounts enable row level security;
alter table account_history enable row level security;
alter table account_insights enable row level security;
alter table posts enable row level security;
alter table post_history enable row level security;
alter table post_insights enable row level security;
alter table review_links enable row level security;
alter table handles enable row level security;
alter table hashtag_queries enable row level security;
alter table pauses enable row level security;
alter table notices enable row level security;
create policy app on accounts to foresell_app using (true);
create policy app on account_history to foresell_app using (true);
create policy app on account_insights to foresell_app using (true);
create policy app on posts to foresell_app using (true);
create policy app on post_history to foresell_app using (true);
create policy app on post_insights to foresell_app using (true);
create policy app on review_links to foresell_app using (true);
create policy app on handles to foresell_app using (true);
create policy app on hashtag_queries to foresell_app using (true);
create policy app on pauses to foresell_app using (true);
create policy app on notices to foresell_app using (true);

grant usage on schema social to foresell_app;
grant select, insert, update, delete on all tables in schema social to foresell_app;
revoke execute on all functions in schema social from public;
grant execute on function list_posts(boolean, text, integer), list_accounts() to foresell_app;

set search_path = web;

create function social_posts(wanted_account text, max_rows integer)
returns table (
    post_id bigint, source text, account text, is_own boolean, caption text, media_type text, product_type text, permalink text,
    posted_at timestamptz, likes bigint, comments bigint, read_at timestamptz, gone_at timestamptz, history jsonb, insights jsonb,
    positive bigint, negative bigint, not_sure bigint, not_analysed bigint, n bigint, total bigint)
language sql stable security definer
set search_path = social, pg_temp
begin atomic
    select * from social.list_posts((select access.current_scope()) = 'all', wanted_account, max_rows)
    where (select access.has_permission('customers.read'));
end;
comment on function social_posts is 'social.list_posts, with sentiments of comments by the customers visible to the acting user; with the scope all also of others.';

create function social_accounts()
returns table (
    source text, account text, is_own boolean, name text, website text, followers bigint, posts bigint, read_at timestamptz,
    history jsonb, insights jsonb)
language sql stable security definer
set search_path = social, pg_temp
begin atomic
    select * from social.list_accounts() where (select access.has_permission('customers.read'));
end;
comment on function social_accounts is 'social.list_accounts for who may read customers.';

revoke execute on function social_posts(text, integer), social_accounts() from public;
grant execute on function social_posts(text, integer), social_accounts() to foresell_web;
