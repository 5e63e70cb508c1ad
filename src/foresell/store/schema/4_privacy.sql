-- The keys of encrypted contact data, one per customer record, and of notes, one per customer; and of events.

create schema privacy;
comment on schema privacy is 'Keys of contact data and notes. The console cannot read them; the web gets them only from audit.unlock_contacts, engagement.note_keys and engagement.key_of_notes.';
set search_path = privacy;

create table key_encryption_keys (
    kek_id integer primary key generated always as identity,
    created_at timestamptz not null default now(),
    retired_at timestamptz
);
comment on table key_encryption_keys is 'One row per key-encryption key; the key itself is a file of the home. retired_at: since then it wraps no data key, and its file is destroyed.';

create table data_keys (
    record_id bigint primary key,
    kek_id integer not null,
    wrapped_key bytea not null
);
comment on table data_keys is 'One row per customer record with contact data: its data key, wrapped by a key-encryption key. Deleting the row and retiring that key makes every copy of the contact data unreadable, backups included.';

create table customer_keys (
    customer_id text primary key,
    kek_id integer not null,
    wrapped_key bytea not null
);
comment on table customer_keys is 'One row per customer with a note: the key of the notes about them, wrapped by a key-encryption key; and, as `actor N`, one per person with something personal in their events. Deleting the row and retiring that key makes every copy of the notes and of that part of the events unreadable, backups included.';

create table erased_records (
    source text not null,
    source_key_hash bytea not null,
    erased_at timestamptz not null default now(),
    primary key (source, source_key_hash)
);
comment on table erased_records is 'One row per erased customer record. source_key_hash: keyed hash of its key, which the record has instead of the key, so that a later file does not restore the personal data.';

grant usage on schema privacy to foresell_app;
grant select on key_encryption_keys, data_keys, erased_records to foresell_app;
grant insert, update on key_encryption_keys to foresell_app;
grant insert, update, delete, truncate on data_keys to foresell_app;
grant update on sequence key_encryption_keys_kek_id_seq to foresell_app;
grant select, insert, update, delete on customer_keys to foresell_app;
grant insert on erased_records to foresell_app;
grant update (old_row) on core.superseded_rows to foresell_app;

