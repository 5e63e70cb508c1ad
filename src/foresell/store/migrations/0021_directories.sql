-- Directories and enrichment: new permissions, then the schema.

insert into access.permissions (permission, description) values
('enrichment.manage', 'Set which values of directories are accepted by a rule, and allow web pages to be read.'),
('enrichment.review', 'Accept and refuse what directories propose about customers.');
insert into access.role_permissions (role, permission) values
('admin', 'enrichment.manage'), ('admin', 'enrichment.review'), ('steward', 'enrichment.review');

-- Directories: entries of businesses from open data, what they propose about customers, and the web pages that may be read.

create schema enrichment;
comment on schema enrichment is 'Directory entries, proposals about customers, objections, and hosts whose pages may be read. Written by the command line and the worker; the API reads and decides through functions of the schema web.';
set search_path = enrichment;

create table directory_loads (
    load_id integer primary key generated always as identity,
    directory text not null check (directory in ('osm', 'overture', 'gleif', 'companies-house')),
    file_name text not null check (file_name <> ''),
    file_sha256 text not null check (file_sha256 ~ '^[0-9a-f]{64}$'),
    is_made_up boolean not null default false,
    entries integer not null default 0,
    rejected integer not null default 0,
    removed integer not null default 0,
    loaded_at timestamptz not null default now()
);
comment on table directory_loads is 'One row per load of a file of a directory. is_made_up: an imitation, not the directory. rejected: rows without a name, a key or a licence that may be used. removed: entries that the file no longer had.';

create table entries (
    directory text not null check (directory in ('overture', 'gleif', 'companies-house')),
    entry_key text not null check (entry_key <> ''),
    name text not null check (name <> ''),
    details jsonb not null check (jsonb_typeof(details) = 'object'),
    origin text not null check (origin <> ''),
    licence text not null check (licence <> ''),
    attribution text not null check (attribution <> ''),
    fetched_at timestamptz not null,
    retention_until date not null,
    load_id integer not null references directory_loads,
    primary key (directory, entry_key)
);
comment on table entries is 'One row per business in a directory other than OpenStreetMap. details: phone, website, street and so on, as the directory writes them. licence: of this entry; those of one directory may differ.';
create index entries_retention on entries (retention_until);

create table osm_entries (
    directory text not null default 'osm' check (directory = 'osm'),
    entry_key text not null check (entry_key <> ''),
    name text not null check (name <> ''),
    details jsonb not null check (jsonb_typeof(details) = 'object'),
    origin text not null check (origin <> ''),
    licence text not null check (licence = 'ODbL-1.0'),
    attribution text not null check (attribution = '© OpenStreetMap contributors'),
    fetched_at timestamptz not null,
    retention_until date not null,
    load_id integer not null references directory_loads,
    primary key (directory, entry_key)
);
comment on table osm_entries is 'One row per business in OpenStreetMap. In a table of its own: a database that is derived from it and published must be under the ODbL as well.';
create index osm_entries_retention on osm_entries (retention_until);

create view all_entries with (security_invoker = true) as
select * from entries union all select * from osm_entries;
comment on view all_entries is 'One row per business in any directory.';

create table entry_keys (
    key bigint not null,
    directory text not null,
    entry_key text not null,
    primary key (key, directory, entry_key)
);
comment on table entry_keys is 'One row per entry and comparison key: a keyed hash of a combination of its normalized values, as in identity.match_keys.';
create index entry_keys_entry on entry_keys (directory, entry_key);

create table proposals (
    proposal_id bigint primary key generated always as identity,
    record_id bigint not null,
    field text not null check (field in (
        'phone', 'website', 'opening_hours', 'category', 'coordinates', 'company_number', 'lei', 'parent', 'address', 'country')),
    value bytea not null,
    value_hash bytea not null,
    source text not null check (source in ('companies-house', 'gleif', 'overture', 'osm', 'website')),
    entry_key text not null check (entry_key <> ''),
    origin text not null check (origin <> ''),
    fetched_at timestamptz not null,
    licence text not null check (licence <> ''),
    attribution text not null check (attribution <> ''),
    legal_basis text not null check (legal_basis in ('consent', 'contract', 'legitimate interest')),
    purpose text not null check (purpose <> ''),
    retention_until date not null check (retention_until > fetched_at at time zone 'UTC'),
    notice_due date not null,
    confidence double precision not null check (confidence > 0 and confidence < 1),
    transform_version text not null check (transform_version <> ''),
    is_made_up boolean not null default false,
    state text not null default 'open' check (state in ('open', 'accepted', 'refused')),
    decided_at timestamptz,
    decided_by integer references access.users,
    decided_how text check (decided_how in ('steward', 'rule', 'command line')),
    is_applied boolean not null default true,
    proposed_at timestamptz not null default now(),
    unique (record_id, field, source, value_hash),
    foreign key (record_id) references core.customer_records not enforced,
    check (notice_due <= (greatest(fetched_at, proposed_at) at time zone 'UTC')::date + 31),
    check ((state = 'open') = (decided_at is null)),
    check ((decided_at is null) = (decided_how is null)),
    check (decided_how is distinct from 'steward' or decided_by is not null)
);
comment on table proposals is 'One row per value that a source proposes for a field of a customer, who is that of the record. value: JSON, sealed with the data key of the record in privacy.data_keys. value_hash: keyed hash of it. origin: the file or address it is from. notice_due: when the person is to be told of it at the latest (GDPR, Article 14). transform_version: of the rules that made the value. is_applied: whether the golden record follows the decision already. Deleted when its retention ends.';
create index proposals_open on proposals (proposal_id) where state = 'open';
create index proposals_pending on proposals (record_id) where not is_applied;
create index proposals_retention on proposals (retention_until);

create table accepted_records (
    anchor_id bigint primary key,
    record_id bigint not null unique
);
comment on table accepted_records is 'One row per customer record with accepted phone, address or country: record_id is the record of the source directories that holds them. It follows the customer of its anchor.';

create table rules (
    field text primary key,
    accepts boolean not null default false,
    least_confidence double precision not null default 0.99 check (least_confidence > 0 and least_confidence < 1),
    sources text[] not null default array['companies-house', 'gleif', 'overture', 'osm', 'website'],
    changed_at timestamptz,
    changed_by integer references access.users
);
comment on table rules is 'One row per field: whether proposals of these sources that are sure enough are accepted without a person. Off until someone turns it on.';
insert into rules (field) values ('phone'), ('website'), ('opening_hours'), ('category'), ('coordinates'), ('company_number'), ('lei'),
('parent'), ('address'), ('country');

create table objections (
    identity_hash bytea primary key,
    objected_at timestamptz not null default now()
);
comment on table objections is 'One row per identifier of someone who objected: the keyed hash of an e-mail address, a telephone number, a company number or a name with its postcode. What has one of them is never proposed again (GDPR, Article 21).';

create table hosts (
    host text primary key check (host ~ '^[a-z0-9.-]+(:[0-9]{1,5})?$'),
    terms_reviewed_on date not null,
    terms_note text not null check (terms_note <> ''),
    contact text not null check (contact ~ '^(https://|[^@ ]+@)[^ ]+$'),
    purpose text not null check (purpose <> ''),
    legal_basis text not null check (legal_basis in ('consent', 'contract', 'legitimate interest')),
    allowed_at timestamptz not null default now(),
    allowed_by integer references access.users,
    withdrawn_at timestamptz,
    stops integer not null default 0,
    closed_until timestamptz,
    next_at timestamptz,
    robots text,
    robots_status text check (robots_status in ('rules', 'none', 'refused')),
    robots_at timestamptz
);
comment on table hosts is 'One row per host whose pages may be read, since an administrator recorded the review of its terms, the purpose and the basis. contact: an address or e-mail that the pages'' owner sees in the User-Agent. stops: how often it refused; closed_until: no call before. next_at: the next call is not earlier. robots: its robots.txt; robots_status refused: it could not be read, so nothing is.';

create table host_pages (
    url text primary key,
    host text not null references hosts on delete cascade,
    etag text,
    last_modified text,
    facts jsonb not null check (jsonb_typeof(facts) = 'array'),
    fetched_at timestamptz not null,
    retention_until date not null
);
comment on table host_pages is 'One row per page that was read. facts: what it says about businesses in schema.org; nothing else of it is kept.';

create table host_tasks (
    task_id integer primary key generated always as identity,
    host text not null references hosts on delete cascade,
    url text not null,
    reason text not null check (reason <> ''),
    opened_at timestamptz not null default now(),
    closed_until timestamptz not null,
    closed_at timestamptz,
    closed_by integer references access.users
);
comment on table host_tasks is 'One row per time that a host refused or asked for proof of a person. Someone has to look at it; nothing is done to get around it.';
create index host_tasks_open on host_tasks (task_id) where closed_at is null;

create function follow_anchors() returns trigger
language plpgsql security definer
set search_path = enrichment, pg_temp
as $$
begin
    if not exists (
        select from accepted_records as a
        join new_rows as n on n.record_id = a.anchor_id
        join core.customer_records as r on r.record_id = a.record_id
        where r.customer_id <> n.customer_id) then
        return null; -- also when this was fired by the update below
    end if;
    update core.customer_records as r set customer_id = n.customer_id
    from accepted_records as a join new_rows as n on n.record_id = a.anchor_id
    where r.record_id = a.record_id and r.customer_id <> n.customer_id;
    return null;
end $$;
comment on function follow_anchors is 'A merge or split that moves a record moves what was accepted for it.';
create trigger customer_records_move_accepted after update on core.customer_records
referencing new table as new_rows for each statement execute function follow_anchors();

create function forget_proposals() returns trigger
language plpgsql security definer
set search_path = enrichment, pg_temp
as $$
begin
    if not exists (select from old_rows) or not exists (select from proposals) then
        return null;
    end if;
    delete from proposals where record_id in (select record_id from old_rows);
    update proposals set state = 'open', decided_at = null, decided_by = null, decided_how = null, is_applied = true
    where state = 'accepted' and field in ('phone', 'address', 'country')
        and record_id in (select anchor_id from accepted_records where record_id in (select record_id from old_rows));
    delete from accepted_records where record_id in (select record_id from old_rows);
    delete from privacy.data_keys where record_id in (
        select record_id from accepted_records where anchor_id in (select record_id from old_rows));
    with gone as (delete from accepted_records where anchor_id in (select record_id from old_rows) returning record_id)
    delete from core.customer_records where record_id in (select record_id from gone);
    return null;
end $$;
comment on function forget_proposals is 'A record that is deleted takes its proposals along, and what was accepted for it. Where the record of accepted values itself is deleted, their proposals are open again.';
create trigger customer_records_forget_proposals after delete on core.customer_records
referencing old table as old_rows for each statement execute function forget_proposals();

alter table directory_loads enable row level security;
alter table entries enable row level security;
alter table osm_entries enable row level security;
alter table entry_keys enable row level security;
alter table proposals enable row level security;
alter table accepted_records enable row level security;
alter table rules enable row level security;
alter table objections enable row level security;
alter table hosts enable row level security;
alter table host_pages enable row level security;
alter table host_tasks enable row level security;
create policy app on directory_loads to foresell_app using (true);
create policy app on entries to foresell_app using (true);
create policy app on osm_entries to foresell_app using (true);
create policy app on entry_keys to foresell_app using (true);
create policy app on proposals to foresell_app using (true);
create policy app on accepted_records to foresell_app using (true);
create policy app on rules to foresell_app using (true);
create policy app on objections to foresell_app using (true);
create policy app on hosts to foresell_app using (true);
create policy app on host_pages to foresell_app using (true);
create policy app on host_tasks to foresell_app using (true);

grant usage on schema enrichment to foresell_app;
grant select, insert, update, delete on all tables in schema enrichment to foresell_app;
revoke execute on all functions in schema enrichment from public;

set search_path = web;

create function proposals_of(customer text)
returns table (
    proposal_id bigint, field text, source text, origin text, fetched_at timestamptz, licence text, attribution text, legal_basis text,
    purpose text, retention_until date, notice_due date, confidence double precision, transform_version text, is_made_up boolean,
    state text, decided_at timestamptz, decided_how text, record_id bigint, value bytea, kek_id integer, wrapped_key bytea)
language sql stable security definer
set search_path = enrichment, pg_temp
begin atomic
    select p.proposal_id, p.field, p.source, p.origin, p.fetched_at, p.licence, p.attribution, p.legal_basis, p.purpose,
        p.retention_until, p.notice_due, p.confidence, p.transform_version, p.is_made_up, p.state, p.decided_at, p.decided_how,
        p.record_id, case when k.record_id is not null then p.value end, k.kek_id, k.wrapped_key
    from core.customer_records as r
    join enrichment.proposals as p using (record_id)
    left join privacy.data_keys as k on k.record_id = p.record_id and (select access.has_permission('customers.names'))
        and (p.field not in ('phone', 'address') or (select access.has_permission('enrichment.review')))
    where r.customer_id = customer and p.state <> 'refused' and (select access.has_permission('customers.read'))
        and (select access.can_see(customer))
    order by p.field, p.state, p.proposal_id;
end;
comment on function proposals_of is 'Grain: one accepted or open proposal about a visible customer. value: sealed, with the key that opens it; needs customers.names, and of phone and address enrichment.review: the accepted ones are contact data, and shown as such.';

create function list_proposals(wanted_state text, wanted_field text, wanted_source text, wanted_customer text, after_id bigint, max_rows integer)
returns table (
    proposal_id bigint, customer_id text, field text, source text, origin text, fetched_at timestamptz, licence text, attribution text,
    legal_basis text, purpose text, retention_until date, notice_due date, confidence double precision, transform_version text,
    is_made_up boolean, state text, decided_at timestamptz, decided_by text, decided_how text, record_id bigint, value bytea,
    kek_id integer, wrapped_key bytea, total bigint)
language sql stable security definer
set search_path = enrichment, pg_temp
begin atomic
    select p.proposal_id, r.customer_id, p.field, p.source, p.origin, p.fetched_at, p.licence, p.attribution, p.legal_basis, p.purpose,
        p.retention_until, p.notice_due, p.confidence, p.transform_version, p.is_made_up, p.state, p.decided_at, u.name, p.decided_how,
        p.record_id, case when k.record_id is not null then p.value end, k.kek_id, k.wrapped_key, count(*) over ()
    from enrichment.proposals as p
    join core.customer_records as r using (record_id)
    left join privacy.data_keys as k on k.record_id = p.record_id
    left join access.users as u on u.user_id = p.decided_by
    where (select access.has_permission('enrichment.review')) and p.state = wanted_state
        and (wanted_field is null or p.field = wanted_field) and (wanted_source is null or p.source = wanted_source)
        and (wanted_customer is null or r.customer_id = wanted_customer)
        and ((select access.current_scope()) = 'all' or r.customer_id in (select access.visible_customer_ids()))
        and p.proposal_id > after_id
    order by p.proposal_id
    limit max_rows;
end;
comment on function list_proposals is 'Grain: one proposal about a visible customer, the oldest first, after the proposal after_id; total: how many there are from there on. Needs enrichment.review.';

create function decide_proposals(ids bigint[], decision text) returns bigint[]
language plpgsql security definer
set search_path = enrichment, pg_temp
as $$
declare
    decided bigint[];
begin
    if not access.has_permission('enrichment.review') then
        raise insufficient_privilege using message = 'deciding on proposals needs the permission enrichment.review';
    end if;
    with changed as (
        update proposals as p
        set state = decision, is_applied = false,
            decided_at = case when decision <> 'open' then now() end,
            decided_by = case when decision <> 'open' then access.current_user_id() end,
            decided_how = case when decision <> 'open' then 'steward' end
        from core.customer_records as r
        where p.proposal_id = any (ids) and r.record_id = p.record_id and access.can_see(r.customer_id)
            and (p.state = 'open') = (decision <> 'open')
        returning p.proposal_id
    )
    select coalesce(array_agg(proposal_id order by proposal_id), '{}') into decided from changed;
    return decided;
end $$;
comment on function decide_proposals is 'Accepts or refuses open proposals, or opens decided ones again (decision open); returns those that were changed. The worker lets the golden record follow within seconds. Needs enrichment.review.';

create function enrichment_rules()
returns table (field text, accepts boolean, least_confidence double precision, sources text[], changed_at timestamptz, changed_by text)
language sql stable security definer
set search_path = enrichment, pg_temp
begin atomic
    select r.field, r.accepts, r.least_confidence, r.sources, r.changed_at, u.name
    from enrichment.rules as r left join access.users as u on u.user_id = r.changed_by
    where (select access.has_permission('enrichment.review'))
    order by r.field;
end;
comment on function enrichment_rules is 'Grain: one field. Needs enrichment.review.';

create function change_enrichment_rule(wanted text, accept boolean, least_sure double precision) returns boolean
language plpgsql security definer
set search_path = enrichment, pg_temp
as $$
begin
    if not access.has_permission('enrichment.manage') then
        raise insufficient_privilege using message = 'changing what is accepted by a rule needs the permission enrichment.manage';
    end if;
    update rules set accepts = accept, least_confidence = least_sure, changed_at = now(), changed_by = access.current_user_id()
    where field = wanted;
    return found;
end $$;
comment on function change_enrichment_rule is 'Returns whether there is such a field. Needs enrichment.manage.';

create function host_tasks_to_do()
returns table (task_id integer, host text, url text, reason text, opened_at timestamptz, closed_until timestamptz, stops integer)
language sql stable security definer
set search_path = enrichment, pg_temp
begin atomic
    select t.task_id, t.host, t.url, t.reason, t.opened_at, t.closed_until, h.stops
    from enrichment.host_tasks as t join enrichment.hosts as h using (host)
    where t.closed_at is null and (select access.has_permission('enrichment.review'))
    order by t.task_id;
end;
comment on function host_tasks_to_do is 'Grain: one open task. Needs enrichment.review.';

create function close_host_task(which integer) returns boolean
language plpgsql security definer
set search_path = enrichment, pg_temp
as $$
begin
    if not access.has_permission('enrichment.review') then
        raise insufficient_privilege using message = 'closing a task needs the permission enrichment.review';
    end if;
    update host_tasks set closed_at = now(), closed_by = access.current_user_id() where task_id = which and closed_at is null;
    return found;
end $$;
comment on function close_host_task is 'Returns whether there was such an open task. The host stays closed until its time. Needs enrichment.review.';

revoke execute on function proposals_of(text), list_proposals(text, text, text, text, bigint, integer), decide_proposals(bigint[], text),
    enrichment_rules(), change_enrichment_rule(text, boolean, double precision), host_tasks_to_do(), close_host_task(integer) from public;
grant execute on function proposals_of(text), list_proposals(text, text, text, text, bigint, integer), decide_proposals(bigint[], text),
    enrichment_rules(), change_enrichment_rule(text, boolean, double precision), host_tasks_to_do(), close_host_task(integer)
    to foresell_web;
