-- What each batch brought: where every value of a customer is from, and a profile of its columns.

create schema quality;
comment on schema quality is 'Where values are from, and profiles of batches. Written by loads; holds no value of contact data.';
set search_path = quality;

create table value_origins (
    record_id bigint,
    batch_id integer not null references core.load_batches,
    fields smallint not null check (fields between 1 and 511),
    line bigint,
    lines bigint[],
    primary key (record_id, batch_id)
);
comment on table value_origins is 'One row per customer record and batch that brought or changed values of it. fields: a sum of 1 name, 2 e-mail, 4 phone, 8 street address, 16 city, 32 region, 64 postcode, 128 country, 256 signup date. line: where in the file they stand, null where it has none; lines: one for each of the nine, where they differ. A value is from the last batch that has its field.';

create table batch_parts (
    batch_id integer not null references core.load_batches,
    first_line bigint,
    last_line bigint not null,
    file text not null,
    before bigint not null,
    primary key (batch_id, first_line)
);
comment on table batch_parts is 'One row per sheet, or file of an archive or folder, that a batch was read from. Lines first_line to last_line of the batch are in it; there they are `before` less.';

create table batch_profiles (
    batch_id integer not null references core.load_batches,
    stream text not null check (stream in ('orders', 'customers', 'products')),
    rows bigint not null check (rows > 0),
    compared_with integer[] not null default '{}',
    differences jsonb not null default '[]' check (jsonb_typeof(differences) = 'array'),
    primary key (batch_id, stream)
);
comment on table batch_profiles is 'One row per batch and what its rows are. orders: lines of orders. compared_with: the earlier batches of the same source that it was compared with; empty where there are too few. differences: [{column, figure, value, usual}], see foresell.quality.drift.';

create table column_profiles (
    batch_id integer not null,
    stream text not null,
    position smallint not null,
    column_name text not null,
    empty bigint not null,
    different bigint not null,
    smallest text,
    largest text,
    middle double precision,
    shortest integer,
    longest integer,
    mean_length double precision,
    patterns jsonb not null default '{}' check (jsonb_typeof(patterns) = 'object'),
    shares jsonb not null default '{}' check (jsonb_typeof(shares) = 'object'),
    checked integer not null default 0,
    invalid integer not null default 0 check (invalid between 0 and checked),
    primary key (batch_id, stream, column_name),
    foreign key (batch_id, stream) references batch_profiles on delete cascade
);
comment on table column_profiles is 'One row per column of a batch. different: how many different values, estimated. smallest, largest, middle: of numbers and days only. patterns: shape of a text -> its share. shares: value -> its share, of columns that describe no person (country, status, currency, category), at least five rows each. invalid: values of `checked` that have no standard form.';

alter table batch_profiles enable row level security;
alter table column_profiles enable row level security;
create policy app on batch_profiles to foresell_app using (true);
create policy app on column_profiles to foresell_app using (true);
create policy visible on batch_profiles for select to foresell_web using ((select access.has_permission('quality.read')));
create policy visible on column_profiles for select to foresell_web using ((select access.has_permission('quality.read')));

grant usage on schema quality to foresell_app, foresell_web;
grant select, insert, update, delete on all tables in schema quality to foresell_app;
grant select on batch_profiles, column_profiles to foresell_web;

create function origins_of(customer text)
returns table (
    record_id bigint, source text, source_key text, fields smallint, batch_id integer, file_name text, format text,
    loaded_at timestamptz, line bigint, lines bigint[], parts jsonb, stream text, origin text, fetched_at timestamptz)
language sql stable security definer
set search_path = quality, pg_temp
begin atomic
    select r.record_id, r.source, r.source_key, coalesce(v.fields, 511::smallint), b.batch_id, b.file_name, b.format, b.loaded_at,
        v.line, v.lines,
        (select jsonb_agg(jsonb_build_array(p.first_line, p.last_line, p.file, p.before) order by p.first_line)
            from batch_parts as p where p.batch_id = b.batch_id),
        d.stream, d.origin, d.fetched_at
    from core.customer_records as r
    left join value_origins as v using (record_id)
    join core.load_batches as b on b.batch_id = coalesce(v.batch_id, r.batch_id)
    left join lateral (
        select d.stream, d.origin, d.fetched_at
        from sources.connections as c join sources.documents as d using (connection_id)
        where c.source = r.source and d.key = r.source_key and d.stream = 'customers' and d.batch_id = b.batch_id
        order by d.fetched_at desc limit 1
    ) as d on true
    where r.customer_id = customer
    order by b.batch_id desc, r.record_id;
end;
comment on function origins_of is 'Grain: one record of a customer and batch that brought values of it, the newest first. fields, line, lines: as in value_origins; all nine where it was loaded before origins were kept. parts: [first line, last line, file, lines before it]. stream, origin, fetched_at: of a connected source, the last call in this batch.';
revoke execute on function origins_of(text) from public;
grant execute on function origins_of(text) to foresell_app;

set search_path = web;
create function value_origins_of(customer text)
returns table (
    record_id bigint, source text, source_key text, fields smallint, batch_id integer, file_name text, format text,
    loaded_at timestamptz, line bigint, lines bigint[], parts jsonb, stream text, origin text, fetched_at timestamptz)
language sql stable security definer
set search_path = web, pg_temp
begin atomic
    select o.* from quality.origins_of(customer) as o
    where (select access.has_permission('customers.read')) and (select access.can_see(customer));
end;
comment on function value_origins_of is 'quality.origins_of a visible customer.';
revoke execute on function value_origins_of(text) from public;
grant execute on function value_origins_of(text) to foresell_web;
