-- Who did what: rows that are only ever added, chained and signed by a sealer each second, anchored outside the database.

create schema audit;
comment on schema audit is 'Who did what. Rows are only added; seals make every later change visible.';
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
comment on table events is 'One row per action that must be accounted for. actor_id: the user; null for the command line and before sign-in. subject: the object of the action, such as batch:7. subject and detail hold ids, counts and hashes, never personal data. customer_count, customers_sha256: how many customers it concerns, and the SHA-256 of its rows in event_customer_blocks.';
create index events_at on events (at desc);
create index events_actor on events (actor_id, event_id desc);
create index events_action on events (action, event_id desc);

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

create table waiting (
    event_id bigint primary key
);
comment on table waiting is 'One row per event that is not sealed yet; normally those of the last second.';

create table seals (
    seal_id bigint primary key,
    sealed_at timestamptz not null,
    event_ids bigint[] not null check (cardinality(event_ids) > 0),
    row_hashes bytea not null check (length(row_hashes) = 32 * cardinality(event_ids)),
    previous bytea not null,
    hash bytea not null,
    signature bytea not null
);
comment on table seals is 'One row per sealing: which events, the SHA-256 of each as it was, the hash of the seal before, the hash of all that, and its ES256 signature.';

create function refuse() returns trigger
language plpgsql
as $$
begin
    raise restrict_violation using message = format('rows of audit.%s are only ever added', tg_table_name);
end $$;
comment on function refuse is 'Nobody changes or deletes what was recorded, the owner of the table included.';
create trigger only_added before update or delete or truncate on events for each statement execute function refuse();
create trigger only_added before update or delete or truncate on event_customer_blocks for each statement execute function refuse();
create trigger only_added before update or delete or truncate on seals for each statement execute function refuse();

create function stamp() returns trigger
language plpgsql
as $$
begin
    new.at := clock_timestamp();
    return new;
end $$;
comment on function stamp is 'The time of an event is the server''s, whatever the writer says.';
create trigger stamp before insert on events for each row execute function stamp();

create function wait_for_seal() returns trigger
language plpgsql security definer
set search_path = audit, pg_temp
as $$
begin
    insert into waiting select event_id from new_rows;
    return null;
end $$;
comment on function wait_for_seal is 'Every new event waits for its seal.';
create trigger wait_for_seal after insert on events
referencing new table as new_rows for each statement execute function wait_for_seal();

create function record(
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
    if actor is distinct from access.me() and actor is not null then
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
    values (new_event, actor, record.action, record.subject, record.detail, record.request_id, new_count, new_hash);
    return new_event;
end $$;
comment on function record is 'Record one event and the customers it concerns (in any order; the customer of the subject is always one); the only way to add either. actor: the user of the transaction, or null. Returns the event id.';

create function note(action text, subject text, detail jsonb, customers text[] default '{}') returns void
language sql
set search_path = audit, pg_temp
begin atomic
    select record(access.me(), note.action, note.subject, note.detail, null, note.customers);
end;
comment on function note is 'Record what the user of this transaction did, in the same transaction.';

create function note_batch() returns trigger
language plpgsql
as $$
begin
    perform audit.note(
        case when new.state = 'undone' then 'undo' else 'import' end,
        'batch:' || new.batch_id,
        jsonb_build_object('source', new.source, 'rows', new.rows, 'file_sha256', new.file_sha256)
    );
    return null;
end $$;
comment on function note_batch is 'Imports and undos are recorded where they happen, whoever causes them.';
create trigger audited after insert on truth.load_batches for each row execute function note_batch();
create trigger audited_undo after update on truth.load_batches for each row
when (old.state is distinct from new.state) execute function note_batch();

create function note_publication() returns trigger
language plpgsql
as $$
begin
    perform audit.note('publish', 'run:' || new.run_id, '{}');
    return null;
end $$;
comment on function note_publication is 'Publishing, and going back to an earlier run, is recorded where it happens.';
create trigger audited after insert or update on truth.publication for each row execute function note_publication();

create function note_kek() returns trigger
language plpgsql
as $$
begin
    perform audit.note(
        case when new.retired_at is null then 'key.made' else 'key.retired' end, 'key:' || new.kek_id, '{}'
    );
    return null;
end $$;
comment on function note_kek is 'The life of key-encryption keys is recorded where it happens.';
create trigger audited after insert or update on vault.keks for each row execute function note_kek();

-- The only way of the web to data keys: they are handed out and recorded in one step.
create function unlock(wanted text[], purpose text, request_id text)
returns table (customer_id text, record_id bigint, source text, source_key text, contact bytea, kek_id integer, wrapped bytea)
language plpgsql security definer
set search_path = audit, pg_temp
as $$
#variable_conflict use_column
declare
    concerned text[];
begin
    if not access.may(case purpose when 'reveal' then 'contacts.reveal' when 'export' then 'contacts.export' end) then
        raise insufficient_privilege using message = 'contact data is not for this user';
    end if;
    if purpose = 'reveal' and cardinality(wanted) <> 1 then
        raise insufficient_privilege using message = 'contact data is revealed one customer at a time';
    end if;
    concerned := array(
        select customer_id from truth.customers
        where customer_id = any (wanted)
            and ((select access.scope()) = 'all' or customer_id in (select access.customers_seen()))
    );
    perform audit.record(
        access.me(), 'contact.' || purpose, case when cardinality(wanted) = 1 then 'customer:' || wanted[1] end, '{}',
        unlock.request_id, concerned
    );
    return query
    select r.customer_id, r.record_id, r.source, r.source_key, r.contact, k.kek_id, k.wrapped
    from truth.customer_records as r join vault.subject_keys as k using (record_id)
    where r.customer_id = any (wanted) and r.contact is not null
        and ((select access.scope()) = 'all' or r.customer_id in (select access.customers_seen()))
    order by r.record_id;
end $$;
comment on function unlock is 'Grain: one record in reach of the wanted customers, with the key that opens it. purpose: reveal (one customer) or export; recorded as such.';

alter table events enable row level security;
alter table event_customer_blocks enable row level security;
alter table seals enable row level security;
alter table waiting enable row level security;
create policy app on events to foresell_app using (true);
create policy app on event_customer_blocks to foresell_app using (true);
create policy app on seals to foresell_app using (true);
create policy app on waiting to foresell_app using (true);
create policy look on events for select to foresell_web using ((select access.may('audit.read')));
create policy look on event_customer_blocks for select to foresell_web using ((select access.may('audit.read')));
create policy look on seals for select to foresell_web using ((select access.may('audit.read')));
create policy look on waiting for select to foresell_web using ((select access.may('audit.read')));

grant usage on schema audit to foresell_app, foresell_web;
grant select on events, event_customer_blocks, event_customers, seals, waiting to foresell_app, foresell_web;
grant insert on seals to foresell_app;
grant delete on waiting to foresell_app;
revoke execute on all functions in schema audit from public;
grant execute on function record(integer, text, text, jsonb, text, text[]), note(text, text, jsonb, text[]), unlock(text[], text, text), note_batch(), note_publication(), note_kek()
    to foresell_app, foresell_web;
