-- Notes of calls and tasks of follow-ups are encrypted with a key of their customer before they are sent to the database.
-- `foresell upgrade` encrypts the existing ones where it says so below, in the same transaction.

create table privacy.customer_keys (
    customer_id text primary key,
    kek_id integer not null,
    wrapped_key bytea not null
);
comment on table privacy.customer_keys is 'One row per customer with a note: the key of the notes about them, wrapped by a key-encryption key. Deleting the row and retiring that key makes every copy of the notes unreadable, backups included.';
comment on schema privacy is 'Keys of contact data and notes. The console cannot read them; the web gets them only from audit.unlock_contacts, engagement.note_keys and engagement.key_of_notes.';
comment on table privacy.erased_records is 'One row per erased customer record. source_key_hash: keyed hash of its key, which the record has instead of the key, so that a later file does not restore the personal data.';
grant select, insert, update, delete on privacy.customer_keys to foresell_app;

alter table engagement.calls add column sealed_note bytea check (length(sealed_note) between 30 and 9000);
alter table engagement.follow_ups add column sealed_task bytea check (length(sealed_task) between 30 and 900);

-- step seal_personal_data

alter table engagement.calls drop column note;
alter table engagement.follow_ups drop column task;
-- Writes the tables anew, so that no page holds a dropped column's text.
alter table engagement.calls alter column sealed_note type bytea using sealed_note || ''::bytea;
alter table engagement.follow_ups alter column sealed_task type bytea using sealed_task || ''::bytea;
alter table engagement.calls rename column sealed_note to note;
alter table engagement.follow_ups rename column sealed_task to task;
alter table engagement.calls rename constraint calls_sealed_note_check to calls_note_check;
alter table engagement.follow_ups rename constraint follow_ups_sealed_task_check to follow_ups_task_check;
comment on table engagement.calls is 'One row per logged call. undone_at: the call was undone and no longer counts. edited_at: when its outcome or note was last changed. note: encrypted with the customer''s key in privacy.customer_keys; erasing the customer clears it.';
comment on table engagement.follow_ups is 'One row per follow-up of a customer, who is on the call list from due_on until it is done. user_id: who set it. call_id: the call it was set with; undoing the call cancels it. done_call_id: the call that did it; undoing that call opens it again. task: what to do; encrypted with the customer''s key in privacy.customer_keys; erasing the customer clears it.';
grant insert (note), update (note) on engagement.calls to foresell_web;
grant insert (task) on engagement.follow_ups to foresell_web;

create function engagement.note_keys(customer_ids text[])
returns table (customer_id text, kek_id integer, wrapped_key bytea)
language sql stable security definer
set search_path = engagement, pg_temp
begin atomic
    select k.customer_id, k.kek_id, k.wrapped_key from privacy.customer_keys as k
    where k.customer_id = any (customer_ids) and (select access.has_permission('calls.read'))
        and ((select access.current_scope()) = 'all' or k.customer_id in (select access.visible_customer_ids()));
end;
comment on function engagement.note_keys is 'Grain: one visible customer of these with the wrapped key of the notes about them. Needs calls.read.';

create function engagement.lock_note_keys() returns void
language sql
begin atomic
    select pg_advisory_xact_lock_shared(hashtext('foresell notes'));
end;
comment on function engagement.lock_note_keys is 'Keeps the keys of notes until the transaction ends: an erasure or a rotation waits, and this waits for one. Taken before any row is locked.';

create function engagement.key_of_notes(about_customer text, new_kek_id integer default null, new_key bytea default null)
returns table (kek_id integer, wrapped_key bytea, is_new_kek boolean)
language plpgsql security definer
set search_path = engagement, pg_temp
as $$
#variable_conflict use_column
declare
    current_kek integer;
    is_new boolean := false;
begin
    if not (access.has_permission('calls.write') and access.can_see(about_customer)) then
        raise insufficient_privilege using message = 'the user may not write notes about this customer';
    end if;
    perform engagement.lock_note_keys();
    if new_key is not null then
        insert into privacy.customer_keys (customer_id, kek_id, wrapped_key)
        values (about_customer, new_kek_id, new_key) on conflict do nothing;
    end if;
    return query select k.kek_id, k.wrapped_key, false from privacy.customer_keys as k where k.customer_id = about_customer;
    if found then
        return;
    end if;
    select max(e.kek_id) into current_kek from privacy.key_encryption_keys as e where e.retired_at is null;
    if current_kek is null then
        lock table privacy.key_encryption_keys in share row exclusive mode;
        select max(e.kek_id) into current_kek from privacy.key_encryption_keys as e where e.retired_at is null;
    end if;
    if current_kek is null then
        insert into privacy.key_encryption_keys default values returning kek_id into current_kek;
        is_new := true;
    end if;
    return query select current_kek, null::bytea, is_new;
end $$;
comment on function engagement.key_of_notes is 'One row: the wrapped key of the notes about a customer, kept until the transaction ends. Without one: the number of the key-encryption key to wrap a new one by (is_new_kek: it is to be made first), and a null key; called again with the new key, it keeps that. Needs calls.write.';
revoke execute on function engagement.note_keys(text[]), engagement.lock_note_keys(), engagement.key_of_notes(text, integer, bytea)
    from public;
grant execute on function engagement.note_keys(text[]), engagement.lock_note_keys() to foresell_app, foresell_web;
grant execute on function engagement.key_of_notes(text, integer, bytea) to foresell_web;
