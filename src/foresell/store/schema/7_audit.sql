-- The audit log: append-only events, sealed every second in a signed hash chain that is anchored outside the database.

create schema audit;
comment on schema audit is 'The audit log. Append-only; seals make every later change detectable.';
set search_path = audit;

create table events (
    event_id bigint primary key generated always as identity,
    at timestamptz not null default clock_timestamp(),
    actor_id integer,
    via text not null default coalesce(nullif(current_setting('foresell.via', true), ''), 'command line')
        check (via in ('web', 'worker', 'command line')),
    action text not null check (action <> ''),
    subject text,
    detail jsonb not null default '{}',
    request_id text,
    customer_count integer not null default 0 check (customer_count >= 0),
    customers_sha256 bytea check ((customers_sha256 is null) = (customer_count = 0))
);
comment on table events is 'One row per audited action. actor_id: the user; null for the command line and before sign-in. subject: what the action affected, such as batch:7. subject and detail hold ids, counts and hashes, never personal data. customer_count, customers_sha256: how many customers it concerns, and the SHA-256 of its rows in event_customer_blocks.';
create index events_at on events (at desc);
create index events_actor on events (actor_id, event_id desc);
create index events_reveals on events (actor_id, at) where action = 'contact.reveal';
create index events_action on events (action, event_id desc);
create index events_action_at on events (action, at);

create table event_customer_blocks (
    event_id bigint not null,
    block text collate "C" not null,
    customer_ids text[] collate "C" not null check (cardinality(customer_ids) > 0),
    primary key (event_id, block)
);
comment on table event_customer_blocks is 'One row per event and block of a thousand customer numbers (C000123 is in block C000): those of the block that the event concerns, sorted. An export of every customer is 4 MB this way, and 90 MB with a row for each. An erased customer keeps its number here, without a name.';
create index event_customer_blocks_block on event_customer_blocks (block);

create view event_customers with (security_invoker = true) as
select event_id, unnest(customer_ids) as customer_id from event_customer_blocks;
comment on view event_customers is 'One row per event and customer it concerns: whose data was shown, exported or changed.';

create table unsealed_events (
    event_id bigint primary key
);
comment on table unsealed_events is 'One row per event that is not sealed yet, normally those of the last second.';

create table seals (
    seal_id bigint primary key,
    sealed_at timestamptz not null,
    event_ids bigint[] not null check (cardinality(event_ids) > 0),
    row_hashes bytea not null check (length(row_hashes) = 32 * cardinality(event_ids)),
    previous bytea not null,
    hash bytea not null,
    signature bytea not null
);
comment on table seals is 'One row per seal. row_hashes: the SHA-256 of each event. previous: the hash of the seal before. hash: over all of these; signature: ES256, of the hash.';

create function refuse_change() returns trigger
language plpgsql
as $$
begin
    raise restrict_violation using message = format('audit.%s is append-only', tg_table_name);
end $$;
comment on function refuse_change is 'Recorded rows cannot be changed or deleted, not even by the owner of the table.';
create trigger append_only before update or delete or truncate on events for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on event_customer_blocks for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on seals for each statement execute function refuse_change();

create function set_event_time() returns trigger
language plpgsql
as $$
begin
    new.at := clock_timestamp();
    return new;
end $$;
comment on function set_event_time is 'The time of an event is always the server''s.';
create trigger set_event_time before insert on events for each row execute function set_event_time();

create function add_unsealed_event() returns trigger
language plpgsql security definer
set search_path = audit, pg_temp
as $$
begin
    insert into unsealed_events select event_id from new_rows;
    return null;
end $$;
comment on function add_unsealed_event is 'Marks every new event as not sealed yet.';
create trigger add_unsealed_event after insert on events
referencing new table as new_rows for each statement execute function add_unsealed_event();

create function record_event(
    actor integer, action text, subject text, detail jsonb, request_id text, customers text[]
) returns bigint
language plpgsql security definer
set search_path = audit, pg_temp
as $$
declare
    new_event bigint := nextval('audit.events_event_id_seq');
    new_count integer;
    new_hash bytea;
begin
    if actor is distinct from access.current_user_id() and actor is not null then
        raise insufficient_privilege using message = 'an event is recorded for the user of the transaction only';
    end if;
    if subject like 'customer:%' then
        customers := customers || substr(subject, 10);
    end if;
    insert into audit.event_customer_blocks
    select new_event, left(id, -3), array_agg(distinct id collate "C" order by id collate "C")
    from unnest(customers) as id group by left(id, -3);
    select coalesce(sum(cardinality(customer_ids)), 0),
        sha256(convert_to(string_agg(block || ':' || array_to_string(customer_ids, ','), ';' order by block), 'UTF8'))
    into new_count, new_hash
    from audit.event_customer_blocks where event_id = new_event;
    insert into audit.events (
        event_id, actor_id, action, subject, detail, request_id, customer_count, customers_sha256
    ) overriding system value
    values (
        new_event, actor, record_event.action, record_event.subject, record_event.detail, record_event.request_id,
        new_count, new_hash
    );
    return new_event;
end $$;
comment on function record_event is 'Records one event and the customers it concerns (in any order; the customer of the subject is always one); the only way to add either. actor: the user of the transaction, or null. Returns the event id.';

create function record_action(action text, subject text, detail jsonb, customers text[] default '{}') returns void
language sql
set search_path = audit, pg_temp
begin atomic
    select record_event(
        access.current_user_id(), record_action.action, record_action.subject, record_action.detail, null,
        record_action.customers
    );
end;
comment on function record_action is 'Records an action of the current user, in the same transaction.';

create function record_batch() returns trigger
language plpgsql
as $$
begin
    perform audit.record_action(
        case when new.state = 'undone' then 'undo' else 'import' end,
        'batch:' || new.batch_id,
        jsonb_build_object('source', new.source, 'record_type', new.record_type, 'file_sha256', new.file_sha256)
    );
    return null;
end $$;
comment on function record_batch is 'Records every import and undo.';
create trigger recorded after insert on core.load_batches for each row execute function record_batch();
create trigger recorded_undo after update on core.load_batches for each row
when (old.state is distinct from new.state) execute function record_batch();

create function record_publication() returns trigger
language plpgsql
as $$
begin
    perform audit.record_action('publish', 'run:' || new.run_id, '{}');
    return null;
end $$;
comment on function record_publication is 'Records every publication of a run, rollbacks included.';
create trigger recorded after insert or update on core.publication for each row execute function record_publication();

create function record_key() returns trigger
language plpgsql
as $$
begin
    perform audit.record_action(
        case when new.retired_at is null then 'key.created' else 'key.retired' end, 'key:' || new.kek_id, '{}'
    );
    return null;
end $$;
comment on function record_key is 'Records the creation and retirement of key-encryption keys.';
create trigger recorded after insert or update on privacy.key_encryption_keys for each row execute function record_key();

-- The web gets data keys only from this function, which records the access in the same step.
create function unlock_contacts(customer_ids text[], purpose text, request_id text)
returns table (customer_id text, record_id bigint, source text, source_key text, contact bytea, kek_id integer, wrapped_key bytea)
language plpgsql security definer
set search_path = audit, pg_temp
as $$
#variable_conflict use_column
declare
    visible text[];
    most integer;
begin
    if not access.has_permission(case purpose when 'reveal' then 'contacts.reveal' when 'export' then 'contacts.export' end) then
        raise insufficient_privilege using message = 'the user has no permission for contact data';
    end if;
    if purpose = 'reveal' then
        if cardinality(customer_ids) <> 1 then
            raise insufficient_privilege using message = 'contact data is revealed one customer at a time';
        end if;
        most := access.most_a_day('reveals');
        if most <= (
            select count(distinct subject) from audit.events
            where actor_id = access.current_user_id() and action = 'contact.reveal' and at > now() - interval '1 day'
                and subject <> 'customer:' || customer_ids[1]
        ) then
            raise sqlstate 'FS429' using message = format('%s', most);
        end if;
    end if;
    visible := array(
        select c.customer_id from core.customers as c
        where c.customer_id = any (customer_ids)
            and ((select access.current_scope()) = 'all' or c.customer_id in (select access.visible_customer_ids()))
    );
    perform audit.record_event(
        access.current_user_id(), 'contact.' || purpose,
        case when cardinality(customer_ids) = 1 then 'customer:' || customer_ids[1] end, '{}',
        unlock_contacts.request_id, visible
    );
    return query
    select r.customer_id, r.record_id, r.source, r.source_key, r.contact, k.kek_id, k.wrapped_key
    from core.customer_records as r join privacy.data_keys as k using (record_id)
    where r.customer_id = any (customer_ids) and r.contact is not null
        and ((select access.current_scope()) = 'all' or r.customer_id in (select access.visible_customer_ids()))
    order by r.record_id;
end $$;
comment on function unlock_contacts is 'Grain: one visible record of these customers with its wrapped data key. purpose: reveal (one customer) or export; recorded as such. SQLSTATE FS429, with the limit as its message, when the user saw the details of as many other customers in 24 hours as the roles allow.';

alter table events enable row level security;
alter table event_customer_blocks enable row level security;
alter table seals enable row level security;
alter table unsealed_events enable row level security;
create policy app on events to foresell_app using (true);
create policy app on event_customer_blocks to foresell_app using (true);
create policy app on seals to foresell_app using (true);
create policy app on unsealed_events to foresell_app using (true);
create policy read on events for select to foresell_web using ((select access.has_permission('audit.read')));
create policy read on event_customer_blocks for select to foresell_web using ((select access.has_permission('audit.read')));
create policy read on seals for select to foresell_web using ((select access.has_permission('audit.read')));
create policy read on unsealed_events for select to foresell_web using ((select access.has_permission('audit.read')));

grant usage on schema audit to foresell_app, foresell_web;
grant select on events, event_customer_blocks, event_customers, seals, unsealed_events to foresell_app, foresell_web;
grant insert on seals to foresell_app;
grant delete on unsealed_events to foresell_app;
revoke execute on all functions in schema audit from public;
grant execute on function record_event(integer, text, text, jsonb, text, text[]), record_action(text, text, jsonb, text[]),
    unlock_contacts(text[], text, text), record_batch(), record_publication(), record_key()
    to foresell_app, foresell_web;
