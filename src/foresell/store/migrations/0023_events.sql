-- Customer events: what happened, as it was received; who it was; and what follows from it.

comment on table privacy.customer_keys is 'One row per customer with a note: the key of the notes about them, wrapped by a key-encryption key; and, as `actor N`, one per person with something personal in their events. Deleting the row and retiring that key makes every copy of the notes and of that part of the events unreadable, backups included.';

insert into access.permissions (permission, description) values
('events.all', 'View events of unknown visitors, too.'),
('events.manage', 'Add and revoke the keys with which the pages of a site send events.'),
('events.read', 'View the events of customers.'),
('events.write', 'Send events.');
insert into access.role_permissions (role, permission) values
('admin', 'events.all'), ('admin', 'events.manage'), ('admin', 'events.read'), ('admin', 'events.write'),
('rep', 'events.read'), ('manager', 'events.read'), ('analyst', 'events.read'), ('analyst', 'events.all'),
('marketer', 'events.read'), ('marketer', 'events.all'),
('steward', 'events.all'), ('steward', 'events.manage'), ('steward', 'events.read'), ('steward', 'events.write');

create schema events;
comment on schema events is 'Customer events, append-only, and the tables derived from them. Written by store_events and the worker; the API calls functions of the schema web.';
set search_path = events;

create table types (
    type text primary key check (type ~ '^[a-z]+\.[a-z]+$'),
    retention_days integer not null check (retention_days between 1 and 36500),
    funnel_step text check (funnel_step in ('product', 'cart', 'checkout', 'order')),
    lead_stage text check (lead_stage in ('visitor', 'engaged', 'lead', 'opportunity', 'customer'))
);
comment on table types is 'One row per type of event. retention_days: an event is deleted this number of days after it happened. funnel_step, lead_stage: what an event of this type shows that a person has reached.';
insert into types (type, retention_days, funnel_step, lead_stage) values
('page.viewed', 396, null, 'visitor'), ('product.viewed', 396, 'product', 'visitor'), ('cart.changed', 396, 'cart', 'opportunity'),
('checkout.started', 396, 'checkout', 'opportunity'), ('order.placed', 3653, 'order', 'customer'), ('order.returned', 3653, null, null),
('email.opened', 731, null, 'engaged'), ('email.clicked', 731, null, 'engaged'), ('form.submitted', 1096, null, 'lead'),
('lead.created', 1096, null, 'lead'), ('call.logged', 1096, null, null), ('note.added', 1096, null, null),
('case.changed', 1096, null, null), ('review.posted', 1096, null, null), ('consent.changed', 3653, null, null),
('campaign.touched', 731, null, 'visitor');

create table actors (
    actor_id bigint primary key generated always as identity,
    kind text not null check (kind in ('customer', 'email', 'visitor')),
    source text not null,
    key text not null,
    record_id bigint,
    same_as bigint references actors,
    first_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    foreign key (record_id) references core.customer_records not enforced,
    check (same_as <> actor_id)
);
comment on table actors is 'One row per person as events name them. kind customer: source and key are those of a customer record; email: key is the blind index in hexadecimal; visitor: key is a keyed hash of the browser''s random id. record_id: the customer record it is, once known. same_as: the actor that a visitor or e-mail turned out to be. ended_at: since then the same key is another actor: another person uses the browser, or the customer was erased. Events are never rewritten; who it was is looked up here.';
create unique index actors_current on actors (kind, source, key) where ended_at is null;
create index actors_record on actors (record_id) where record_id is not null;
create index actors_same_as on actors (same_as) where same_as is not null;
create index actors_unresolved on actors (kind, source) where record_id is null and same_as is null and ended_at is null and kind <> 'visitor';

create table ids (
    id_hash bytea primary key check (length(id_hash) = 16),
    content_hash bytea not null,
    seq bigint not null
);
comment on table ids is 'One row per event ever stored, kept for ever, also after the event is deleted. id_hash: of source and id. content_hash: keyed hash of the event as sent, to find an id used for two events.';

create sequence event_seq as bigint;

create table events (
    seq bigint not null,
    received_at timestamptz not null,
    occurred_at timestamptz not null,
    type text not null,
    version smallint not null,
    source text not null,
    id text not null,
    via text not null check (via in ('api', 'browser')),
    actor_id bigint,
    visitor_id bigint,
    claimed_at timestamptz,
    filtered text check (filtered in ('bot', 'test')),
    trace text,
    data jsonb not null check (jsonb_typeof(data) = 'object'),
    personal bytea,
    sealed_for bigint,
    primary key (received_at, seq),
    check ((personal is null) = (sealed_for is null))
) partition by range (received_at);
comment on table events is 'One row per event, never changed; partitions by the month of receipt. seq: in the order of commits, without later insertions: who has read to n has missed nothing before. occurred_at: when it happened; claimed_at: the time as sent, where that was corrected. actor_id: who, by customer number or e-mail; visitor_id: in which browser. filtered: kept, but in no figure. data: what is not personal; personal: the rest, sealed with the key `actor N` of privacy.customer_keys, N being sealed_for. trace: W3C traceparent.';
create table events_default partition of events default;
comment on table events_default is 'One row per event of a month without a partition; the worker moves them into one.';
create index events_seq on events (seq);
create index events_actor on events (actor_id, occurred_at desc) where actor_id is not null;
create index events_visitor on events (visitor_id, occurred_at desc) where visitor_id is not null;
create index events_type on events (type, occurred_at);

create table intake_counts (
    day date not null,
    via text not null,
    outcome text not null,
    n bigint not null,
    primary key (day, via, outcome)
);
comment on table intake_counts is 'One row per day of receipt (UTC), way and outcome: how many events were stored, were duplicates, or were refused, and why.';

create table consumers (
    consumer text primary key,
    seq bigint not null default 0,
    changed_at timestamptz
);
comment on table consumers is 'One row per reader of the events. seq: the last event whose effect it has committed, in the same transaction as the effect.';
insert into consumers (consumer) values ('projections');

create table dead_letters (
    consumer text not null references consumers,
    seq bigint not null,
    error text not null,
    at timestamptz not null default now(),
    primary key (consumer, seq)
);
comment on table dead_letters is 'One row per event that a consumer could not process and left out. error: the kind of error, without values.';

create table write_keys (
    write_key_id integer primary key generated always as identity,
    name text not null check (name <> ''),
    source text not null check (source ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
    key_hash bytea not null unique,
    hint text not null,
    origins text[] not null check (cardinality(origins) between 1 and 20),
    created_at timestamptz not null default now(),
    created_by integer references access.users,
    revoked_at timestamptz
);
comment on table write_keys is 'One row per public key with which the pages of a site send events of browsers. It can only add events of visitors, from these origins. key_hash: SHA-256. hint: its first characters.';

-- Derived from the events: the same rows from the same events, in any portions.

create table daily_activity (
    actor_id bigint not null,
    day date not null,
    type text not null,
    events integer not null,
    amount numeric,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (actor_id, day, type)
);
comment on table daily_activity is 'One row per actor, day (UTC) and type of event. amount: of orders and returns.';

create table sessions (
    actor_id bigint not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    events integer not null,
    pages integer not null,
    products integer not null,
    carts integer not null,
    checkouts integer not null,
    orders integer not null,
    primary key (actor_id, started_at)
);
comment on table sessions is 'One row per session: events of one browser, or of one person where no browser is known, with pauses of 30 minutes at most.';

create table last_seen (
    actor_id bigint primary key,
    first_at timestamptz not null,
    last_at timestamptz not null,
    last_seq bigint not null,
    last_type text not null,
    events bigint not null
);
comment on table last_seen is 'One row per actor: the first and the newest event, and how many.';
create index last_seen_at on last_seen (last_at);

create table funnel_steps (
    actor_id bigint not null,
    step text not null,
    times integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (actor_id, step)
);
comment on table funnel_steps is 'One row per actor and step of the funnel that was reached: product, cart, checkout, order.';

create table lead_stages (
    actor_id bigint not null,
    stage text not null,
    reached_at timestamptz not null,
    primary key (actor_id, stage)
);
comment on table lead_stages is 'One row per actor and stage that was reached, with when first: visitor, engaged, lead, opportunity, customer. The stage is the last of these.';

create view actor_customers with (security_invoker = true) as
select a.actor_id, r.record_id, r.customer_id
from actors as a
left join actors as b on b.actor_id = a.same_as
left join actors as c on c.actor_id = b.same_as
join core.customer_records as r on r.record_id = coalesce(a.record_id, b.record_id, c.record_id);
comment on view actor_customers is 'One row per actor that is a known customer now; merges, splits and undone loads are followed.';

create function root_of(actor bigint) returns bigint
language sql stable
set search_path = events, pg_temp
begin atomic
    select coalesce(c.actor_id, b.actor_id, a.actor_id)
    from actors as a left join actors as b on b.actor_id = a.same_as left join actors as c on c.actor_id = b.same_as
    where a.actor_id = actor;
end;
comment on function root_of is 'The actor that this one turned out to be; itself when it is still itself.';

create function find_actor(wanted_kind text, wanted_source text, wanted_key text) returns bigint
language plpgsql security definer
set search_path = events, pg_temp
as $$
declare
    found_id bigint;
    record bigint;
begin
    select actor_id into found_id from actors
    where kind = wanted_kind and source = wanted_source and key = wanted_key and ended_at is null;
    if found_id is not null then
        return found_id;
    end if;
    if wanted_kind = 'customer' then
        select record_id into record from core.customer_records where source = wanted_source and source_key = wanted_key;
    elsif wanted_kind = 'email' then
        select min(record_id) into record from core.customer_records
        where email_index = decode(wanted_key, 'hex') having count(distinct customer_id) = 1;
    end if;
    insert into actors (kind, source, key, record_id) values (wanted_kind, wanted_source, wanted_key, record)
    returning actor_id into found_id;
    return found_id;
end $$;
comment on function find_actor is 'The current actor with this key; it is added when there is none. An e-mail is that of a customer when records of one customer only have it. Call it while holding the lock of take_lock.';

create function take_lock() returns void
language sql security definer
set search_path = events, pg_temp
begin atomic
    select pg_advisory_xact_lock(hashtext('foresell events'));
end;
comment on function take_lock is 'One writer of events and actors at a time until it commits: numbers follow the order of commits.';

create function is_same_person(one bigint, other bigint) returns boolean
language sql stable
set search_path = events, pg_temp
begin atomic
    select root_of(one) = root_of(other)
        or (select customer_id from actor_customers where actor_id = one) = (select customer_id from actor_customers where actor_id = other);
end;
comment on function is_same_person is 'Whether two actors are known to be the same person or customer.';

create function link_visitor(visitor bigint, person bigint) returns bigint
language plpgsql security definer
set search_path = events, pg_temp
as $$
declare
    known bigint;
    renewed bigint;
begin
    select same_as into known from actors where actor_id = visitor;
    if known is null then
        update actors set same_as = person where actor_id = visitor;
        return visitor;
    end if;
    if coalesce(is_same_person(known, person), false) then
        return visitor;
    end if;
    update actors set ended_at = clock_timestamp() where actor_id = visitor;
    insert into actors (kind, source, key, same_as) select kind, source, key, person from actors where actor_id = visitor
    returning actor_id into renewed;
    return renewed;
end $$;
comment on function link_visitor is 'Says who a visitor is. Returns the visitor; a new one when the browser is now used by someone else: earlier events stay with the first person.';

create function find_person(item jsonb) returns table (actor_id bigint, outcome text)
language plpgsql security definer
set search_path = events, pg_temp
as $$
#variable_conflict use_column
declare
    wanted_source text := item ->> 'person_source';
    wanted_key text := item ->> 'person_key';
    email text := item ->> 'email';
    by_email bigint;
begin
    if wanted_key is not null and wanted_source = 'foresell' then
        select r.source, r.source_key into wanted_source, wanted_key from core.customer_records as r
        where r.customer_id = identity.current_customer(upper(wanted_key)) order by r.record_id limit 1;
        if not found then
            return query select null::bigint, 'customer_not_found'::text;
            return;
        end if;
    end if;
    if wanted_key ~ '^erased-' or exists (
        select from privacy.erased_records as e
        where e.source = wanted_source and e.source_key_hash = decode(item ->> 'person_digest', 'hex')) then
        return query select null::bigint, 'customer_erased'::text;
        return;
    end if;
    if wanted_key is null then
        return query select case when email is not null then find_actor('email', '', email) end, null::text;
        return;
    end if;
    actor_id := find_actor('customer', wanted_source, wanted_key);
    if email is not null then
        by_email := find_actor('email', '', email);
        update actors as a set same_as = actor_id where a.actor_id = by_email and a.record_id is null and a.same_as is null;
    end if;
    outcome := null;
    return next;
end $$;
comment on function find_person is 'One row: the actor of an event by customer number, else by e-mail (null without either); or why it cannot be one. An e-mail that is no one''s yet becomes that of the customer.';

create function keys_of_actors(people jsonb) returns table (place integer, actor_id bigint, kek_id integer, wrapped_key bytea, is_new_kek boolean)
language plpgsql security definer
set search_path = events, pg_temp
as $$
#variable_conflict use_column
declare
    item jsonb;
    current_kek integer;
    is_new boolean := false;
begin
    perform engagement.lock_note_keys();
    perform take_lock();
    select max(e.kek_id) into current_kek from privacy.key_encryption_keys as e where e.retired_at is null;
    if current_kek is null then
        lock table privacy.key_encryption_keys in share row exclusive mode;
        select max(e.kek_id) into current_kek from privacy.key_encryption_keys as e where e.retired_at is null;
    end if;
    if current_kek is null then
        insert into privacy.key_encryption_keys default values returning kek_id into current_kek;
        is_new := true;
    end if;
    for item in select * from jsonb_array_elements(people) loop
        select p.actor_id into actor_id from find_person(item) as p;
        if actor_id is null and item ->> 'visitor' is not null then
            actor_id := find_actor('visitor', '', item ->> 'visitor');
        end if;
        place := (item ->> 'place')::integer;
        kek_id := current_kek;
        wrapped_key := null;
        is_new_kek := is_new;
        select k.kek_id, k.wrapped_key into kek_id, wrapped_key from privacy.customer_keys as k where k.customer_id = 'actor ' || actor_id;
        kek_id := coalesce(kek_id, current_kek);
        return next;
    end loop;
end $$;
comment on function keys_of_actors is 'Grain: one of these people, with the actor and the wrapped key that seals what is personal in their events. Without one: the number of the key-encryption key to wrap a new one by (is_new_kek: it is to be made first).';

create function add_actor_keys(new_keys jsonb) returns table (actor_id bigint, kek_id integer, wrapped_key bytea)
language plpgsql security definer
set search_path = events, pg_temp
as $$
#variable_conflict use_column
begin
    perform engagement.lock_note_keys();
    insert into privacy.customer_keys (customer_id, kek_id, wrapped_key)
    select 'actor ' || n.actor_id, n.kek_id, decode(n.wrapped_key, 'hex')
    from jsonb_to_recordset(new_keys) as n (actor_id bigint, kek_id integer, wrapped_key text)
    join privacy.key_encryption_keys as e on e.kek_id = n.kek_id and e.retired_at is null
    on conflict do nothing;
    return query select n.actor_id, k.kek_id, k.wrapped_key
    from jsonb_to_recordset(new_keys) as n (actor_id bigint) join privacy.customer_keys as k on k.customer_id = 'actor ' || n.actor_id;
end $$;
comment on function add_actor_keys is 'Grain: one of these actors, with its key: the new one, or the one that was there first. None where the key-encryption key was replaced meanwhile.';

create function store_events(batch jsonb, refused jsonb, way text) returns table (place integer, outcome text, seq bigint)
language plpgsql security definer
set search_path = events, pg_temp
as $$
#variable_conflict use_column
declare
    item jsonb;
    now_at timestamptz;
    known ids;
    person bigint;
    visitor bigint;
begin
    perform take_lock();
    now_at := clock_timestamp();
    for item in select * from jsonb_array_elements(batch) loop
        place := (item ->> 'place')::integer;
        seq := null;
        visitor := null;
        select * into known from ids where id_hash = decode(item ->> 'id_hash', 'hex');
        if found then
            outcome := case when known.content_hash = decode(item ->> 'content_hash', 'hex') then 'duplicate' else 'id_reused' end;
            seq := known.seq;
            return next;
            continue;
        end if;
        select p.actor_id, p.outcome into person, outcome from find_person(item) as p;
        if outcome is not null then
            return next;
            continue;
        end if;
        if item ->> 'visitor' is not null then
            visitor := find_actor('visitor', '', item ->> 'visitor');
            if person is not null then
                visitor := link_visitor(visitor, person);
            end if;
        end if;
        seq := nextval('event_seq');
        insert into ids (id_hash, content_hash, seq) values (decode(item ->> 'id_hash', 'hex'), decode(item ->> 'content_hash', 'hex'), seq);
        insert into events (seq, received_at, occurred_at, type, version, source, id, via, actor_id, visitor_id, claimed_at, filtered,
            trace, data, personal, sealed_for)
        values (seq, now_at, least(coalesce((item ->> 'occurred_at')::timestamptz, now_at), now_at), item ->> 'type',
            (item ->> 'version')::smallint, item ->> 'source', item ->> 'id', way, person, visitor, (item ->> 'claimed_at')::timestamptz,
            item ->> 'filtered', item ->> 'trace', item -> 'data', decode(item ->> 'personal', 'hex'), (item ->> 'sealed_for')::bigint);
        outcome := 'stored';
        return next;
    end loop;
    insert into intake_counts (day, via, outcome, n)
    select (now_at at time zone 'UTC')::date, way, key, value::bigint from jsonb_each_text(refused)
    on conflict (day, via, outcome) do update set n = intake_counts.n + excluded.n;
    perform pg_notify('foresell_events', '');
end $$;
comment on function store_events is 'Grain: one event of the batch: stored, duplicate (of seq), id_reused (the id has other content under seq), customer_not_found or customer_erased. refused: by reason, how many were refused before. All in one transaction; when it commits, what is stored is stored for ever exactly once.';

create function countable(after_seq bigint, upto_seq bigint) returns table (
    seq bigint, occurred_at timestamptz, type text, person bigint, browser bigint, amount numeric, funnel_step text, lead_stage text)
language sql stable
as $$
    select e.seq, e.occurred_at, e.type, coalesce(e.actor_id, e.visitor_id), coalesce(e.visitor_id, e.actor_id),
        case when e.type = 'order.placed' then (e.data ->> 'amount')::numeric
            when e.type = 'order.returned' then -(e.data ->> 'amount')::numeric end,
        t.funnel_step, t.lead_stage
    from events.events as e join events.types as t using (type)
    where e.seq > after_seq and e.seq <= upto_seq and e.filtered is null and (e.actor_id is not null or e.visitor_id is not null)
        and not exists (select from events.dead_letters as d where d.consumer = 'projections' and d.seq = e.seq)
$$;
comment on function countable is 'Grain: one event of someone that counts in figures. person: who by number or e-mail, else the visitor; browser: the visitor, else the person. amount: of orders, negative for returns.';

create function apply_events(after_seq bigint, upto_seq bigint, only_actors bigint[] default null) returns void
language plpgsql
as $$
begin
    insert into daily_activity as d (actor_id, day, type, events, amount, first_at, last_at)
    select person, (occurred_at at time zone 'UTC')::date, type, count(*), sum(amount), min(occurred_at), max(occurred_at)
    from events.countable(after_seq, upto_seq) where only_actors is null or person = any (only_actors)
    group by 1, 2, 3
    on conflict (actor_id, day, type) do update set events = d.events + excluded.events,
        amount = case when d.amount is null and excluded.amount is null then null else coalesce(d.amount, 0) + coalesce(excluded.amount, 0) end,
        first_at = least(d.first_at, excluded.first_at), last_at = greatest(d.last_at, excluded.last_at);

    insert into last_seen as l (actor_id, first_at, last_at, last_seq, last_type, events)
    select person, min(occurred_at), (array_agg(occurred_at order by occurred_at desc, seq desc))[1],
        (array_agg(seq order by occurred_at desc, seq desc))[1], (array_agg(type order by occurred_at desc, seq desc))[1], count(*)
    from events.countable(after_seq, upto_seq) where only_actors is null or person = any (only_actors)
    group by person
    on conflict (actor_id) do update set first_at = least(l.first_at, excluded.first_at), events = l.events + excluded.events,
        last_at = greatest(l.last_at, excluded.last_at),
        last_seq = case when (excluded.last_at, excluded.last_seq) > (l.last_at, l.last_seq) then excluded.last_seq else l.last_seq end,
        last_type = case when (excluded.last_at, excluded.last_seq) > (l.last_at, l.last_seq) then excluded.last_type else l.last_type end;

    insert into funnel_steps as f (actor_id, step, times, first_at, last_at)
    select person, funnel_step, count(*), min(occurred_at), max(occurred_at)
    from events.countable(after_seq, upto_seq)
    where funnel_step is not null and (only_actors is null or person = any (only_actors))
    group by 1, 2
    on conflict (actor_id, step) do update set times = f.times + excluded.times,
        first_at = least(f.first_at, excluded.first_at), last_at = greatest(f.last_at, excluded.last_at);

    insert into lead_stages as s (actor_id, stage, reached_at)
    select person, lead_stage, min(occurred_at)
    from events.countable(after_seq, upto_seq)
    where lead_stage is not null and (only_actors is null or person = any (only_actors))
    group by 1, 2
    on conflict (actor_id, stage) do update set reached_at = excluded.reached_at where excluded.reached_at < s.reached_at;

    with fresh as materialized (
        select browser, occurred_at, type from events.countable(after_seq, upto_seq)
        where only_actors is null or browser = any (only_actors)
    ),
    touched as (
        delete from sessions as s using (
            select browser, min(occurred_at) - interval '30 minutes' as lo, max(occurred_at) + interval '30 minutes' as hi
            from fresh group by 1
        ) as f
        where s.actor_id = f.browser and s.ended_at >= f.lo and s.started_at <= f.hi
        returning s.*
    ),
    parts as (
        select * from touched
        union all
        select browser, occurred_at, occurred_at, 1, (type = 'page.viewed')::integer, (type = 'product.viewed')::integer,
            (type = 'cart.changed')::integer, (type = 'checkout.started')::integer, (type = 'order.placed')::integer
        from fresh
    ),
    marked as (
        select *, started_at > max(ended_at) over (
            partition by actor_id order by started_at, ended_at rows between unbounded preceding and 1 preceding
        ) + interval '30 minutes' as begins
        from parts
    ),
    numbered as (
        select *, count(*) filter (where begins) over (partition by actor_id order by started_at, ended_at rows unbounded preceding) as island
        from marked
    )
    insert into sessions (actor_id, started_at, ended_at, events, pages, products, carts, checkouts, orders)
    select actor_id, min(started_at), max(ended_at), sum(events), sum(pages), sum(products), sum(carts), sum(checkouts), sum(orders)
    from numbered group by actor_id, island;
end $$;
comment on function apply_events is 'Adds the effect of events to the derived tables that the search path names. Each event must be applied once; in any portions and any order. only_actors: only to rows of these.';

create function publish_live(after_seq bigint, upto_seq bigint) returns integer
language plpgsql security definer
set search_path = events, pg_temp
as $$
declare
    published integer;
begin
    perform pg_advisory_xact_lock(hashtext('api.live_events'));
    with fresh as (
        select e.seq, e.type, e.source, e.occurred_at, e.via, c.customer_id, row_number() over (order by e.seq desc) as place, count(*) over () as n
        from events as e left join actor_customers as c on c.actor_id = coalesce(e.actor_id, e.visitor_id)
        where e.seq > after_seq and e.seq <= upto_seq and e.filtered is null and e.occurred_at > now() - interval '1 hour'
    )
    insert into api.live_events (kind, payload, permission, customer_id)
    select 'customer_event',
        jsonb_build_object('seq', seq, 'type', type, 'source', source, 'occurred_at', occurred_at, 'via', via,
            'skipped', case when place = 1 then greatest(n - 200, 0) else 0 end),
        case when customer_id is null then 'events.all' else 'events.read' end, customer_id
    from fresh where place <= 200 order by seq;
    get diagnostics published = row_count;
    if published > 0 then
        perform pg_notify('foresell', 'customer_event');
    end if;
    return published;
end $$;
comment on function publish_live is 'Publishes events of the last hour to open pages, the newest 200 of a portion; `skipped` says how many older ones of it were not. Call it last in a transaction.';

create function resolve_actors() returns integer
language plpgsql security definer
set search_path = events, pg_temp
as $$
declare
    found_records integer;
    found_emails integer;
begin
    perform take_lock();
    update actors as a set record_id = r.record_id from core.customer_records as r
    where a.kind = 'customer' and a.record_id is null and a.same_as is null and a.ended_at is null and r.source = a.source and r.source_key = a.key;
    get diagnostics found_records = row_count;
    update actors as a set record_id = r.record_id
    from (
        select u.actor_id, min(c.record_id) as record_id
        from actors as u join core.customer_records as c on c.email_index = decode(u.key, 'hex')
        where u.kind = 'email' and u.record_id is null and u.same_as is null and u.ended_at is null
        group by u.actor_id having count(distinct c.customer_id) = 1
    ) as r
    where a.actor_id = r.actor_id;
    get diagnostics found_emails = row_count;
    return found_records + found_emails;
end $$;
comment on function resolve_actors is 'Finds the customer records of actors whose customer was loaded after their events. Returns of how many.';

create function unlink_actors() returns trigger
language plpgsql security definer
set search_path = events, pg_temp
as $$
begin
    update actors set record_id = null where record_id in (select record_id from old_rows);
    return null;
end $$;
comment on function unlink_actors is 'A record that is deleted by an undo is no one''s any more; when it is loaded again, the worker finds it.';
create trigger customer_records_unlink_actors after delete on core.customer_records
referencing old table as old_rows for each statement execute function unlink_actors();

create function forget_actors(records bigint[]) returns bigint
language plpgsql security definer
set search_path = events, pg_temp
as $$
declare
    forgotten bigint[];
    sealed bigint;
begin
    perform take_lock();
    with recursive those (actor_id) as (
        select actor_id from actors where record_id = any (records)
        union
        select a.actor_id from those as t join actors as a on a.same_as = t.actor_id
    )
    select array_agg(actor_id) into forgotten from those join actors using (actor_id) where actors.key !~ '^erased-';
    delete from privacy.customer_keys where customer_id in (select 'actor ' || a from unnest(forgotten) as a);
    update actors set key = 'erased-' || actor_id, ended_at = coalesce(ended_at, clock_timestamp()) where actor_id = any (forgotten);
    select count(*) into sealed from events where sealed_for = any (forgotten) and (actor_id = any (forgotten) or visitor_id = any (forgotten));
    return coalesce(sealed, 0);
end $$;
comment on function forget_actors is 'Destroys the keys of what is personal in the events of these records, and the keys by which the customer would be known in later events. Returns how many events had something personal.';

create function make_partitions(months_ahead integer) returns integer
language plpgsql security definer
set search_path = events, pg_temp
as $$
declare
    starts timestamptz;
    name text;
    made integer := 0;
    months timestamptz[];
begin
    select array_agg(m) into months from (
        select generate_series(date_trunc('month', now(), 'UTC'), date_trunc('month', now(), 'UTC') + make_interval(months => months_ahead), interval '1 month', 'UTC') as m
        union
        select distinct date_trunc('month', received_at, 'UTC') from events_default
    ) as wanted;
    foreach starts in array months loop
        name := 'events_' || to_char(starts at time zone 'UTC', 'YYYYMM');
        continue when to_regclass('events.' || name) is not null;
        perform take_lock();
        execute format('create table events.%I (like events.events including all)', name);
        execute format('alter table events.%I enable row level security', name);
        execute format('comment on table events.%I is %L', name, 'One row per event received in this month; read and written as events.');
        execute format(
            'with moved as (delete from events.events_default where date_trunc(''month'', received_at, ''UTC'') = %L returning *)'
            ' insert into events.%I select * from moved', starts, name);
        execute format('alter table events.events attach partition events.%I for values from (%L) to (%L)', name, starts,
            date_add(starts, interval '1 month', 'UTC'));
        made := made + 1;
    end loop;
    return made;
end $$;
comment on function make_partitions is 'Makes the partitions of this month, of those ahead, and of months whose events are in the default partition, which it moves. Returns how many it made.';

create function delete_expired_events(most integer) returns bigint
language plpgsql security definer
set search_path = events, pg_temp
as $$
declare
    upto bigint;
    deleted bigint;
    affected bigint[];
    old record;
    used boolean;
begin
    select seq into upto from consumers where consumer = 'projections' for update;
    with expired as (
        select e.received_at, e.seq from types as t join events as e using (type)
        where e.occurred_at < now() - make_interval(days => t.retention_days) and e.seq <= upto and e.seq <= (select min(seq) from consumers)
        limit most
    ),
    gone as (
        delete from events as e using expired as x where e.received_at = x.received_at and e.seq = x.seq
        returning e.actor_id, e.visitor_id
    )
    select (select count(*) from gone), array(select actor_id from gone union select visitor_id from gone) into deleted, affected;
    if deleted > 0 then
        affected := array_remove(affected, null);
        delete from daily_activity where actor_id = any (affected);
        delete from sessions where actor_id = any (affected);
        delete from last_seen where actor_id = any (affected);
        delete from funnel_steps where actor_id = any (affected);
        delete from lead_stages where actor_id = any (affected);
        perform apply_events(0, upto, affected);
    end if;
    for old in
        select c.oid::regclass::text as name from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'events'::regclass and c.relname ~ '^events_[0-9]{6}$'
            and c.relname < 'events_' || to_char(now() at time zone 'UTC' - interval '1 month', 'YYYYMM')
    loop
        execute format('select exists (select from %s)', old.name) into used;
        if not used then
            execute format('drop table %s', old.name);
        end if;
    end loop;
    return deleted;
end $$;
comment on function delete_expired_events is 'Deletes events past the retention of their type that every consumer has read, computes anew what was derived from their actors'' events, and drops old partitions that are empty. Returns how many events it deleted.';

create function events_of_customer(customer text) returns table (actor_id bigint)
language sql stable
set search_path = events, pg_temp
begin atomic
    with recursive mine (actor_id) as (
        select a.actor_id from core.customer_records as r join actors as a using (record_id) where r.customer_id = customer
        union
        select a.actor_id from mine as m join actors as a on a.same_as = m.actor_id where a.record_id is null
    )
    select actor_id from mine;
end;
comment on function events_of_customer is 'Grain: one actor that is this customer now.';

alter table types enable row level security;
alter table actors enable row level security;
alter table ids enable row level security;
alter table events enable row level security;
alter table events_default enable row level security;
alter table intake_counts enable row level security;
alter table consumers enable row level security;
alter table dead_letters enable row level security;
alter table write_keys enable row level security;
alter table daily_activity enable row level security;
alter table sessions enable row level security;
alter table last_seen enable row level security;
alter table funnel_steps enable row level security;
alter table lead_stages enable row level security;
create policy app on types to foresell_app using (true);
create policy app on actors to foresell_app using (true);
create policy app on ids to foresell_app using (true);
create policy app on events to foresell_app using (true);
create policy app on intake_counts to foresell_app using (true);
create policy app on consumers to foresell_app using (true);
create policy app on dead_letters to foresell_app using (true);
create policy app on write_keys to foresell_app using (true);
create policy app on daily_activity to foresell_app using (true);
create policy app on sessions to foresell_app using (true);
create policy app on last_seen to foresell_app using (true);
create policy app on funnel_steps to foresell_app using (true);
create policy app on lead_stages to foresell_app using (true);

grant usage on schema events to foresell_app;
grant select on all tables in schema events to foresell_app;
grant update (retention_days) on types to foresell_app;
grant update (seq, changed_at), insert on consumers to foresell_app;
grant insert, delete on dead_letters to foresell_app;
grant insert, update, delete on daily_activity, sessions, last_seen, funnel_steps, lead_stages to foresell_app;
revoke execute on all functions in schema events from public;
grant execute on function store_events(jsonb, jsonb, text), keys_of_actors(jsonb), add_actor_keys(jsonb), countable(bigint, bigint),
    apply_events(bigint, bigint, bigint[]), publish_live(bigint, bigint), resolve_actors(), forget_actors(bigint[]),
    make_partitions(integer), delete_expired_events(integer), events_of_customer(text) to foresell_app;


create function web.require_event_writer(write_key bytea) returns void
language plpgsql security definer
set search_path = events, pg_temp
as $$
begin
    if not (access.has_permission('events.write')
        or exists (select from write_keys as k where k.key_hash = write_key and k.revoked_at is null)) then
        raise insufficient_privilege using message = 'events are stored for users with events.write and for write keys';
    end if;
end $$;
comment on function web.require_event_writer is 'Raises insufficient_privilege unless the acting user or the write key may store events.';

create function web.keys_of_actors(people jsonb, write_key bytea default null)
returns table (place integer, actor_id bigint, kek_id integer, wrapped_key bytea, is_new_kek boolean)
language plpgsql security definer
set search_path = events, pg_temp
as $$
begin
    perform web.require_event_writer(write_key);
    return query select * from events.keys_of_actors(people);
end $$;
comment on function web.keys_of_actors is 'events.keys_of_actors for those who may store events.';

create function web.add_actor_keys(new_keys jsonb, write_key bytea default null) returns table (actor_id bigint, kek_id integer, wrapped_key bytea)
language plpgsql security definer
set search_path = events, pg_temp
as $$
begin
    perform web.require_event_writer(write_key);
    return query select * from events.add_actor_keys(new_keys);
end $$;
comment on function web.add_actor_keys is 'events.add_actor_keys for those who may store events.';

create function web.store_events(batch jsonb, refused jsonb, write_key bytea default null) returns table (place integer, outcome text, seq bigint)
language plpgsql security definer
set search_path = events, pg_temp
as $$
begin
    perform web.require_event_writer(write_key);
    return query select * from events.store_events(batch, refused, case when write_key is null then 'api' else 'browser' end);
end $$;
comment on function web.store_events is 'events.store_events for those who may store events.';

create function web.write_key_of(wanted bytea) returns table (write_key_id integer, source text, origins text[])
language sql stable security definer
set search_path = events, pg_temp
begin atomic
    select write_key_id, source, origins from write_keys where key_hash = wanted and revoked_at is null;
end;
comment on function web.write_key_of is 'One row: a write key that counts, for the intake from browsers, before a user is known.';

create function web.write_keys() returns table (
    write_key_id integer, name text, source text, hint text, origins text[], created_at timestamptz, revoked_at timestamptz)
language sql stable security definer
set search_path = events, pg_temp
begin atomic
    select write_key_id, name, source, hint, origins, created_at, revoked_at from write_keys
    where (select access.has_permission('events.manage')) order by write_key_id;
end;
comment on function web.write_keys is 'Grain: one write key. Needs events.manage.';

create function web.add_write_key(key_name text, key_source text, key_origins text[], new_hash bytea, new_hint text) returns integer
language plpgsql security definer
set search_path = events, pg_temp
as $$
declare
    added integer;
begin
    if not access.has_permission('events.manage') then
        raise insufficient_privilege using message = 'write keys are added with events.manage';
    end if;
    insert into write_keys (name, source, origins, key_hash, hint, created_by)
    values (key_name, key_source, key_origins, new_hash, new_hint, access.current_user_id()) returning write_key_id into added;
    perform audit.record_action('events.write_key_added', 'write key:' || added, jsonb_build_object('origins', cardinality(key_origins)));
    return added;
end $$;
comment on function web.add_write_key is 'Adds a write key and returns its number. Needs events.manage.';

create function web.revoke_write_key(wanted integer) returns boolean
language plpgsql security definer
set search_path = events, pg_temp
as $$
begin
    if not access.has_permission('events.manage') then
        raise insufficient_privilege using message = 'write keys are revoked with events.manage';
    end if;
    update write_keys set revoked_at = coalesce(revoked_at, now()) where write_key_id = wanted;
    if found then
        perform audit.record_action('events.write_key_revoked', 'write key:' || wanted, '{}');
    end if;
    return found;
end $$;
comment on function web.revoke_write_key is 'Revokes a write key; false when there is none. Needs events.manage.';

create function web.customer_events(
    customer text, wanted_types text[], wanted_source text, after_seq bigint, before_seq bigint, max_rows integer)
returns table (
    seq bigint, received_at timestamptz, occurred_at timestamptz, type text, version smallint, source text, via text, customer_id text,
    visitor_id bigint, filtered text, data jsonb, has_personal boolean)
language sql stable security definer
set search_path = events, pg_temp
begin atomic
    with scope as materialized (
        select access.current_scope() = 'all' as everyone, access.has_permission('events.read') as reads,
            access.has_permission('events.all') as reads_anonymous,
            customer is not null and access.can_see(customer) as sees_customer
    ),
    actors_wanted as materialized (
        select a.actor_id from scope cross join events.events_of_customer(customer) as a where scope.reads and scope.sees_customer
        union
        select c.actor_id from actor_customers as c
        where customer is null and (select reads and not everyone from scope) and c.customer_id in (select access.visible_customer_ids())
    ),
    found as (
        (
            select e.* from events as e
            where customer is null and (select reads and everyone from scope) and e.seq > after_seq and e.seq < before_seq
                and (wanted_types is null or e.type = any (wanted_types)) and (wanted_source is null or e.source = wanted_source)
                and ((select reads_anonymous from scope)
                    or exists (select from actor_customers as c where c.actor_id = coalesce(e.actor_id, e.visitor_id)))
            order by e.seq desc limit max_rows
        )
        union all
        (
            select distinct on (e.seq) e.* from events as e
            where e.seq > after_seq and e.seq < before_seq
                and (e.actor_id in (select actor_id from actors_wanted)
                    or (e.actor_id is null and e.visitor_id in (select actor_id from actors_wanted)))
                and (wanted_types is null or e.type = any (wanted_types)) and (wanted_source is null or e.source = wanted_source)
            order by e.seq desc limit max_rows
        )
    )
    select f.seq, f.received_at, f.occurred_at, f.type, f.version, f.source, f.via, c.customer_id, f.visitor_id, f.filtered, f.data,
        f.personal is not null
    from found as f left join actor_customers as c on c.actor_id = coalesce(f.actor_id, f.visitor_id)
    order by f.seq desc limit max_rows;
end;
comment on function web.customer_events is 'Grain: one event of visible customers (with the scope all and events.all also of unknown visitors) between two numbers, the newest first. customer: only of this one. Needs events.read.';

create function web.event_of(wanted bigint) returns table (
    seq bigint, received_at timestamptz, occurred_at timestamptz, claimed_at timestamptz, type text, version smallint, source text, id text,
    via text, customer_id text, visitor_id bigint, filtered text, data jsonb, has_personal boolean, personal bytea, sealed_for bigint,
    kek_id integer, wrapped_key bytea)
language sql stable security definer
set search_path = events, pg_temp
begin atomic
    select e.seq, e.received_at, e.occurred_at, e.claimed_at, e.type, e.version, e.source, e.id, e.via, c.customer_id, e.visitor_id,
        e.filtered, e.data, e.personal is not null, case when k.customer_id is not null then e.personal end, e.sealed_for, k.kek_id,
        k.wrapped_key
    from events as e
    left join actor_customers as c on c.actor_id = coalesce(e.actor_id, e.visitor_id)
    left join privacy.customer_keys as k on k.customer_id = 'actor ' || e.sealed_for and (select access.has_permission('customers.names'))
    where e.seq = wanted and (select access.has_permission('events.read'))
        and case when c.customer_id is null then access.current_scope() = 'all' and access.has_permission('events.all')
            else access.can_see(c.customer_id) end;
end;
comment on function web.event_of is 'One row: a visible event. personal: sealed, with the key that opens it; needs customers.names.';

create function web.event_timeline_of(customer text, wanted_types text[], before_at timestamptz, before_id bigint, max_rows integer)
returns table (at timestamptz, id bigint, source text, detail jsonb)
language sql stable security definer
set search_path = events, pg_temp
begin atomic
    select e.occurred_at, e.seq, e.source,
        jsonb_build_object('type', e.type, 'via', e.via, 'has_personal', e.personal is not null, 'data', e.data)
    from events.events_of_customer(customer) as a
    cross join lateral (
        select * from events as x
        where (x.actor_id = a.actor_id or (x.visitor_id = a.actor_id and x.actor_id is null))
            and x.filtered is null and x.occurred_at <= before_at and (x.occurred_at, x.seq) < (before_at, before_id)
        order by x.occurred_at desc, x.seq desc limit max_rows
    ) as e
    where (select access.has_permission('events.read')) and (select access.can_see(customer))
        and (wanted_types is null or e.type = any (wanted_types))
    order by e.occurred_at desc, e.seq desc limit max_rows;
end;
comment on function web.event_timeline_of is 'Grain: one event of a visible customer that happened before (before_at, before_id), the newest first, for the timeline. Needs events.read.';

create function web.activity_of(customer text) returns table (
    first_at timestamptz, last_at timestamptz, last_type text, events bigint, recent jsonb, sessions bigint, last_session jsonb,
    lead_stage text, stages jsonb, funnel jsonb)
language sql stable security definer
set search_path = events, pg_temp
begin atomic
    with mine as materialized (
        select actor_id from events.events_of_customer(customer)
        where (select access.has_permission('events.read')) and (select access.can_see(customer))
    ),
    stages as (
        select stage, min(reached_at) as reached_at from lead_stages join mine using (actor_id) group by 1
    )
    select min(l.first_at), max(l.last_at), (array_agg(l.last_type order by l.last_at desc, l.last_seq desc))[1], coalesce(sum(l.events), 0)::bigint,
        (select coalesce(jsonb_object_agg(type, n), '{}') from (
            select e.type, count(*) as n from events as e
            where (e.actor_id in (select actor_id from mine) or (e.actor_id is null and e.visitor_id in (select actor_id from mine)))
                and e.filtered is null and e.occurred_at > now() - interval '30 minutes'
            group by 1) as r),
        (select count(*) from sessions where actor_id in (select actor_id from mine)),
        (select to_jsonb(s) - 'actor_id' from sessions as s where s.actor_id in (select actor_id from mine) order by s.started_at desc limit 1),
        (select stage from stages order by array_position(array['visitor', 'engaged', 'lead', 'opportunity', 'customer'], stage) desc limit 1),
        (select coalesce(jsonb_object_agg(stage, reached_at), '{}') from stages),
        (select coalesce(jsonb_object_agg(step, jsonb_build_object('times', times, 'last_at', last_at)), '{}') from (
            select step, sum(times) as times, max(last_at) as last_at from funnel_steps where actor_id in (select actor_id from mine) group by 1) as f)
    from last_seen as l join mine using (actor_id);
end;
comment on function web.activity_of is 'One row: what is known of the activity of a visible customer. recent: events of the last 30 minutes by type. Needs events.read.';

revoke execute on function web.require_event_writer(bytea), web.keys_of_actors(jsonb, bytea), web.add_actor_keys(jsonb, bytea),
    web.store_events(jsonb, jsonb, bytea), web.write_key_of(bytea), web.write_keys(), web.add_write_key(text, text, text[], bytea, text),
    web.revoke_write_key(integer), web.customer_events(text, text[], text, bigint, bigint, integer), web.event_of(bigint),
    web.event_timeline_of(text, text[], timestamptz, bigint, integer), web.activity_of(text) from public;
grant execute on function web.keys_of_actors(jsonb, bytea), web.add_actor_keys(jsonb, bytea),
    web.store_events(jsonb, jsonb, bytea), web.write_key_of(bytea), web.write_keys(), web.add_write_key(text, text, text[], bytea, text),
    web.revoke_write_key(integer), web.customer_events(text, text[], text, bigint, bigint, integer), web.event_of(bigint),
    web.event_timeline_of(text, text[], timestamptz, bigint, integer), web.activity_of(text) to foresell_web;
