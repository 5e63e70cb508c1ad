-- A second factor for the roles that reach contact data, names only for roles that need them, limits a day, and contact
-- details for API keys only where an administrator granted it.

set search_path = access;

alter table roles add column requires_second_factor boolean not null default true;
alter table roles add column reveals_a_day integer check (reveals_a_day > 0);
alter table roles add column contact_exports_a_day integer check (contact_exports_a_day > 0);
comment on table roles is 'One row per role. scope: whose customers it may see (own, team or all); the widest scope of a user''s roles applies. requires_second_factor: its users set one up at their first sign-in. reveals_a_day, contact_exports_a_day: to how many customers'' contact details, and how many exports with them, a user has access in 24 hours; null: no limit; the highest of a user''s roles applies.';
update roles set requires_second_factor = exists (
    select from role_permissions as p where p.role = roles.role and p.permission in ('contacts.reveal', 'contacts.export'));
update roles set reveals_a_day = 300, contact_exports_a_day = 10 where requires_second_factor;

create policy manage on roles for update to foresell_web using ((select has_permission('users.manage')));
grant update (requires_second_factor, reveals_a_day, contact_exports_a_day) on roles to foresell_app, foresell_web;

alter table sessions drop constraint sessions_revoked_because_check;
alter table sessions add constraint sessions_revoked_because_check check (
    revoked_because in ('signed out', 'reuse', 'by user', 'by admin', 'password changed', 'second factor added'));

create function second_factor_due() returns boolean
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select exists (select from user_roles join roles using (role) where user_id = current_user_id() and requires_second_factor)
        and not exists (select from totp where user_id = current_user_id() and confirmed_at is not null)
        and not exists (select from passkeys where user_id = current_user_id())
        and not (
            coalesce(current_setting('foresell.single_user', true), '') = 'on'
            and (select count(*) from users where disabled_at is null) = 1);
end;
comment on function second_factor_due is 'Whether the user of this transaction has a role that requires a second factor, and none is set up. Not for the only user of an installation that serves its own machine (foresell.single_user).';
revoke execute on function second_factor_due() from public;
grant execute on function second_factor_due() to foresell_app, foresell_web;

create function most_a_day(what text) returns integer
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select case when count(*) = count(most) then max(most) end
    from (
        select case what when 'reveals' then reveals_a_day when 'contact exports' then contact_exports_a_day end as most
        from user_roles join roles using (role) join role_permissions as p using (role)
        where user_id = current_user_id()
            and p.permission = case what when 'reveals' then 'contacts.reveal' when 'contact exports' then 'contacts.export' end
    ) as limits;
end;
comment on function most_a_day is 'How many reveals or contact exports the roles of this transaction''s user allow in 24 hours; null: no limit.';
revoke execute on function most_a_day(text) from public;
grant execute on function most_a_day(text) to foresell_app, foresell_web;

drop function sign_in_states();
create function sign_in_states()
returns table (user_id integer, second_factor boolean, requires_second_factor boolean, last_seen_at timestamptz)
language sql stable security definer
set search_path = access, pg_temp
begin atomic
    select u.user_id,
        exists (select from totp as t where t.user_id = u.user_id and t.confirmed_at is not null)
            or exists (select from passkeys as p where p.user_id = u.user_id),
        exists (select from user_roles as r join roles using (role) where r.user_id = u.user_id and requires_second_factor),
        (select max(s.last_seen_at) from sessions as s where s.user_id = u.user_id)
    from users as u
    where has_permission('users.manage') or u.user_id = current_user_id();
end;
comment on function sign_in_states is 'Grain: one user, with whether a second factor is set up, whether a role requires one, and when the user was last active. Needs users.manage; without it only the current user.';
revoke execute on function sign_in_states() from public;
grant execute on function sign_in_states() to foresell_app, foresell_web;

create table api_key_grants (
    api_key_id integer primary key references api_keys,
    reason text not null check (btrim(reason) <> ''),
    granted_by integer references users,
    granted_at timestamptz not null default now()
);
comment on table api_key_grants is 'One row per API key that may show contact details (contacts.reveal), which no key may without: who granted it, and why.';
alter table api_key_grants enable row level security;
create policy app on api_key_grants to foresell_app using (true);
create policy own on api_key_grants for select to foresell_web using (api_key_id in (select api_key_id from api_keys));
create policy grant_reveal on api_key_grants for insert to foresell_web
with check ((select has_permission('keys.manage')) and granted_by = (select current_user_id()));
create policy withdraw on api_key_grants for delete to foresell_web using ((select has_permission('keys.manage')));
grant select, insert, delete on api_key_grants to foresell_app, foresell_web;

update api_keys set revoked_at = now() where revoked_at is null and permissions <@ array['contacts.reveal'];
update api_keys set permissions = array_remove(permissions, 'contacts.reveal')
where revoked_at is null and 'contacts.reveal' = any (permissions);
alter table api_keys add constraint api_keys_reveal_is_granted check (
    revoked_at is not null or 'contacts.reveal' <> all (permissions));
comment on table api_keys is 'One row per API key. key_hash: SHA-256. It grants what both its own permissions and those of its user allow; contacts.reveal only by a row of api_key_grants. hint: its first characters, to tell keys apart.';

insert into permissions (permission, description) values ('customers.names', 'See the names of customers.');
insert into role_permissions (role, permission)
select distinct role, 'customers.names' from role_permissions where permission in ('contacts.reveal', 'contacts.export', 'users.manage');

set search_path = web;

create function names_of(ids text[]) returns table (customer_id text, name text)
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    select r.customer_id, (array_agg(r.name order by r.record_id) filter (where r.name is not null))[1]
    from core.customer_records as r
    where r.customer_id = any (ids) and (select access.has_permission('customers.names'))
        and ((select access.current_scope()) = 'all' or r.customer_id in (select access.visible_customer_ids()))
    group by r.customer_id;
end;
comment on function names_of is 'Grain: one visible customer of these, with the first known name among the records. Needs customers.names.';

drop function find_customers(text, integer, bytea[]);
create function find_customers(
    search_text text, max_rows integer, contact_indexes bytea[] default '{}', by_name boolean default true
) returns setof text
language sql stable security definer
set search_path = core, pg_temp
begin atomic
    with query as (
        select coalesce(string_agg(
            '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & '
        ), '')::tsquery as words
        from unnest(to_tsvector('simple', search_text))
    ),
    matches as (
        select customer_id from core.customer_records
        where search @@ (select words from query) and by_name and (select access.has_permission('customers.names'))
        union
        select customer_id from core.customer_records where source_key = search_text
        union
        select customer_id from core.customers where customer_id = upper(search_text)
        union
        select customer_id from core.customer_records
        where email_index = any (contact_indexes) and access.has_permission('contacts.reveal')
        union
        select customer_id from core.customer_records
        where phone_index = any (contact_indexes) and access.has_permission('contacts.reveal')
    )
    select customer_id from matches
    where (select access.has_permission('customers.read'))
        and ((select access.current_scope()) = 'all' or customer_id in (select access.visible_customer_ids()))
    limit max_rows;
end;
comment on function find_customers is 'Grain: one visible customer with this source key or id or, by_name and with customers.names, whose name or source key has words with these prefixes. contact_indexes: blind indexes of an e-mail or phone to search, too; needs contacts.reveal.';
revoke execute on function names_of(text[]), find_customers(text, integer, bytea[], boolean) from public;
grant execute on function names_of(text[]), find_customers(text, integer, bytea[], boolean) to foresell_web;

revoke select on customer_records from foresell_web;
grant select (record_id, source, source_key, customer_id, city, region, postcode, country, signup_date, contact)
    on customer_records to foresell_web;

set search_path = audit;

create index events_reveals on events (actor_id, at) where action = 'contact.reveal';

create or replace function unlock_contacts(customer_ids text[], purpose text, request_id text)
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
