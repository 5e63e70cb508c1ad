SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA access;
ALTER SCHEMA access OWNER TO foresell_owner;
COMMENT ON SCHEMA access IS 'Users and their permissions. Row security policies call current_user_id, current_scope, has_permission and can_see.';
CREATE SCHEMA api;
ALTER SCHEMA api OWNER TO foresell_owner;
COMMENT ON SCHEMA api IS 'Idempotency keys and live events.';
CREATE SCHEMA audit;
ALTER SCHEMA audit OWNER TO foresell_owner;
COMMENT ON SCHEMA audit IS 'The audit log. Append-only; seals make every later change detectable.';
CREATE SCHEMA core;
ALTER SCHEMA core OWNER TO foresell_owner;
COMMENT ON SCHEMA core IS 'The system of record. Everything shown is computed from it.';
CREATE SCHEMA delivery;
ALTER SCHEMA delivery OWNER TO foresell_owner;
COMMENT ON SCHEMA delivery IS 'Data that leaves the system.';
CREATE SCHEMA engagement;
ALTER SCHEMA engagement OWNER TO foresell_owner;
COMMENT ON SCHEMA engagement IS 'What users do with the scores. Row security: a user''s own rows, or those of visible customers.';
CREATE SCHEMA jobs;
ALTER SCHEMA jobs OWNER TO foresell_owner;
COMMENT ON SCHEMA jobs IS 'Jobs of the worker with their progress and results, and uploaded files.';
CREATE SCHEMA privacy;
ALTER SCHEMA privacy OWNER TO foresell_owner;
COMMENT ON SCHEMA privacy IS 'Keys of the contact data. The console cannot read them; the web gets them only from audit.unlock_contacts.';
CREATE SCHEMA web;
ALTER SCHEMA web OWNER TO foresell_owner;
COMMENT ON SCHEMA web IS 'What the API may read of customers: the same rows as in core, behind row security.';
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE access.users (
    user_id integer NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    team_id integer,
    preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    CONSTRAINT users_email_check CHECK (((email = lower(email)) AND (email ~~ '%_@_%'::text))),
    CONSTRAINT users_name_check CHECK ((name <> ''::text))
);
ALTER TABLE access.users OWNER TO foresell_owner;
COMMENT ON TABLE access.users IS 'One row per user. Never deleted, so that the audit log keeps its names; a user with disabled_at has no access.';
CREATE FUNCTION access.current_user_id() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT users.user_id
    FROM access.users
   WHERE ((users.user_id = (NULLIF(current_setting('foresell.user_id'::text, true), ''::text))::integer) AND (users.disabled_at IS NULL));
END;
ALTER FUNCTION access.current_user_id() OWNER TO foresell_owner;
COMMENT ON FUNCTION access.current_user_id() IS 'The user this transaction acts for; null when there is none or the user is disabled.';
CREATE TABLE access.roles (
    role text NOT NULL,
    scope text NOT NULL,
    description text NOT NULL,
    CONSTRAINT roles_scope_check CHECK ((scope = ANY (ARRAY['own'::text, 'team'::text, 'all'::text])))
);
ALTER TABLE access.roles OWNER TO foresell_owner;
COMMENT ON TABLE access.roles IS 'One row per role. scope: whose customers it may see (own, team or all); the widest scope of a user''s roles applies.';
CREATE TABLE access.user_roles (
    user_id integer NOT NULL,
    role text NOT NULL
);
ALTER TABLE access.user_roles OWNER TO foresell_owner;
COMMENT ON TABLE access.user_roles IS 'One row per user and role of that user.';
CREATE FUNCTION access.current_scope() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT COALESCE(( SELECT r.scope
            FROM (access.user_roles u
              JOIN access.roles r USING (role))
           WHERE (u.user_id = access.current_user_id())
           ORDER BY (array_position(ARRAY['all'::text, 'team'::text, 'own'::text], r.scope))
          LIMIT 1), 'none'::text) AS "coalesce";
END;
ALTER FUNCTION access.current_scope() OWNER TO foresell_owner;
COMMENT ON FUNCTION access.current_scope() IS 'Whose customers this transaction may see: none, own, team or all.';
CREATE FUNCTION access.current_team_id() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT users.team_id
    FROM access.users
   WHERE (users.user_id = access.current_user_id());
END;
ALTER FUNCTION access.current_team_id() OWNER TO foresell_owner;
COMMENT ON FUNCTION access.current_team_id() IS 'The team of the user of this transaction, or null.';
CREATE FUNCTION access.visible_user_ids() RETURNS SETOF integer
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT u.user_id
    FROM access.users u
   WHERE
         CASE access.current_scope()
             WHEN 'all'::text THEN true
             WHEN 'team'::text THEN ((u.user_id = access.current_user_id()) OR (u.team_id = access.current_team_id()))
             WHEN 'own'::text THEN (u.user_id = access.current_user_id())
             ELSE false
         END;
END;
ALTER FUNCTION access.visible_user_ids() OWNER TO foresell_owner;
COMMENT ON FUNCTION access.visible_user_ids() IS 'Grain: one user whose customers and calls this transaction may see, the current user included.';
CREATE TABLE access.customer_owners (
    customer_id text NOT NULL,
    user_id integer NOT NULL,
    assigned_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE access.customer_owners OWNER TO foresell_owner;
COMMENT ON TABLE access.customer_owners IS 'One row per customer with an owner. The row may outlive the customer (ids are never reused), so customer_id is not a foreign key.';
CREATE FUNCTION access.can_see(customer text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT ((access.current_scope() = 'all'::text) OR (EXISTS ( SELECT
            FROM access.customer_owners
           WHERE ((customer_owners.customer_id = can_see.customer) AND (customer_owners.user_id IN ( SELECT access.visible_user_ids() AS visible_user_ids))))));
END;
ALTER FUNCTION access.can_see(customer text) OWNER TO foresell_owner;
COMMENT ON FUNCTION access.can_see(customer text) IS 'Whether this transaction may see one customer.';
CREATE TABLE access.auth_challenges (
    token_hash bytea NOT NULL,
    kind text NOT NULL,
    user_id integer,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT auth_challenges_kind_check CHECK ((kind = ANY (ARRAY['second factor'::text, 'passkey'::text, 'new passkey'::text, 'oidc'::text])))
);
ALTER TABLE access.auth_challenges OWNER TO foresell_owner;
COMMENT ON TABLE access.auth_challenges IS 'One row per sign-in that waits for its next step, which deletes it.';
CREATE FUNCTION access.delete_expired_challenges() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 DELETE FROM access.auth_challenges
   WHERE (auth_challenges.expires_at < (now() - '00:05:00'::interval));
END;
ALTER FUNCTION access.delete_expired_challenges() OWNER TO foresell_owner;
COMMENT ON FUNCTION access.delete_expired_challenges() IS 'Deletes expired challenges, which row security shows to their holders only.';
CREATE TABLE access.role_permissions (
    role text NOT NULL,
    permission text NOT NULL
);
ALTER TABLE access.role_permissions OWNER TO foresell_owner;
COMMENT ON TABLE access.role_permissions IS 'One row per role and permission it grants.';
CREATE FUNCTION access.has_permission(wanted text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT (EXISTS ( SELECT
            FROM (access.user_roles u
              JOIN access.role_permissions r USING (role))
           WHERE ((u.user_id = access.current_user_id()) AND (r.permission = has_permission.wanted)))) AS "exists";
END;
ALTER FUNCTION access.has_permission(wanted text) OWNER TO foresell_owner;
COMMENT ON FUNCTION access.has_permission(wanted text) IS 'Whether the user of this transaction has a permission.';
CREATE FUNCTION access.protect_managed_columns() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'access', 'pg_temp'
    AS $$
begin
    if current_user = 'foresell_web' and not has_permission('users.manage') then
        raise insufficient_privilege using message = 'changing the team or state of a user needs the permission users.manage';
    end if;
    return new;
end $$;
ALTER FUNCTION access.protect_managed_columns() OWNER TO foresell_owner;
COMMENT ON FUNCTION access.protect_managed_columns() IS 'Users may change their own name, e-mail and preferences, but not their team or whether they are disabled.';
CREATE TABLE access.devices (
    token_hash bytea NOT NULL,
    user_id integer NOT NULL,
    known_since timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE access.devices OWNER TO foresell_owner;
COMMENT ON TABLE access.devices IS 'One row per device on which a user has signed in: failed attempts from elsewhere do not lock it out.';
CREATE TABLE access.passkeys (
    credential_id bytea NOT NULL,
    user_id integer NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT passkeys_name_check CHECK ((name <> ''::text))
);
ALTER TABLE access.passkeys OWNER TO foresell_owner;
COMMENT ON TABLE access.passkeys IS 'One row per passkey. sign_count: only increases; a passkey with a smaller count is a copy and is refused.';
CREATE TABLE access.recovery_codes (
    user_id integer NOT NULL,
    code_hash bytea NOT NULL,
    used_at timestamp with time zone
);
ALTER TABLE access.recovery_codes OWNER TO foresell_owner;
COMMENT ON TABLE access.recovery_codes IS 'One row per recovery code of the newest set; each can be used once.';
CREATE TABLE access.sessions (
    session_id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id integer NOT NULL,
    signed_in_by text NOT NULL,
    device text NOT NULL,
    network cidr,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    second_factor_at timestamp with time zone,
    revoked_at timestamp with time zone,
    revoked_because text,
    CONSTRAINT sessions_revoked_because_check CHECK ((revoked_because = ANY (ARRAY['signed out'::text, 'reuse'::text, 'by user'::text, 'by admin'::text, 'password changed'::text]))),
    CONSTRAINT sessions_signed_in_by_check CHECK ((signed_in_by = ANY (ARRAY['password'::text, 'passkey'::text, 'link'::text, 'oidc'::text])))
);
ALTER TABLE access.sessions OWNER TO foresell_owner;
COMMENT ON TABLE access.sessions IS 'One row per sign-in on one device. network: the /24 (IPv4) or /48 (IPv6) of the client. second_factor_at: the last re-authentication (step-up).';
CREATE TABLE access.totp (
    user_id integer NOT NULL,
    secret bytea NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL
);
ALTER TABLE access.totp OWNER TO foresell_owner;
COMMENT ON TABLE access.totp IS 'One row per authenticator app. secret: encrypted with a key of the home. last_step: the newest 30-second step a code was accepted for, so that no code is accepted twice.';
CREATE FUNCTION access.reset_user(wanted integer, factors boolean) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 UPDATE access.sessions SET revoked_at = now(), revoked_because = 'by admin'::text
   WHERE ((sessions.user_id = reset_user.wanted) AND (sessions.revoked_at IS NULL) AND access.has_permission('users.manage'::text));
 DELETE FROM access.devices
   WHERE ((devices.user_id = reset_user.wanted) AND access.has_permission('users.manage'::text));
 DELETE FROM access.totp
   WHERE ((totp.user_id = reset_user.wanted) AND reset_user.factors AND access.has_permission('users.manage'::text));
 DELETE FROM access.recovery_codes
   WHERE ((recovery_codes.user_id = reset_user.wanted) AND reset_user.factors AND access.has_permission('users.manage'::text));
 DELETE FROM access.passkeys
   WHERE ((passkeys.user_id = reset_user.wanted) AND reset_user.factors AND access.has_permission('users.manage'::text));
END;
ALTER FUNCTION access.reset_user(wanted integer, factors boolean) OWNER TO foresell_owner;
COMMENT ON FUNCTION access.reset_user(wanted integer, factors boolean) IS 'Ends a user''s sessions and deletes the known devices; with factors, also the authenticator app, recovery codes and passkeys. Needs users.manage.';
CREATE FUNCTION access.sign_in_states() RETURNS TABLE(user_id integer, second_factor boolean, last_seen_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT u.user_id,
     ((EXISTS ( SELECT
            FROM access.totp t
           WHERE ((t.user_id = u.user_id) AND (t.confirmed_at IS NOT NULL)))) OR (EXISTS ( SELECT
            FROM access.passkeys p
           WHERE (p.user_id = u.user_id)))),
     ( SELECT max(s.last_seen_at) AS max
            FROM access.sessions s
           WHERE (s.user_id = u.user_id)) AS max
    FROM access.users u
   WHERE (access.has_permission('users.manage'::text) OR (u.user_id = access.current_user_id()));
END;
ALTER FUNCTION access.sign_in_states() OWNER TO foresell_owner;
COMMENT ON FUNCTION access.sign_in_states() IS 'Grain: one user, with whether a second factor is set up and when the user was last active. Needs users.manage; without it only the current user.';
CREATE FUNCTION access.user_id_of_email(wanted text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT users.user_id
    FROM access.users
   WHERE ((users.email = lower(user_id_of_email.wanted)) AND (users.disabled_at IS NULL));
END;
ALTER FUNCTION access.user_id_of_email(wanted text) OWNER TO foresell_owner;
COMMENT ON FUNCTION access.user_id_of_email(wanted text) IS 'The enabled user with this e-mail, for sign-in, before a user is known.';
CREATE TABLE access.oidc_accounts (
    provider text NOT NULL,
    subject text NOT NULL,
    user_id integer NOT NULL,
    linked_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE access.oidc_accounts OWNER TO foresell_owner;
COMMENT ON TABLE access.oidc_accounts IS 'One row per account at an OpenID Connect provider that signs a user in.';
CREATE FUNCTION access.user_id_of_oidc_account(of_provider text, of_subject text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT oidc_accounts.user_id
    FROM access.oidc_accounts
   WHERE ((oidc_accounts.provider = user_id_of_oidc_account.of_provider) AND (oidc_accounts.subject = user_id_of_oidc_account.of_subject));
END;
ALTER FUNCTION access.user_id_of_oidc_account(of_provider text, of_subject text) OWNER TO foresell_owner;
COMMENT ON FUNCTION access.user_id_of_oidc_account(of_provider text, of_subject text) IS 'The user that an account at an OpenID Connect provider signs in.';
CREATE TABLE access.api_keys (
    api_key_id integer NOT NULL,
    user_id integer NOT NULL,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    hint text NOT NULL,
    permissions text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_keys_check CHECK ((expires_at <= (created_at + '366 days'::interval))),
    CONSTRAINT api_keys_name_check CHECK ((name <> ''::text)),
    CONSTRAINT api_keys_permissions_check CHECK ((cardinality(permissions) > 0))
);
ALTER TABLE access.api_keys OWNER TO foresell_owner;
COMMENT ON TABLE access.api_keys IS 'One row per API key. key_hash: SHA-256. It grants what both its own permissions and those of its user allow. hint: its first characters, to tell keys apart.';
CREATE TABLE access.login_links (
    token_hash bytea NOT NULL,
    user_id integer NOT NULL,
    loopback_only boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);
ALTER TABLE access.login_links OWNER TO foresell_owner;
COMMENT ON TABLE access.login_links IS 'One row per one-time sign-in link. loopback_only: accepted only from the machine itself.';
CREATE TABLE access.refresh_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    issued_at timestamp with time zone DEFAULT now() NOT NULL,
    used_at timestamp with time zone
);
ALTER TABLE access.refresh_tokens OWNER TO foresell_owner;
COMMENT ON TABLE access.refresh_tokens IS 'One row per refresh token of a session, as SHA-256. Each can be used once; a reused token ends the session.';
CREATE FUNCTION access.user_id_of_secret(what text, secret bytea) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT
         CASE what
             WHEN 'refresh token'::text THEN ( SELECT s.user_id
                FROM (access.refresh_tokens
                  JOIN access.sessions s USING (session_id))
               WHERE (refresh_tokens.token_hash = user_id_of_secret.secret))
             WHEN 'link'::text THEN ( SELECT login_links.user_id
                FROM access.login_links
               WHERE (login_links.token_hash = user_id_of_secret.secret))
             WHEN 'api key'::text THEN ( SELECT api_keys.user_id
                FROM access.api_keys
               WHERE (api_keys.key_hash = user_id_of_secret.secret))
             WHEN 'passkey'::text THEN ( SELECT passkeys.user_id
                FROM access.passkeys
               WHERE (passkeys.credential_id = user_id_of_secret.secret))
             ELSE NULL::integer
         END AS "case";
END;
ALTER FUNCTION access.user_id_of_secret(what text, secret bytea) OWNER TO foresell_owner;
COMMENT ON FUNCTION access.user_id_of_secret(what text, secret bytea) IS 'The user a secret belongs to; whether it is still valid is checked acting for that user.';
CREATE FUNCTION access.visible_customer_ids() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'access', 'pg_temp'
    BEGIN ATOMIC
 SELECT customer_owners.customer_id
    FROM access.customer_owners
   WHERE (customer_owners.user_id IN ( SELECT access.visible_user_ids() AS visible_user_ids));
END;
ALTER FUNCTION access.visible_customer_ids() OWNER TO foresell_owner;
COMMENT ON FUNCTION access.visible_customer_ids() IS 'Grain: one visible customer with an owner. For lists; with scope all, customers without an owner are visible, too.';
CREATE TABLE api.live_events (
    event_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    permission text,
    customer_id text,
    user_id integer,
    CONSTRAINT live_events_kind_check CHECK ((kind ~ '^[a-z_]+$'::text))
);
ALTER TABLE api.live_events OWNER TO foresell_owner;
COMMENT ON TABLE api.live_events IS 'One row per event that open pages receive, in commit order. Recipients: users who have the permission, can see customer_id and are user_id; null restricts nothing. payload: ids and counts, never personal data. Kept for seven days.';
CREATE FUNCTION api.newest_event_id() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'api', 'pg_temp'
    BEGIN ATOMIC
 SELECT COALESCE(max(live_events.event_id), (0)::bigint) AS "coalesce"
    FROM api.live_events;
END;
ALTER FUNCTION api.newest_event_id() OWNER TO foresell_owner;
COMMENT ON FUNCTION api.newest_event_id() IS 'The id of the last event for any recipient: where a new stream starts.';
CREATE FUNCTION api.notify_assignment() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('foresell', 'customers_assigned');
    return null;
end $$;
ALTER FUNCTION api.notify_assignment() OWNER TO foresell_owner;
COMMENT ON FUNCTION api.notify_assignment() IS 'Tells every process that caches customer visibility to clear its cache.';
CREATE FUNCTION api.publish_event(kind text, payload jsonb DEFAULT '{}'::jsonb, permission text DEFAULT NULL::text, customer_id text DEFAULT NULL::text, user_id integer DEFAULT NULL::integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'api', 'pg_temp'
    AS $$
begin
    -- One writer at a time until it commits: a reader that has seen event n has not missed an earlier one.
    perform pg_advisory_xact_lock(hashtext('api.live_events'));
    insert into live_events (kind, payload, permission, customer_id, user_id)
    values (publish_event.kind, publish_event.payload, publish_event.permission, publish_event.customer_id, publish_event.user_id);
    perform pg_notify('foresell', publish_event.kind);
end $$;
ALTER FUNCTION api.publish_event(kind text, payload jsonb, permission text, customer_id text, user_id integer) OWNER TO foresell_owner;
COMMENT ON FUNCTION api.publish_event(kind text, payload jsonb, permission text, customer_id text, user_id integer) IS 'Adds a live event and wakes every process that streams events. Call it as the last statement of a transaction.';
CREATE FUNCTION api.publish_run_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform api.publish_event('run_published', jsonb_build_object('run_id', new.run_id));
    return null;
end $$;
ALTER FUNCTION api.publish_run_event() OWNER TO foresell_owner;
COMMENT ON FUNCTION api.publish_run_event() IS 'Announces every newly published run.';
CREATE FUNCTION api.publish_undo_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform api.publish_event('batch_undone', jsonb_build_object('batch_id', new.batch_id), 'quality.read');
    return null;
end $$;
ALTER FUNCTION api.publish_undo_event() OWNER TO foresell_owner;
COMMENT ON FUNCTION api.publish_undo_event() IS 'Announces every undone batch; at commit, because publish_event blocks other publishers until then.';
CREATE FUNCTION audit.add_unsealed_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'audit', 'pg_temp'
    AS $$
begin
    insert into unsealed_events select event_id from new_rows;
    return null;
end $$;
ALTER FUNCTION audit.add_unsealed_event() OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.add_unsealed_event() IS 'Marks every new event as not sealed yet.';
CREATE FUNCTION audit.record_event(actor integer, action text, subject text, detail jsonb, request_id text, customers text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'audit', 'pg_temp'
    AS $$
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
ALTER FUNCTION audit.record_event(actor integer, action text, subject text, detail jsonb, request_id text, customers text[]) OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.record_event(actor integer, action text, subject text, detail jsonb, request_id text, customers text[]) IS 'Records one event and the customers it concerns (in any order; the customer of the subject is always one); the only way to add either. actor: the user of the transaction, or null. Returns the event id.';
CREATE FUNCTION audit.record_action(action text, subject text, detail jsonb, customers text[] DEFAULT '{}'::text[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'audit', 'pg_temp'
    BEGIN ATOMIC
 SELECT audit.record_event(access.current_user_id(), action, subject, detail, NULL::text, customers) AS record_event;
END;
ALTER FUNCTION audit.record_action(action text, subject text, detail jsonb, customers text[]) OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.record_action(action text, subject text, detail jsonb, customers text[]) IS 'Records an action of the current user, in the same transaction.';
CREATE FUNCTION audit.record_batch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform audit.record_action(
        case when new.state = 'undone' then 'undo' else 'import' end,
        'batch:' || new.batch_id,
        jsonb_build_object('source', new.source, 'record_type', new.record_type, 'file_sha256', new.file_sha256)
    );
    return null;
end $$;
ALTER FUNCTION audit.record_batch() OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.record_batch() IS 'Records every import and undo.';
CREATE FUNCTION audit.record_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform audit.record_action(
        case when new.retired_at is null then 'key.created' else 'key.retired' end, 'key:' || new.kek_id, '{}'
    );
    return null;
end $$;
ALTER FUNCTION audit.record_key() OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.record_key() IS 'Records the creation and retirement of key-encryption keys.';
CREATE FUNCTION audit.record_publication() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform audit.record_action('publish', 'run:' || new.run_id, '{}');
    return null;
end $$;
ALTER FUNCTION audit.record_publication() OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.record_publication() IS 'Records every publication of a run, rollbacks included.';
CREATE FUNCTION audit.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise restrict_violation using message = format('audit.%s is append-only', tg_table_name);
end $$;
ALTER FUNCTION audit.refuse_change() OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.refuse_change() IS 'Recorded rows cannot be changed or deleted, not even by the owner of the table.';
CREATE FUNCTION audit.set_event_time() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.at := clock_timestamp();
    return new;
end $$;
ALTER FUNCTION audit.set_event_time() OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.set_event_time() IS 'The time of an event is always the server''s.';
CREATE FUNCTION audit.unlock_contacts(customer_ids text[], purpose text, request_id text) RETURNS TABLE(customer_id text, record_id bigint, source text, source_key text, contact bytea, kek_id integer, wrapped_key bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'audit', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    visible text[];
begin
    if not access.has_permission(case purpose when 'reveal' then 'contacts.reveal' when 'export' then 'contacts.export' end) then
        raise insufficient_privilege using message = 'the user has no permission for contact data';
    end if;
    if purpose = 'reveal' and cardinality(customer_ids) <> 1 then
        raise insufficient_privilege using message = 'contact data is revealed one customer at a time';
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
ALTER FUNCTION audit.unlock_contacts(customer_ids text[], purpose text, request_id text) OWNER TO foresell_owner;
COMMENT ON FUNCTION audit.unlock_contacts(customer_ids text[], purpose text, request_id text) IS 'Grain: one visible record of these customers with its wrapped data key. purpose: reveal (one customer) or export; recorded as such.';
CREATE FUNCTION core.check_not_referenced() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'core'
    AS $_$
declare
    i integer := 0;
    child text;
begin
    while i < tg_nargs loop
        execute format(
            'select o.%1$I::text from old_rows as o
             where exists (select from %2$I as child where child.%3$I = o.%1$I)
             and not exists (select from %4$I as kept where kept.%1$I = o.%1$I) limit 1',
            tg_argv[i], tg_argv[i + 1], tg_argv[i + 2], tg_table_name
        ) into child;
        if child is not null then
            raise foreign_key_violation using message = format(
                '%s %s is still used by %s', tg_table_name, child, tg_argv[i + 1]);
        end if;
        i := i + 3;
    end loop;
    return null;
end $_$;
ALTER FUNCTION core.check_not_referenced() OWNER TO foresell_owner;
COMMENT ON FUNCTION core.check_not_referenced() IS 'The other half of check_references: a row that is referenced cannot be deleted or renumbered.';
CREATE FUNCTION core.check_references() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'core'
    SET work_mem TO '256MB'
    AS $_$
declare
    -- Arguments in threes: column of this table, referenced table, column of that table.
    -- min() instead of limit 1: with a limit the planner looks up each row separately, three times slower.
    i integer := 0;
    orphan text;
begin
    while i < tg_nargs loop
        execute format(
            'select min(n.%1$I)::text from new_rows as n where n.%1$I is not null
             and not exists (select from %2$I as parent where parent.%3$I = n.%1$I)',
            tg_argv[i], tg_argv[i + 1], tg_argv[i + 2]
        ) into orphan;
        if orphan is not null then
            raise foreign_key_violation using message = format(
                '%s.%s refers to %s, which is not in %s', tg_table_name, tg_argv[i], orphan, tg_argv[i + 1]);
        end if;
        i := i + 3;
    end loop;
    return null;
end $_$;
ALTER FUNCTION core.check_references() OWNER TO foresell_owner;
COMMENT ON FUNCTION core.check_references() IS 'Enforces foreign keys once per statement: 8 times cheaper than row by row on bulk loads.';
CREATE FUNCTION core.insert_segment_rules(rules jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'core', 'pg_temp'
    AS $$
declare
    version integer;
begin
    lock table segment_rules in share row exclusive mode;
    select coalesce(max(rules_version), 0) + 1 into version from segment_rules;
    insert into segment_rules (rules_version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice)
    select version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice
    from jsonb_to_recordset(rules) as rule (
        position integer, name text, r_min integer, r_max integer, f_min integer, f_max integer, m_min integer,
        m_max integer, advice text);
    return version;
end $$;
ALTER FUNCTION core.insert_segment_rules(rules jsonb) OWNER TO foresell_owner;
COMMENT ON FUNCTION core.insert_segment_rules(rules jsonb) IS 'Inserts an array of objects with the columns of segment_rules as a new version of the rules and returns that version. Earlier runs keep theirs. The only way to write the rules.';
CREATE FUNCTION core.refuse_id_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'ids of % are assigned once and do not change', tg_table_name using errcode = 'restrict_violation';
end $$;
ALTER FUNCTION core.refuse_id_change() OWNER TO foresell_owner;
COMMENT ON FUNCTION core.refuse_id_change() IS 'Surrogate keys never change, so a row cannot be renumbered while others refer to it.';
CREATE FUNCTION core.save_segment_rules(rules jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'core', 'pg_temp'
    AS $$
begin
    if not access.has_permission('segments.write') then
        raise insufficient_privilege using message = 'changing segment rules needs the permission segments.write';
    end if;
    return insert_segment_rules(rules);
end $$;
ALTER FUNCTION core.save_segment_rules(rules jsonb) OWNER TO foresell_owner;
COMMENT ON FUNCTION core.save_segment_rules(rules jsonb) IS 'insert_segment_rules for the web: checks that the acting user may change the rules.';
CREATE FUNCTION core.withdraw_model(of_task text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'core', 'pg_temp'
    AS $$
declare
    withdrawn_id integer;
begin
    if not access.has_permission('models.manage') then
        raise insufficient_privilege using message = 'withdrawing a model needs the permission models.manage';
    end if;
    update models set state = 'withdrawn'
    where model_id = (
        select model_id from models where task = of_task and state = 'served' order by as_of desc, model_id desc limit 1)
    returning model_id into withdrawn_id;
    return withdrawn_id;
end $$;
ALTER FUNCTION core.withdraw_model(of_task text) OWNER TO foresell_owner;
COMMENT ON FUNCTION core.withdraw_model(of_task text) IS 'Withdraws the newest served model of a task and returns its id, null when none is served. The model before it is served from the next refresh on.';
CREATE FUNCTION jobs.close_failed_import() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'jobs', 'pg_temp'
    AS $$
begin
    update imports set state = case
        when state = 'inspecting' then 'unreadable' when new.state = 'cancelled' then 'ready' else 'failed' end
    where job_id = new.job_id and state in ('inspecting', 'loading');
    return null;
end $$;
ALTER FUNCTION jobs.close_failed_import() OWNER TO foresell_owner;
COMMENT ON FUNCTION jobs.close_failed_import() IS 'Sets the final state of an import whose job failed or was cancelled.';
CREATE FUNCTION jobs.enqueue_job(job_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'job_queue', 'pg_temp'
    AS $$
begin
    perform procrastinate_defer_jobs_v1(array[
        row('jobs', 'run_job', 0, null, null, jsonb_build_object('job_id', enqueue_job.job_id), null)::procrastinate_job_to_defer_v1
    ]);
end $$;
ALTER FUNCTION jobs.enqueue_job(job_id bigint) OWNER TO foresell_owner;
COMMENT ON FUNCTION jobs.enqueue_job(job_id bigint) IS 'Puts a job of jobs.jobs into the worker''s queue, in the same transaction.';
CREATE FUNCTION jobs.last_worker_heartbeat() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'job_queue', 'pg_temp'
    AS $$ select max(last_heartbeat) from procrastinate_workers $$;
ALTER FUNCTION jobs.last_worker_heartbeat() OWNER TO foresell_owner;
COMMENT ON FUNCTION jobs.last_worker_heartbeat() IS 'The newest heartbeat of any worker; null when there is none.';
CREATE FUNCTION jobs.request_job(kind text, arguments jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'jobs', 'pg_temp'
    AS $$
declare
    new_job bigint;
    needed constant text := case kind
        when 'refresh' then 'runs.write' when 'undo' then 'imports.undo' else 'imports.write' end;
begin
    if not access.has_permission(needed) then
        raise insufficient_privilege using message = format('this needs the permission %s', needed);
    end if;
    insert into jobs.jobs (kind, requested_by, arguments)
    values (request_job.kind, access.current_user_id(), request_job.arguments)
    returning job_id into new_job;
    perform jobs.enqueue_job(new_job);
    return new_job;
end $$;
ALTER FUNCTION jobs.request_job(kind text, arguments jsonb) OWNER TO foresell_owner;
COMMENT ON FUNCTION jobs.request_job(kind text, arguments jsonb) IS 'Adds a job and enqueues it, in the transaction of the caller. Returns the job''s id.';
CREATE TABLE web.customer_records (
    record_id bigint,
    source text,
    source_key text,
    customer_id text,
    name text,
    city text,
    region text,
    postcode text,
    country text,
    signup_date date,
    contact bytea,
    CONSTRAINT rows_are_in_the_child CHECK (false) NO INHERIT
);
ALTER TABLE ONLY web.customer_records FORCE ROW LEVEL SECURITY;
ALTER TABLE web.customer_records OWNER TO foresell_owner;
COMMENT ON TABLE web.customer_records IS 'One row per customer as one source knows it. contact: encrypted; its second byte says what is on file (1 e-mail, 2 phone, 4 street address).';
CREATE TABLE core.customer_records (
    record_id bigint NOT NULL,
    source text NOT NULL,
    source_key text NOT NULL,
    customer_id text NOT NULL,
    name text,
    city text,
    region text,
    postcode text,
    country text,
    signup_date date,
    batch_id integer NOT NULL,
    contact bytea,
    email_index bytea,
    phone_index bytea,
    search tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, ((COALESCE(name, ''::text) || ' '::text) || source_key))) STORED
)
INHERITS (web.customer_records);
ALTER TABLE core.customer_records OWNER TO foresell_owner;
COMMENT ON TABLE core.customer_records IS 'One row per customer as one source knows it. Merging moves customer_id, nothing else. contact: e-mail, phone and street address, encrypted with the data key of this record in privacy.data_keys. email_index, phone_index: blind indexes for exact search.';
CREATE TABLE core.customers (
    customer_id text NOT NULL,
    CONSTRAINT customers_customer_id_check CHECK ((customer_id ~ '^C[0-9]{6,}$'::text))
);
ALTER TABLE core.customers OWNER TO foresell_owner;
COMMENT ON TABLE core.customers IS 'One row per real customer. customer_id is assigned once and never reused.';
CREATE FUNCTION web.find_customers(search_text text, max_rows integer, contact_indexes bytea[] DEFAULT '{}'::bytea[]) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'core', 'pg_temp'
    BEGIN ATOMIC
 WITH query AS (
          SELECT (COALESCE(string_agg(((''''::text || replace(replace(unnest.lexeme, '\'::text, '\\'::text), ''''::text, ''''''::text)) || ''':*'::text), ' & '::text), ''::text))::tsquery AS words
            FROM unnest(to_tsvector('simple'::regconfig, find_customers.search_text)) unnest(lexeme, positions, weights)
         ), matches AS (
          SELECT customer_records.customer_id
            FROM core.customer_records
           WHERE (customer_records.search @@ ( SELECT query.words
                    FROM query))
         UNION
          SELECT customer_records.customer_id
            FROM core.customer_records
           WHERE (customer_records.source_key = find_customers.search_text)
         UNION
          SELECT customers.customer_id
            FROM core.customers
           WHERE (customers.customer_id = upper(find_customers.search_text))
         UNION
          SELECT customer_records.customer_id
            FROM core.customer_records
           WHERE ((customer_records.email_index = ANY (find_customers.contact_indexes)) AND access.has_permission('contacts.reveal'::text))
         UNION
          SELECT customer_records.customer_id
            FROM core.customer_records
           WHERE ((customer_records.phone_index = ANY (find_customers.contact_indexes)) AND access.has_permission('contacts.reveal'::text))
         )
  SELECT matches.customer_id
    FROM matches
   WHERE (( SELECT access.has_permission('customers.read'::text) AS has_permission) AND ((( SELECT access.current_scope() AS current_scope) = 'all'::text) OR (matches.customer_id IN ( SELECT access.visible_customer_ids() AS visible_customer_ids))))
  LIMIT find_customers.max_rows;
END;
ALTER FUNCTION web.find_customers(search_text text, max_rows integer, contact_indexes bytea[]) OWNER TO foresell_owner;
COMMENT ON FUNCTION web.find_customers(search_text text, max_rows integer, contact_indexes bytea[]) IS 'Grain: one visible customer whose name or source key has words with these prefixes, or with this source key or id. contact_indexes: blind indexes of an e-mail or phone to search, too; needs contacts.reveal.';
ALTER TABLE access.api_keys ALTER COLUMN api_key_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME access.api_keys_api_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE access.login_attempts (
    attempt_id bigint NOT NULL,
    account_hash bytea NOT NULL,
    network cidr NOT NULL,
    device bytea,
    attempted_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE access.login_attempts OWNER TO foresell_owner;
COMMENT ON TABLE access.login_attempts IS 'One row per failed sign-in attempt of the last hour. account_hash: keyed hash of the e-mail entered, whether or not such a user exists. device: set when it came from a known device.';
ALTER TABLE access.login_attempts ALTER COLUMN attempt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME access.login_attempts_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE access.passwords (
    user_id integer NOT NULL,
    hash text NOT NULL,
    single_factor_ok boolean NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT passwords_hash_check CHECK ((hash ~~ '$argon2id$%'::text))
);
ALTER TABLE access.passwords OWNER TO foresell_owner;
COMMENT ON TABLE access.passwords IS 'One row per user with a password. hash: argon2id. single_factor_ok: long enough to sign in without a second factor.';
CREATE TABLE access.permissions (
    permission text NOT NULL,
    description text NOT NULL
);
ALTER TABLE access.permissions OWNER TO foresell_owner;
COMMENT ON TABLE access.permissions IS 'One row per permission. What is not granted is denied.';
CREATE TABLE access.teams (
    team_id integer NOT NULL,
    name text NOT NULL,
    CONSTRAINT teams_name_check CHECK ((name <> ''::text))
);
ALTER TABLE access.teams OWNER TO foresell_owner;
COMMENT ON TABLE access.teams IS 'One row per team; a manager sees the customers of their team.';
ALTER TABLE access.teams ALTER COLUMN team_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME access.teams_team_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE access.users ALTER COLUMN user_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME access.users_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE api.idempotency_keys (
    user_id integer NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    response_body bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);
ALTER TABLE api.idempotency_keys OWNER TO foresell_owner;
COMMENT ON TABLE api.idempotency_keys IS 'One row per completed request with an Idempotency-Key, with its response. Written in the transaction of the request, kept for two days.';
ALTER TABLE api.live_events ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME api.live_events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE audit.event_customer_blocks (
    event_id bigint NOT NULL,
    block text NOT NULL COLLATE pg_catalog."C",
    customer_ids text[] NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT event_customer_blocks_customer_ids_check CHECK ((cardinality(customer_ids) > 0))
);
ALTER TABLE audit.event_customer_blocks OWNER TO foresell_owner;
COMMENT ON TABLE audit.event_customer_blocks IS 'One row per event and block of a thousand customer numbers (C000123 is in block C000): those of the block that the event concerns, sorted. An export of every customer is 4 MB this way, and 90 MB with a row for each. An erased customer keeps its number here, without a name.';
CREATE VIEW audit.event_customers WITH (security_invoker='true') AS
 SELECT event_id,
    unnest(customer_ids) AS customer_id
   FROM audit.event_customer_blocks;
ALTER VIEW audit.event_customers OWNER TO foresell_owner;
COMMENT ON VIEW audit.event_customers IS 'One row per event and customer it concerns: whose data was shown, exported or changed.';
CREATE TABLE audit.events (
    event_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor_id integer,
    via text DEFAULT COALESCE(NULLIF(current_setting('foresell.via'::text, true), ''::text), 'command line'::text) NOT NULL,
    action text NOT NULL,
    subject text,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    request_id text,
    customer_count integer DEFAULT 0 NOT NULL,
    customers_sha256 bytea,
    CONSTRAINT events_action_check CHECK ((action <> ''::text)),
    CONSTRAINT events_check CHECK (((customers_sha256 IS NULL) = (customer_count = 0))),
    CONSTRAINT events_customer_count_check CHECK ((customer_count >= 0)),
    CONSTRAINT events_via_check CHECK ((via = ANY (ARRAY['web'::text, 'worker'::text, 'command line'::text])))
);
ALTER TABLE audit.events OWNER TO foresell_owner;
COMMENT ON TABLE audit.events IS 'One row per audited action. actor_id: the user; null for the command line and before sign-in. subject: what the action affected, such as batch:7. subject and detail hold ids, counts and hashes, never personal data. customer_count, customers_sha256: how many customers it concerns, and the SHA-256 of its rows in event_customer_blocks.';
ALTER TABLE audit.events ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit.events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE audit.seals (
    seal_id bigint NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    event_ids bigint[] NOT NULL,
    row_hashes bytea NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    signature bytea NOT NULL,
    CONSTRAINT seals_check CHECK ((length(row_hashes) = (32 * cardinality(event_ids)))),
    CONSTRAINT seals_event_ids_check CHECK ((cardinality(event_ids) > 0))
);
ALTER TABLE audit.seals OWNER TO foresell_owner;
COMMENT ON TABLE audit.seals IS 'One row per seal. row_hashes: the SHA-256 of each event. previous: the hash of the seal before. hash: over all of these; signature: ES256, of the hash.';
CREATE TABLE audit.unsealed_events (
    event_id bigint NOT NULL
);
ALTER TABLE audit.unsealed_events OWNER TO foresell_owner;
COMMENT ON TABLE audit.unsealed_events IS 'One row per event that is not sealed yet, normally those of the last second.';
CREATE TABLE core.backtest_deciles (
    model_id integer NOT NULL,
    task text NOT NULL,
    model text NOT NULL,
    cutoff date NOT NULL,
    decile integer NOT NULL,
    customers bigint NOT NULL,
    predicted double precision NOT NULL,
    observed double precision NOT NULL,
    lift double precision
);
ALTER TABLE core.backtest_deciles OWNER TO foresell_owner;
COMMENT ON TABLE core.backtest_deciles IS 'One row per training, compared model, cutoff and decile of customers (1 = highest probability). predicted: mean probability. observed: share of positives.';
CREATE TABLE core.backtests (
    model_id integer NOT NULL,
    task text NOT NULL,
    horizon_days integer NOT NULL,
    model text NOT NULL,
    population text NOT NULL,
    cutoff date,
    customers bigint NOT NULL,
    metric text NOT NULL,
    value double precision,
    low double precision,
    high double precision
);
ALTER TABLE core.backtests OWNER TO foresell_owner;
COMMENT ON TABLE core.backtests IS 'One row per training, compared model, population, cutoff (null: the mean of the test cutoffs) and metric, out of time. low, high: 95 % bootstrap confidence interval.';
CREATE SEQUENCE core.customer_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE core.customer_number OWNER TO foresell_owner;
CREATE TABLE core.forecasts (
    run_id integer NOT NULL,
    grain text NOT NULL,
    starts date NOT NULL,
    ends date NOT NULL,
    target text NOT NULL,
    known double precision NOT NULL,
    expected double precision NOT NULL,
    low double precision,
    high double precision,
    method text NOT NULL,
    note text NOT NULL,
    CONSTRAINT forecasts_grain_check CHECK ((grain = ANY (ARRAY['week'::text, 'month'::text, 'quarter'::text]))),
    CONSTRAINT forecasts_target_check CHECK ((target = ANY (ARRAY['revenue'::text, 'orders'::text])))
);
ALTER TABLE core.forecasts OWNER TO foresell_owner;
COMMENT ON TABLE core.forecasts IS 'One row per run, period and target. ends: the first day after the period. known: the part before as_of. expected: the whole period, known included. low, high: 80 % prediction interval.';
CREATE TABLE core.load_batches (
    batch_id integer NOT NULL,
    source text NOT NULL,
    format text NOT NULL,
    record_type text NOT NULL,
    file_name text NOT NULL,
    file_bytes bigint NOT NULL,
    file_sha256 text NOT NULL,
    mapping jsonb NOT NULL,
    state text DEFAULT 'loaded'::text NOT NULL,
    lines_read bigint DEFAULT 0 NOT NULL,
    lines_loaded bigint DEFAULT 0 NOT NULL,
    lines_unchanged bigint DEFAULT 0 NOT NULL,
    lines_rejected bigint DEFAULT 0 NOT NULL,
    orders_new bigint DEFAULT 0 NOT NULL,
    orders_replaced bigint DEFAULT 0 NOT NULL,
    customers_new bigint DEFAULT 0 NOT NULL,
    customers_changed bigint DEFAULT 0 NOT NULL,
    products_new bigint DEFAULT 0 NOT NULL,
    products_changed bigint DEFAULT 0 NOT NULL,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    undone_at timestamp with time zone,
    CONSTRAINT load_batches_check CHECK ((lines_read = ((lines_loaded + lines_unchanged) + lines_rejected))),
    CONSTRAINT load_batches_check1 CHECK (((state = 'undone'::text) = (undone_at IS NOT NULL))),
    CONSTRAINT load_batches_file_sha256_check CHECK ((file_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT load_batches_record_type_check CHECK ((record_type = ANY (ARRAY['orders'::text, 'customers'::text, 'products'::text]))),
    CONSTRAINT load_batches_source_check CHECK ((source <> ''::text)),
    CONSTRAINT load_batches_state_check CHECK ((state = ANY (ARRAY['loaded'::text, 'undone'::text])))
);
ALTER TABLE core.load_batches OWNER TO foresell_owner;
COMMENT ON TABLE core.load_batches IS 'One row per load of one file or sync. format: the file format it was read as. record_type: what a row of the file is; orders: a line of an order. mapping: which column holds which field. lines_*: lines of the file.';
ALTER TABLE core.load_batches ALTER COLUMN batch_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.load_batches_batch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.models (
    model_id integer NOT NULL,
    task text NOT NULL,
    kind text NOT NULL,
    as_of date NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    body text NOT NULL,
    card jsonb NOT NULL,
    trained_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT models_state_check CHECK ((state = ANY (ARRAY['served'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT models_task_check CHECK ((task = ANY (ARRAY['purchase'::text, 'churn'::text, 'churn_180'::text, 'lifetime_value'::text, 'expected_revenue'::text, 'revenue_forecast'::text])))
);
ALTER TABLE core.models OWNER TO foresell_owner;
COMMENT ON TABLE core.models IS 'One row per training of one task. body: the model as text, never code. card: the model card: training data, results, checks. as_of: it was trained on data before that day, and predicts no earlier day.';
ALTER TABLE core.models ALTER COLUMN model_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.models_model_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.order_items (
    order_id bigint NOT NULL,
    line_no integer NOT NULL,
    product_id integer NOT NULL,
    quantity numeric(14,3) NOT NULL,
    unit_price numeric(14,4) NOT NULL,
    amount numeric(18,4) NOT NULL
);
ALTER TABLE core.order_items OWNER TO foresell_owner;
COMMENT ON TABLE core.order_items IS 'One row per line of an order. line_no: its position in the file, counted from the order''s first line. amount: quantity x unit_price, or the amount the source states; negative for returns.';
CREATE SEQUENCE core.order_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE core.order_number OWNER TO foresell_owner;
CREATE TABLE core.orders (
    order_id bigint NOT NULL,
    source text NOT NULL,
    order_key text NOT NULL,
    record_id bigint,
    ordered_at timestamp without time zone NOT NULL,
    status text NOT NULL,
    country text,
    currency text,
    batch_id integer NOT NULL,
    CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['completed'::text, 'cancelled'::text, 'returned'::text])))
);
ALTER TABLE core.orders OWNER TO foresell_owner;
COMMENT ON TABLE core.orders IS 'One row per order, invoice or credit note of one source. ordered_at: the earliest time among its lines, in the shop''s local time. record_id null: an anonymous sale. status returned: a credit note.';
CREATE TABLE core.prediction_outcomes (
    run_id integer NOT NULL,
    task text NOT NULL,
    horizon_days integer NOT NULL,
    "grouping" text NOT NULL,
    name text NOT NULL,
    customers bigint NOT NULL,
    predicted double precision NOT NULL,
    observed double precision NOT NULL,
    model_id integer,
    evaluated_as_of date NOT NULL,
    CONSTRAINT prediction_outcomes_grouping_check CHECK (("grouping" = ANY (ARRAY['all'::text, 'decile'::text, 'segment'::text])))
);
ALTER TABLE core.prediction_outcomes OWNER TO foresell_owner;
COMMENT ON TABLE core.prediction_outcomes IS 'One row per run, task and group of customers whose prediction window has closed: the mean prediction compared with what was observed. grouping: all, decile (1 = highest prediction) or segment; name: which one. lifetime_value: money per customer; other tasks: probability and share of customers.';
CREATE TABLE web.prediction_reasons (
    run_id integer,
    customer_id text,
    rank smallint,
    theme text,
    direction text,
    points double precision,
    sentence text,
    CONSTRAINT rows_are_in_the_child CHECK (false) NO INHERIT
);
ALTER TABLE ONLY web.prediction_reasons FORCE ROW LEVEL SECURITY;
ALTER TABLE web.prediction_reasons OWNER TO foresell_owner;
COMMENT ON TABLE web.prediction_reasons IS 'One row per run, customer at the top of the call list and reason.';
CREATE TABLE core.prediction_reasons (
    run_id integer NOT NULL,
    customer_id text NOT NULL,
    rank smallint NOT NULL,
    theme text NOT NULL,
    direction text NOT NULL,
    points double precision NOT NULL,
    sentence text NOT NULL
)
INHERITS (web.prediction_reasons);
ALTER TABLE core.prediction_reasons OWNER TO foresell_owner;
COMMENT ON TABLE core.prediction_reasons IS 'One row per run, customer at the top of the call list and reason. rank: 1 to 3 are reasons of the customer, 4 is the effect of the season. points: percentage points it adds to the probability.';
CREATE TABLE web.predictions (
    run_id integer,
    customer_id text,
    probability double precision,
    expected_order_value double precision,
    expected_value double precision,
    churn_90 double precision,
    churn_state text,
    churn_180 double precision,
    value_12m double precision,
    value_low double precision,
    value_high double precision,
    value_rank bigint,
    value_band text,
    CONSTRAINT rows_are_in_the_child CHECK (false) NO INHERIT
);
ALTER TABLE ONLY web.predictions FORCE ROW LEVEL SECURITY;
ALTER TABLE web.predictions OWNER TO foresell_owner;
COMMENT ON TABLE web.predictions IS 'One row per run and scored customer.';
CREATE TABLE core.predictions (
    run_id integer NOT NULL,
    customer_id text NOT NULL,
    probability double precision,
    expected_order_value double precision,
    expected_value double precision,
    churn_90 double precision,
    churn_state text,
    churn_180 double precision,
    value_12m double precision,
    value_low double precision,
    value_high double precision,
    value_rank bigint,
    value_band text,
    other_scores text,
    CONSTRAINT predictions_churn_state_check CHECK ((churn_state = ANY (ARRAY['likely to stay'::text, 'unsure'::text, 'at risk'::text])))
)
INHERITS (web.predictions);
ALTER TABLE core.predictions OWNER TO foresell_owner;
COMMENT ON TABLE core.predictions IS 'One row per run and scored customer. probability: of an order within 30 days of the run''s as_of; churn_90, churn_180: of no order within 90 or 180 days. value_12m: net revenue of the next 365 days. Null where the task is off. other_scores: a JSON object of the scores that have no column of their own here yet.';
CREATE SEQUENCE core.product_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE core.product_number OWNER TO foresell_owner;
CREATE TABLE core.products (
    product_id integer NOT NULL,
    source text NOT NULL,
    sku text NOT NULL,
    name text,
    category text DEFAULT 'Uncategorised'::text NOT NULL,
    category_derived boolean DEFAULT true NOT NULL,
    kind text DEFAULT 'product'::text NOT NULL,
    list_price numeric(14,4),
    batch_id integer NOT NULL,
    CONSTRAINT products_kind_check CHECK ((kind = ANY (ARRAY['product'::text, 'non_product'::text])))
);
ALTER TABLE core.products OWNER TO foresell_owner;
COMMENT ON TABLE core.products IS 'One row per product of one source. category_derived: guessed from the name, not stated by the source. kind non_product: postage, fees, adjustments, vouchers.';
CREATE TABLE core.publication (
    one_row boolean DEFAULT true NOT NULL,
    run_id integer NOT NULL,
    CONSTRAINT publication_one_row_check CHECK (one_row)
);
ALTER TABLE core.publication OWNER TO foresell_owner;
COMMENT ON TABLE core.publication IS 'One row: the published run. Everything shown comes from it; to publish another run is to change this row.';
CREATE SEQUENCE core.record_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE core.record_number OWNER TO foresell_owner;
CREATE TABLE web.rfm_scores (
    run_id integer,
    customer_id text,
    last_purchase_day date,
    recency_days integer,
    frequency integer,
    monetary numeric(18,4),
    r smallint,
    f smallint,
    m smallint,
    rfm_score smallint,
    segment text,
    CONSTRAINT rows_are_in_the_child CHECK (false) NO INHERIT
);
ALTER TABLE ONLY web.rfm_scores FORCE ROW LEVEL SECURITY;
ALTER TABLE web.rfm_scores OWNER TO foresell_owner;
COMMENT ON TABLE web.rfm_scores IS 'One row per run and scored customer.';
CREATE TABLE core.rfm_scores (
    run_id integer NOT NULL,
    customer_id text NOT NULL,
    last_purchase_day date NOT NULL,
    recency_days integer NOT NULL,
    frequency integer NOT NULL,
    monetary numeric(18,4) NOT NULL,
    r smallint NOT NULL,
    f smallint NOT NULL,
    m smallint NOT NULL,
    rfm_score smallint NOT NULL,
    segment text NOT NULL
)
INHERITS (web.rfm_scores);
ALTER TABLE core.rfm_scores OWNER TO foresell_owner;
COMMENT ON TABLE core.rfm_scores IS 'One row per run and scored customer. Scores outlive the customer, so customer_id is not a foreign key.';
CREATE TABLE core.run_line_classes (
    run_id integer NOT NULL,
    class text NOT NULL,
    lines bigint NOT NULL,
    amount numeric(20,4) NOT NULL,
    CONSTRAINT run_line_classes_class_check CHECK ((class = ANY (ARRAY['counted'::text, 'returns'::text, 'cancelled'::text, 'non_product'::text, 'anonymous'::text, 'later'::text])))
);
ALTER TABLE core.run_line_classes OWNER TO foresell_owner;
COMMENT ON TABLE core.run_line_classes IS 'One row per run and class of order line; together they cover all order lines. later: dated on or after as_of.';
CREATE TABLE core.run_models (
    run_id integer NOT NULL,
    task text NOT NULL,
    model_id integer,
    level text NOT NULL,
    sentence text NOT NULL,
    CONSTRAINT run_models_level_check CHECK ((level = ANY (ARRAY['ml'::text, 'statistical'::text, 'off'::text])))
);
ALTER TABLE core.run_models OWNER TO foresell_owner;
COMMENT ON TABLE core.run_models IS 'One row per run and task. level: ml (machine learning), statistical, or off (no model predicted). sentence: why this model, why none, or why it was not retrained.';
CREATE TABLE core.run_segments (
    run_id integer NOT NULL,
    segment text NOT NULL,
    customers bigint NOT NULL,
    monetary numeric(20,4) NOT NULL
);
ALTER TABLE core.run_segments OWNER TO foresell_owner;
COMMENT ON TABLE core.run_segments IS 'One row per run and segment, kept when the scores of old runs are pruned.';
CREATE TABLE core.runs (
    run_id integer NOT NULL,
    as_of date NOT NULL,
    state text NOT NULL,
    rules_version integer NOT NULL,
    snapshot_file text,
    versions jsonb DEFAULT '{}'::jsonb NOT NULL,
    timings jsonb DEFAULT '{}'::jsonb NOT NULL,
    customers_scored bigint,
    error text,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone,
    CONSTRAINT runs_state_check CHECK ((state = ANY (ARRAY['building'::text, 'published'::text, 'superseded'::text, 'withdrawn'::text, 'failed'::text, 'pruned'::text])))
);
ALTER TABLE core.runs OWNER TO foresell_owner;
COMMENT ON TABLE core.runs IS 'One row per refresh. as_of: it uses everything strictly before that day. state pruned: only its totals are kept.';
ALTER TABLE core.runs ALTER COLUMN run_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME core.runs_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE core.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT schema_migrations_checksum_check CHECK ((checksum ~ '^[0-9a-f]{64}$'::text))
);
ALTER TABLE core.schema_migrations OWNER TO foresell_owner;
COMMENT ON TABLE core.schema_migrations IS 'One row per applied migration. checksum: SHA-256 of its text, which never changes once it is applied.';
CREATE TABLE core.segment_rules (
    rules_version integer NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    r_min integer NOT NULL,
    r_max integer NOT NULL,
    f_min integer NOT NULL,
    f_max integer NOT NULL,
    m_min integer NOT NULL,
    m_max integer NOT NULL,
    advice text NOT NULL,
    CONSTRAINT segment_rules_advice_check CHECK ((advice <> ''::text)),
    CONSTRAINT segment_rules_check CHECK (((r_max >= r_min) AND (r_max <= 5))),
    CONSTRAINT segment_rules_check1 CHECK (((f_max >= f_min) AND (f_max <= 5))),
    CONSTRAINT segment_rules_check2 CHECK (((m_max >= m_min) AND (m_max <= 5))),
    CONSTRAINT segment_rules_f_min_check CHECK (((f_min >= 1) AND (f_min <= 5))),
    CONSTRAINT segment_rules_m_min_check CHECK (((m_min >= 1) AND (m_min <= 5))),
    CONSTRAINT segment_rules_name_check CHECK ((name <> ''::text)),
    CONSTRAINT segment_rules_position_check CHECK (("position" > 0)),
    CONSTRAINT segment_rules_r_min_check CHECK (((r_min >= 1) AND (r_min <= 5)))
);
ALTER TABLE core.segment_rules OWNER TO foresell_owner;
COMMENT ON TABLE core.segment_rules IS 'One row per segment and version of the rules; the highest version applies. A customer belongs to the first position whose ranges contain its R, F and M scores.';
CREATE TABLE core.superseded_rows (
    table_name text NOT NULL,
    row_id bigint NOT NULL,
    batch_id integer NOT NULL,
    old_row jsonb NOT NULL,
    CONSTRAINT superseded_rows_table_name_check CHECK ((table_name = ANY (ARRAY['customer_records'::text, 'products'::text, 'orders'::text])))
);
ALTER TABLE core.superseded_rows OWNER TO foresell_owner;
COMMENT ON TABLE core.superseded_rows IS 'One row per row that a batch replaced. old_row: its previous values (of an order with its items), so that undo is exact.';
CREATE VIEW core.transactions WITH (security_invoker='true') AS
 SELECT ((i.order_id || '-'::text) || i.line_no) AS transaction_id,
    r.customer_id,
    i.product_id,
    o.ordered_at AS invoice_date,
    i.quantity,
    i.unit_price,
    i.amount,
    o.status,
    o.order_key,
    p.sku
   FROM (((core.order_items i
     JOIN core.orders o USING (order_id))
     JOIN core.products p USING (product_id))
     LEFT JOIN core.customer_records r USING (record_id));
ALTER VIEW core.transactions OWNER TO foresell_owner;
COMMENT ON VIEW core.transactions IS 'One row per line of an order, with columns of its order, product and customer.';
CREATE TABLE delivery.exports (
    export_id bigint NOT NULL,
    user_id integer NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    format text NOT NULL,
    filters jsonb NOT NULL,
    sort text NOT NULL,
    columns text[] NOT NULL,
    with_contacts boolean NOT NULL,
    run_id integer NOT NULL,
    rows bigint NOT NULL,
    bytes bigint,
    sha256 text,
    finished_at timestamp with time zone,
    CONSTRAINT exports_check CHECK (((finished_at IS NOT NULL) = ((sha256 IS NOT NULL) AND (bytes IS NOT NULL)))),
    CONSTRAINT exports_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'xlsx'::text])))
);
ALTER TABLE delivery.exports OWNER TO foresell_owner;
COMMENT ON TABLE delivery.exports IS 'One row per started export. finished_at, bytes, sha256: set once the whole file was sent. filters: as requested, without search text.';
ALTER TABLE delivery.exports ALTER COLUMN export_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME delivery.exports_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE engagement.assignments (
    assignment_id bigint NOT NULL,
    assigned_by integer NOT NULL,
    user_id integer,
    previous_owners jsonb NOT NULL,
    assigned_at timestamp with time zone DEFAULT now() NOT NULL,
    undone_at timestamp with time zone
);
ALTER TABLE engagement.assignments OWNER TO foresell_owner;
COMMENT ON TABLE engagement.assignments IS 'One row per assignment of customers to a user (null: to none). previous_owners: customer id to the user id before (null: none), so that undo is exact.';
ALTER TABLE engagement.assignments ALTER COLUMN assignment_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engagement.assignments_assignment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE engagement.calls (
    call_id bigint NOT NULL,
    customer_id text NOT NULL,
    user_id integer NOT NULL,
    outcome text NOT NULL,
    note text,
    called_at timestamp with time zone DEFAULT now() NOT NULL,
    undone_at timestamp with time zone,
    CONSTRAINT calls_note_check CHECK (((length(note) >= 1) AND (length(note) <= 2000))),
    CONSTRAINT calls_outcome_check CHECK ((outcome = ANY (ARRAY['reached'::text, 'no_answer'::text, 'not_interested'::text, 'will_order'::text])))
);
ALTER TABLE engagement.calls OWNER TO foresell_owner;
COMMENT ON TABLE engagement.calls IS 'One row per logged call. undone_at: the call was undone and no longer counts. note: may contain personal data; erasing the customer clears it.';
ALTER TABLE engagement.calls ALTER COLUMN call_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engagement.calls_call_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE engagement.saved_views (
    view_id integer NOT NULL,
    user_id integer NOT NULL,
    name text NOT NULL,
    filters jsonb NOT NULL,
    sort text NOT NULL,
    shared boolean DEFAULT false NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT saved_views_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);
ALTER TABLE engagement.saved_views OWNER TO foresell_owner;
COMMENT ON TABLE engagement.saved_views IS 'One row per saved view of the customer list: its filters and sort order. shared: visible to all users, not only to its owner.';
ALTER TABLE engagement.saved_views ALTER COLUMN view_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engagement.saved_views_view_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE engagement.snoozes (
    snooze_id bigint NOT NULL,
    customer_id text NOT NULL,
    user_id integer NOT NULL,
    call_id bigint,
    until date NOT NULL,
    snoozed_at timestamp with time zone DEFAULT now() NOT NULL,
    cancelled_at timestamp with time zone
);
ALTER TABLE engagement.snoozes OWNER TO foresell_owner;
COMMENT ON TABLE engagement.snoozes IS 'One row per snooze of a customer, who is not on the call list before the day `until`. call_id: the call it was set with; undoing the call cancels it.';
ALTER TABLE engagement.snoozes ALTER COLUMN snooze_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME engagement.snoozes_snooze_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE jobs.imports (
    import_id integer NOT NULL,
    user_id integer NOT NULL,
    file_name text NOT NULL,
    file_bytes bigint NOT NULL,
    file_sha256 text NOT NULL,
    state text NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    job_id bigint,
    batch_id integer,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT imports_file_name_check CHECK (((length(file_name) >= 1) AND (length(file_name) <= 120))),
    CONSTRAINT imports_state_check CHECK ((state = ANY (ARRAY['inspecting'::text, 'ready'::text, 'unreadable'::text, 'loading'::text, 'loaded'::text, 'failed'::text, 'deleted'::text])))
);
ALTER TABLE jobs.imports OWNER TO foresell_owner;
COMMENT ON TABLE jobs.imports IS 'One row per uploaded file. The file, its mapping and the findings are in the work folder until it is loaded or deleted. revision: number of the mapping, counted from 1.';
ALTER TABLE jobs.imports ALTER COLUMN import_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME jobs.imports_import_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE jobs.jobs (
    job_id bigint NOT NULL,
    kind text NOT NULL,
    requested_by integer,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    arguments jsonb DEFAULT '{}'::jsonb NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    step text,
    done bigint,
    total bigint,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    cancel_requested boolean DEFAULT false NOT NULL,
    cancellable boolean DEFAULT true NOT NULL,
    result jsonb DEFAULT '{}'::jsonb NOT NULL,
    error text,
    remedy text,
    CONSTRAINT jobs_check CHECK ((cancellable OR (NOT cancel_requested))),
    CONSTRAINT jobs_check1 CHECK (((finished_at IS NOT NULL) = (state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])))),
    CONSTRAINT jobs_kind_check CHECK ((kind = ANY (ARRAY['inspect'::text, 'load'::text, 'undo'::text, 'refresh'::text]))),
    CONSTRAINT jobs_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);
ALTER TABLE jobs.jobs OWNER TO foresell_owner;
COMMENT ON TABLE jobs.jobs IS 'One row per job of the worker. step, done, total: its progress. arguments, result: ids and counts. cancellable: false from the moment its result is committed.';
ALTER TABLE jobs.jobs ALTER COLUMN job_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME jobs.jobs_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE privacy.data_keys (
    record_id bigint NOT NULL,
    kek_id integer NOT NULL,
    wrapped_key bytea NOT NULL
);
ALTER TABLE privacy.data_keys OWNER TO foresell_owner;
COMMENT ON TABLE privacy.data_keys IS 'One row per customer record with contact data: its data key, wrapped by a key-encryption key. Deleting the row and retiring that key makes every copy of the contact data unreadable, backups included.';
CREATE TABLE privacy.erased_records (
    source text NOT NULL,
    source_key_hash bytea NOT NULL,
    erased_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE privacy.erased_records OWNER TO foresell_owner;
COMMENT ON TABLE privacy.erased_records IS 'One row per erased customer record. source_key_hash: keyed hash of its key, so that a later file does not restore the personal data.';
CREATE TABLE privacy.key_encryption_keys (
    kek_id integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone
);
ALTER TABLE privacy.key_encryption_keys OWNER TO foresell_owner;
COMMENT ON TABLE privacy.key_encryption_keys IS 'One row per key-encryption key; the key itself is a file of the home. retired_at: since then it wraps no data key, and its file is destroyed.';
ALTER TABLE privacy.key_encryption_keys ALTER COLUMN kek_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME privacy.key_encryption_keys_kek_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
INSERT INTO access.customer_owners (customer_id, user_id, assigned_at) VALUES ('C000001', 1, '2026-11-26 21:58:19.657654+00');
INSERT INTO access.permissions (permission, description) VALUES ('audit.read', 'View and verify the audit log.');
INSERT INTO access.permissions (permission, description) VALUES ('calls.read', 'View logged calls.');
INSERT INTO access.permissions (permission, description) VALUES ('calls.write', 'Log calls and snooze customers.');
INSERT INTO access.permissions (permission, description) VALUES ('contacts.export', 'Export lists with contact details (after confirming the password).');
INSERT INTO access.permissions (permission, description) VALUES ('contacts.reveal', 'Show the contact details of a customer (this is logged).');
INSERT INTO access.permissions (permission, description) VALUES ('customers.assign', 'Assign customers to users.');
INSERT INTO access.permissions (permission, description) VALUES ('customers.export', 'Export lists without contact details.');
INSERT INTO access.permissions (permission, description) VALUES ('customers.read', 'View customers, their orders and scores.');
INSERT INTO access.permissions (permission, description) VALUES ('imports.undo', 'Undo an import.');
INSERT INTO access.permissions (permission, description) VALUES ('imports.write', 'Import files.');
INSERT INTO access.permissions (permission, description) VALUES ('keys.manage', 'Manage encryption keys and the API keys of other users.');
INSERT INTO access.permissions (permission, description) VALUES ('model.read', 'View model cards, backtests and the track record.');
INSERT INTO access.permissions (permission, description) VALUES ('models.manage', 'Withdraw a model.');
INSERT INTO access.permissions (permission, description) VALUES ('privacy.erase', 'Erase the personal data of a customer (after confirming the password).');
INSERT INTO access.permissions (permission, description) VALUES ('quality.read', 'View rejected rows and data quality findings.');
INSERT INTO access.permissions (permission, description) VALUES ('runs.read', 'View runs.');
INSERT INTO access.permissions (permission, description) VALUES ('runs.write', 'Start, publish and roll back runs.');
INSERT INTO access.permissions (permission, description) VALUES ('sales.read', 'View sales and forecasts.');
INSERT INTO access.permissions (permission, description) VALUES ('segments.movement', 'View which customers moved between segments.');
INSERT INTO access.permissions (permission, description) VALUES ('segments.read', 'View segments.');
INSERT INTO access.permissions (permission, description) VALUES ('segments.write', 'Change the segment rules.');
INSERT INTO access.permissions (permission, description) VALUES ('status.read', 'View the state of the installation: speed, availability, metrics.');
INSERT INTO access.permissions (permission, description) VALUES ('users.manage', 'Manage users, roles and teams.');
INSERT INTO access.permissions (permission, description) VALUES ('views.write', 'Save views.');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'audit.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'calls.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'calls.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'contacts.export');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'contacts.reveal');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'customers.assign');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'customers.export');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'customers.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'imports.undo');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'imports.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'keys.manage');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'model.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'models.manage');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'privacy.erase');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'quality.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'runs.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'runs.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'sales.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'segments.movement');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'segments.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'segments.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'status.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'users.manage');
INSERT INTO access.role_permissions (role, permission) VALUES ('admin', 'views.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'customers.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'calls.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'calls.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'segments.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'model.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'sales.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'views.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'contacts.reveal');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'customers.export');
INSERT INTO access.role_permissions (role, permission) VALUES ('rep', 'runs.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'customers.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'calls.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'calls.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'segments.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'model.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'sales.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'views.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'contacts.reveal');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'customers.export');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'runs.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'customers.assign');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'contacts.export');
INSERT INTO access.role_permissions (role, permission) VALUES ('manager', 'segments.movement');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'customers.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'segments.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'segments.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'model.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'sales.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'views.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'customers.export');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'runs.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('analyst', 'quality.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('marketer', 'customers.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('marketer', 'segments.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('marketer', 'segments.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('marketer', 'model.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('marketer', 'sales.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('marketer', 'views.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('marketer', 'customers.export');
INSERT INTO access.role_permissions (role, permission) VALUES ('marketer', 'runs.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'customers.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'segments.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'imports.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'imports.undo');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'runs.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'runs.write');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'contacts.reveal');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'privacy.erase');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'quality.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'status.read');
INSERT INTO access.role_permissions (role, permission) VALUES ('steward', 'views.write');
INSERT INTO access.roles (role, scope, description) VALUES ('rep', 'own', 'Calls their own customers.');
INSERT INTO access.roles (role, scope, description) VALUES ('manager', 'team', 'Leads a team: sees its customers and calls, and assigns customers.');
INSERT INTO access.roles (role, scope, description) VALUES ('analyst', 'all', 'Reads all metrics and changes the segment rules.');
INSERT INTO access.roles (role, scope, description) VALUES ('marketer', 'all', 'Builds segments and exports lists without contact details.');
INSERT INTO access.roles (role, scope, description) VALUES ('steward', 'all', 'Maintains the data: imports, undo, quality, erasure.');
INSERT INTO access.roles (role, scope, description) VALUES ('admin', 'all', 'Manages users, models and keys, and reads the audit log.');
INSERT INTO access.user_roles (user_id, role) VALUES (1, 'rep');
INSERT INTO access.users (user_id, name, email, team_id, preferences, created_at, disabled_at) OVERRIDING SYSTEM VALUE VALUES (1, 'Rep', 'rep@shop.example', NULL, '{}', '2026-11-26 21:58:19.657654+00', NULL);
INSERT INTO audit.events (event_id, at, actor_id, via, action, subject, detail, request_id, customer_count, customers_sha256) OVERRIDING SYSTEM VALUE VALUES (1, '2026-11-26 21:58:19.664428+00', NULL, 'command line', 'import', 'batch:1', '{"source": "shop", "file_sha256": "0000000000000000000000000000000000000000000000000000000000000000", "record_type": "orders"}', NULL, 0, NULL);
INSERT INTO audit.unsealed_events (event_id) VALUES (1);
INSERT INTO core.customer_records (record_id, source, source_key, customer_id, name, city, region, postcode, country, signup_date, batch_id, contact, email_index, phone_index) VALUES (1, 'shop', 'anna', 'C000001', 'Anna', NULL, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL);
INSERT INTO core.customers (customer_id) VALUES ('C000001');
INSERT INTO core.load_batches (batch_id, source, format, record_type, file_name, file_bytes, file_sha256, mapping, state, lines_read, lines_loaded, lines_unchanged, lines_rejected, orders_new, orders_replaced, customers_new, customers_changed, products_new, products_changed, loaded_at, undone_at) OVERRIDING SYSTEM VALUE VALUES (1, 'shop', 'mapped', 'orders', 'shop.csv', 100, '0000000000000000000000000000000000000000000000000000000000000000', '{}', 'loaded', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-26 21:58:19.657654+00', NULL);
INSERT INTO core.order_items (order_id, line_no, product_id, quantity, unit_price, amount) VALUES (1, 1, 1, 2.000, 3.5000, 7.0000);
INSERT INTO core.orders (order_id, source, order_key, record_id, ordered_at, status, country, currency, batch_id) VALUES (1, 'shop', 'A1', 1, '2026-01-05 10:00:00', 'completed', NULL, NULL, 1);
INSERT INTO core.products (product_id, source, sku, name, category, category_derived, kind, list_price, batch_id) VALUES (1, 'shop', 'mug', 'Mug', 'Uncategorised', true, 'product', NULL, 1);
INSERT INTO core.schema_migrations (version, name, checksum, applied_at) VALUES (1, 'initial', '5d8d0bf6c588a9f6ad57eeffd76aa5b899d66ed38cfaaf14848ae37de45ef982', '2026-11-26 21:58:19.362131+00');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 1, 'Champions', 4, 5, 4, 5, 4, 5, 'Bought recently, often and for large amounts: thank them, show them new products first, ask for a referral.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 2, 'Loyal', 3, 5, 3, 5, 3, 5, 'Come back regularly: offer products that go with what they buy, and a reason to order a little more.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 3, 'Cannot Lose', 1, 2, 4, 5, 4, 5, 'Were among the best customers and have stopped: call in person, ask what went wrong and resolve it.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 4, 'At-Risk', 1, 2, 3, 5, 1, 5, 'Bought often but not recently: call before a competitor does, with an offer on what they usually buy.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 5, 'New', 4, 5, 1, 1, 1, 5, 'First order not long ago: make a second order within the month easy.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 6, 'Potential Loyalist', 4, 5, 2, 5, 1, 5, 'Recent and coming back: recommend products, and invite them to your loyalty offers.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 7, 'Needs Attention', 3, 3, 2, 5, 1, 5, 'Average and declining: make a timely offer on what they bought last.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 8, 'About to Sleep', 3, 3, 1, 1, 1, 5, 'One order, a while ago: send one reminder with a popular product.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 9, 'Lapsed Big Spenders', 1, 2, 1, 2, 4, 5, 'Few but large orders, long ago: one personal call is worth it.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 10, 'Hibernating', 2, 2, 1, 2, 1, 3, 'Few small orders, long ago: include them in seasonal mailings, do not call.');
INSERT INTO core.segment_rules (rules_version, "position", name, r_min, r_max, f_min, f_max, m_min, m_max, advice) VALUES (1, 11, 'Lost', 1, 1, 1, 2, 1, 3, 'Small orders, longest ago: spend nothing on them; at most one message a year.');
INSERT INTO engagement.calls (call_id, customer_id, user_id, outcome, note, called_at, undone_at) OVERRIDING SYSTEM VALUE VALUES (1, 'C000001', 1, 'reached', NULL, '2026-11-26 21:58:19.657654+00', NULL);
SELECT pg_catalog.setval('access.api_keys_api_key_id_seq', 1, false);
SELECT pg_catalog.setval('access.login_attempts_attempt_id_seq', 1, false);
SELECT pg_catalog.setval('access.teams_team_id_seq', 1, false);
SELECT pg_catalog.setval('access.users_user_id_seq', 1, true);
SELECT pg_catalog.setval('api.live_events_event_id_seq', 1, false);
SELECT pg_catalog.setval('audit.events_event_id_seq', 1, true);
SELECT pg_catalog.setval('core.customer_number', 1, false);
SELECT pg_catalog.setval('core.load_batches_batch_id_seq', 1, true);
SELECT pg_catalog.setval('core.models_model_id_seq', 1, false);
SELECT pg_catalog.setval('core.order_number', 1, false);
SELECT pg_catalog.setval('core.product_number', 1, false);
SELECT pg_catalog.setval('core.record_number', 1, false);
SELECT pg_catalog.setval('core.runs_run_id_seq', 1, false);
SELECT pg_catalog.setval('delivery.exports_export_id_seq', 1, false);
SELECT pg_catalog.setval('engagement.assignments_assignment_id_seq', 1, false);
SELECT pg_catalog.setval('engagement.calls_call_id_seq', 1, true);
SELECT pg_catalog.setval('engagement.saved_views_view_id_seq', 1, false);
SELECT pg_catalog.setval('engagement.snoozes_snooze_id_seq', 1, false);
SELECT pg_catalog.setval('jobs.imports_import_id_seq', 1, false);
SELECT pg_catalog.setval('jobs.jobs_job_id_seq', 1, false);
SELECT pg_catalog.setval('privacy.key_encryption_keys_kek_id_seq', 1, false);
ALTER TABLE ONLY access.api_keys
    ADD CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash);
ALTER TABLE ONLY access.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (api_key_id);
ALTER TABLE ONLY access.auth_challenges
    ADD CONSTRAINT auth_challenges_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY access.customer_owners
    ADD CONSTRAINT customer_owners_pkey PRIMARY KEY (customer_id);
ALTER TABLE ONLY access.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (token_hash, user_id);
ALTER TABLE ONLY access.login_attempts
    ADD CONSTRAINT login_attempts_pkey PRIMARY KEY (attempt_id);
ALTER TABLE ONLY access.login_links
    ADD CONSTRAINT login_links_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY access.oidc_accounts
    ADD CONSTRAINT oidc_accounts_pkey PRIMARY KEY (provider, subject);
ALTER TABLE ONLY access.passkeys
    ADD CONSTRAINT passkeys_pkey PRIMARY KEY (credential_id);
ALTER TABLE ONLY access.passwords
    ADD CONSTRAINT passwords_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY access.permissions
    ADD CONSTRAINT permissions_pkey PRIMARY KEY (permission);
ALTER TABLE ONLY access.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash);
ALTER TABLE ONLY access.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY access.role_permissions
    ADD CONSTRAINT role_permissions_pkey PRIMARY KEY (role, permission);
ALTER TABLE ONLY access.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (role);
ALTER TABLE ONLY access.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);
ALTER TABLE ONLY access.teams
    ADD CONSTRAINT teams_name_key UNIQUE (name);
ALTER TABLE ONLY access.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (team_id);
ALTER TABLE ONLY access.totp
    ADD CONSTRAINT totp_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY access.user_roles
    ADD CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role);
ALTER TABLE ONLY access.users
    ADD CONSTRAINT users_email_key UNIQUE (email);
ALTER TABLE ONLY access.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY api.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key);
ALTER TABLE ONLY api.live_events
    ADD CONSTRAINT live_events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY audit.event_customer_blocks
    ADD CONSTRAINT event_customer_blocks_pkey PRIMARY KEY (event_id, block);
ALTER TABLE ONLY audit.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY audit.seals
    ADD CONSTRAINT seals_pkey PRIMARY KEY (seal_id);
ALTER TABLE ONLY audit.unsealed_events
    ADD CONSTRAINT unsealed_events_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY core.customer_records
    ADD CONSTRAINT customer_records_pkey PRIMARY KEY (record_id);
ALTER TABLE ONLY core.customer_records
    ADD CONSTRAINT customer_records_source_key_source_key UNIQUE (source_key, source);
ALTER TABLE ONLY core.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (customer_id);
ALTER TABLE ONLY core.forecasts
    ADD CONSTRAINT forecasts_pkey PRIMARY KEY (run_id, grain, starts, target);
ALTER TABLE ONLY core.load_batches
    ADD CONSTRAINT load_batches_pkey PRIMARY KEY (batch_id);
ALTER TABLE ONLY core.models
    ADD CONSTRAINT models_pkey PRIMARY KEY (model_id);
ALTER TABLE ONLY core.order_items
    ADD CONSTRAINT order_items_pkey PRIMARY KEY (order_id, line_no);
ALTER TABLE ONLY core.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (order_id);
ALTER TABLE ONLY core.orders
    ADD CONSTRAINT orders_source_order_key_key UNIQUE (source, order_key);
ALTER TABLE ONLY core.prediction_outcomes
    ADD CONSTRAINT prediction_outcomes_pkey PRIMARY KEY (run_id, task, "grouping", name);
ALTER TABLE ONLY core.prediction_reasons
    ADD CONSTRAINT prediction_reasons_pkey PRIMARY KEY (run_id, customer_id, rank);
ALTER TABLE ONLY core.predictions
    ADD CONSTRAINT predictions_pkey PRIMARY KEY (run_id, customer_id);
ALTER TABLE ONLY core.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (product_id);
ALTER TABLE ONLY core.products
    ADD CONSTRAINT products_source_sku_key UNIQUE (source, sku);
ALTER TABLE ONLY core.publication
    ADD CONSTRAINT publication_pkey PRIMARY KEY (one_row);
ALTER TABLE ONLY core.rfm_scores
    ADD CONSTRAINT rfm_scores_pkey PRIMARY KEY (run_id, customer_id);
ALTER TABLE ONLY core.run_line_classes
    ADD CONSTRAINT run_line_classes_pkey PRIMARY KEY (run_id, class);
ALTER TABLE ONLY core.run_models
    ADD CONSTRAINT run_models_pkey PRIMARY KEY (run_id, task);
ALTER TABLE ONLY core.run_segments
    ADD CONSTRAINT run_segments_pkey PRIMARY KEY (run_id, segment);
ALTER TABLE ONLY core.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY core.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY core.segment_rules
    ADD CONSTRAINT segment_rules_pkey PRIMARY KEY (rules_version, "position");
ALTER TABLE ONLY core.segment_rules
    ADD CONSTRAINT segment_rules_rules_version_name_key UNIQUE (rules_version, name);
ALTER TABLE ONLY core.superseded_rows
    ADD CONSTRAINT superseded_rows_pkey PRIMARY KEY (batch_id, table_name, row_id);
ALTER TABLE ONLY delivery.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (export_id);
ALTER TABLE ONLY engagement.assignments
    ADD CONSTRAINT assignments_pkey PRIMARY KEY (assignment_id);
ALTER TABLE ONLY engagement.calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (call_id);
ALTER TABLE ONLY engagement.saved_views
    ADD CONSTRAINT saved_views_pkey PRIMARY KEY (view_id);
ALTER TABLE ONLY engagement.saved_views
    ADD CONSTRAINT saved_views_user_id_name_key UNIQUE (user_id, name);
ALTER TABLE ONLY engagement.snoozes
    ADD CONSTRAINT snoozes_pkey PRIMARY KEY (snooze_id);
ALTER TABLE ONLY jobs.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (import_id);
ALTER TABLE ONLY jobs.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (job_id);
ALTER TABLE ONLY privacy.data_keys
    ADD CONSTRAINT data_keys_pkey PRIMARY KEY (record_id);
ALTER TABLE ONLY privacy.erased_records
    ADD CONSTRAINT erased_records_pkey PRIMARY KEY (source, source_key_hash);
ALTER TABLE ONLY privacy.key_encryption_keys
    ADD CONSTRAINT key_encryption_keys_pkey PRIMARY KEY (kek_id);
CREATE INDEX api_keys_user ON access.api_keys USING btree (user_id);
CREATE INDEX auth_challenges_expire ON access.auth_challenges USING btree (expires_at);
CREATE INDEX customer_owners_user ON access.customer_owners USING btree (user_id);
CREATE INDEX devices_user ON access.devices USING btree (user_id);
CREATE INDEX login_attempts_account ON access.login_attempts USING btree (account_hash, attempted_at);
CREATE INDEX login_attempts_network ON access.login_attempts USING btree (network, attempted_at);
CREATE INDEX login_links_user ON access.login_links USING btree (user_id);
CREATE INDEX oidc_accounts_user ON access.oidc_accounts USING btree (user_id);
CREATE INDEX passkeys_user ON access.passkeys USING btree (user_id);
CREATE INDEX refresh_tokens_session ON access.refresh_tokens USING btree (session_id);
CREATE INDEX sessions_user ON access.sessions USING btree (user_id);
CREATE INDEX users_team ON access.users USING btree (team_id);
CREATE INDEX idempotency_keys_created_at ON api.idempotency_keys USING btree (created_at);
CREATE INDEX live_events_at ON api.live_events USING btree (at);
CREATE INDEX event_customer_blocks_block ON audit.event_customer_blocks USING btree (block);
CREATE INDEX events_action ON audit.events USING btree (action, event_id DESC);
CREATE INDEX events_actor ON audit.events USING btree (actor_id, event_id DESC);
CREATE INDEX events_at ON audit.events USING btree (at DESC);
CREATE INDEX backtest_deciles_model_id ON core.backtest_deciles USING btree (model_id);
CREATE INDEX backtests_model_id ON core.backtests USING btree (model_id);
CREATE INDEX customer_records_customer_id ON core.customer_records USING btree (customer_id);
CREATE INDEX customer_records_email ON core.customer_records USING btree (email_index) WHERE (email_index IS NOT NULL);
CREATE INDEX customer_records_phone ON core.customer_records USING btree (phone_index) WHERE (phone_index IS NOT NULL);
CREATE INDEX customer_records_search ON core.customer_records USING gin (search);
CREATE INDEX models_task ON core.models USING btree (task, as_of DESC, model_id DESC);
CREATE INDEX calls_customer ON engagement.calls USING btree (customer_id, called_at DESC);
CREATE INDEX calls_recent ON engagement.calls USING btree (called_at DESC) WHERE (undone_at IS NULL);
CREATE INDEX snoozes_call ON engagement.snoozes USING btree (call_id) WHERE (call_id IS NOT NULL);
CREATE INDEX snoozes_customer ON engagement.snoozes USING btree (customer_id) WHERE (cancelled_at IS NULL);
CREATE UNIQUE INDEX jobs_one_refresh ON jobs.jobs USING btree (kind) WHERE ((kind = 'refresh'::text) AND (state = ANY (ARRAY['queued'::text, 'running'::text])));
CREATE UNIQUE INDEX jobs_one_undo ON jobs.jobs USING btree (((arguments ->> 'batch_id'::text))) WHERE ((kind = 'undo'::text) AND (state = ANY (ARRAY['queued'::text, 'running'::text])));
CREATE TRIGGER notify_assignment AFTER INSERT OR DELETE OR UPDATE ON access.customer_owners FOR EACH STATEMENT EXECUTE FUNCTION api.notify_assignment();
CREATE TRIGGER users_protect_managed_columns BEFORE UPDATE ON access.users FOR EACH ROW WHEN (((old.team_id IS DISTINCT FROM new.team_id) OR (old.disabled_at IS DISTINCT FROM new.disabled_at))) EXECUTE FUNCTION access.protect_managed_columns();
CREATE TRIGGER add_unsealed_event AFTER INSERT ON audit.events REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.add_unsealed_event();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.event_customer_blocks FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.events FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.seals FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER set_event_time BEFORE INSERT ON audit.events FOR EACH ROW EXECUTE FUNCTION audit.set_event_time();
CREATE TRIGGER customer_records_check_not_referenced AFTER DELETE ON core.customer_records REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_not_referenced('record_id', 'orders', 'record_id');
CREATE TRIGGER customer_records_check_references AFTER INSERT ON core.customer_records REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_references('customer_id', 'customers', 'customer_id', 'batch_id', 'load_batches', 'batch_id');
CREATE TRIGGER customer_records_check_references_on_update AFTER UPDATE ON core.customer_records REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_references('customer_id', 'customers', 'customer_id', 'batch_id', 'load_batches', 'batch_id');
CREATE TRIGGER customer_records_refuse_id_change AFTER UPDATE OF record_id ON core.customer_records FOR EACH ROW WHEN ((old.record_id IS DISTINCT FROM new.record_id)) EXECUTE FUNCTION core.refuse_id_change();
CREATE TRIGGER customers_check_not_referenced AFTER DELETE ON core.customers REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_not_referenced('customer_id', 'customer_records', 'customer_id');
CREATE TRIGGER customers_refuse_id_change AFTER UPDATE OF customer_id ON core.customers FOR EACH ROW WHEN ((old.customer_id IS DISTINCT FROM new.customer_id)) EXECUTE FUNCTION core.refuse_id_change();
CREATE TRIGGER order_items_check_references AFTER INSERT ON core.order_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_references('order_id', 'orders', 'order_id', 'product_id', 'products', 'product_id');
CREATE TRIGGER order_items_check_references_on_update AFTER UPDATE ON core.order_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_references('order_id', 'orders', 'order_id', 'product_id', 'products', 'product_id');
CREATE TRIGGER orders_check_not_referenced AFTER DELETE ON core.orders REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_not_referenced('order_id', 'order_items', 'order_id');
CREATE TRIGGER orders_check_references AFTER INSERT ON core.orders REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_references('record_id', 'customer_records', 'record_id', 'batch_id', 'load_batches', 'batch_id');
CREATE TRIGGER orders_check_references_on_update AFTER UPDATE ON core.orders REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_references('record_id', 'customer_records', 'record_id', 'batch_id', 'load_batches', 'batch_id');
CREATE TRIGGER orders_refuse_id_change AFTER UPDATE OF order_id ON core.orders FOR EACH ROW WHEN ((old.order_id IS DISTINCT FROM new.order_id)) EXECUTE FUNCTION core.refuse_id_change();
CREATE TRIGGER products_check_not_referenced AFTER DELETE ON core.products REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION core.check_not_referenced('product_id', 'order_items', 'product_id');
CREATE TRIGGER products_refuse_id_change AFTER UPDATE OF product_id ON core.products FOR EACH ROW WHEN ((old.product_id IS DISTINCT FROM new.product_id)) EXECUTE FUNCTION core.refuse_id_change();
CREATE TRIGGER publish_run_event AFTER INSERT OR UPDATE ON core.publication FOR EACH ROW EXECUTE FUNCTION api.publish_run_event();
CREATE CONSTRAINT TRIGGER publish_undo_event AFTER UPDATE ON core.load_batches DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.undone_at IS NULL) AND (new.undone_at IS NOT NULL))) EXECUTE FUNCTION api.publish_undo_event();
CREATE TRIGGER recorded AFTER INSERT ON core.load_batches FOR EACH ROW EXECUTE FUNCTION audit.record_batch();
CREATE TRIGGER recorded AFTER INSERT OR UPDATE ON core.publication FOR EACH ROW EXECUTE FUNCTION audit.record_publication();
CREATE TRIGGER recorded_undo AFTER UPDATE ON core.load_batches FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION audit.record_batch();
CREATE TRIGGER close_failed_import AFTER UPDATE ON jobs.jobs FOR EACH ROW WHEN (((old.state <> new.state) AND (new.state = ANY (ARRAY['failed'::text, 'cancelled'::text])))) EXECUTE FUNCTION jobs.close_failed_import();
CREATE TRIGGER recorded AFTER INSERT OR UPDATE ON privacy.key_encryption_keys FOR EACH ROW EXECUTE FUNCTION audit.record_key();
ALTER TABLE ONLY access.api_keys
    ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.auth_challenges
    ADD CONSTRAINT auth_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.customer_owners
    ADD CONSTRAINT customer_owners_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.devices
    ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.login_links
    ADD CONSTRAINT login_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.oidc_accounts
    ADD CONSTRAINT oidc_accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.passkeys
    ADD CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.passwords
    ADD CONSTRAINT passwords_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.refresh_tokens
    ADD CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES access.sessions(session_id) ON DELETE CASCADE;
ALTER TABLE ONLY access.role_permissions
    ADD CONSTRAINT role_permissions_permission_fkey FOREIGN KEY (permission) REFERENCES access.permissions(permission);
ALTER TABLE ONLY access.role_permissions
    ADD CONSTRAINT role_permissions_role_fkey FOREIGN KEY (role) REFERENCES access.roles(role);
ALTER TABLE ONLY access.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.totp
    ADD CONSTRAINT totp_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.user_roles
    ADD CONSTRAINT user_roles_role_fkey FOREIGN KEY (role) REFERENCES access.roles(role);
ALTER TABLE ONLY access.user_roles
    ADD CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY access.users
    ADD CONSTRAINT users_team_id_fkey FOREIGN KEY (team_id) REFERENCES access.teams(team_id);
ALTER TABLE ONLY api.idempotency_keys
    ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY api.live_events
    ADD CONSTRAINT live_events_permission_fkey FOREIGN KEY (permission) REFERENCES access.permissions(permission);
ALTER TABLE ONLY api.live_events
    ADD CONSTRAINT live_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY core.backtest_deciles
    ADD CONSTRAINT backtest_deciles_model_id_fkey FOREIGN KEY (model_id) REFERENCES core.models(model_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.backtests
    ADD CONSTRAINT backtests_model_id_fkey FOREIGN KEY (model_id) REFERENCES core.models(model_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.customer_records
    ADD CONSTRAINT customer_records_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES core.load_batches(batch_id) NOT ENFORCED;
ALTER TABLE ONLY core.customer_records
    ADD CONSTRAINT customer_records_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES core.customers(customer_id) NOT ENFORCED;
ALTER TABLE ONLY core.forecasts
    ADD CONSTRAINT forecasts_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.order_items
    ADD CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES core.orders(order_id) NOT ENFORCED;
ALTER TABLE ONLY core.order_items
    ADD CONSTRAINT order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES core.products(product_id) NOT ENFORCED;
ALTER TABLE ONLY core.orders
    ADD CONSTRAINT orders_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES core.load_batches(batch_id) NOT ENFORCED;
ALTER TABLE ONLY core.orders
    ADD CONSTRAINT orders_record_id_fkey FOREIGN KEY (record_id) REFERENCES core.customer_records(record_id) NOT ENFORCED;
ALTER TABLE ONLY core.prediction_outcomes
    ADD CONSTRAINT prediction_outcomes_model_id_fkey FOREIGN KEY (model_id) REFERENCES core.models(model_id);
ALTER TABLE ONLY core.prediction_outcomes
    ADD CONSTRAINT prediction_outcomes_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.prediction_reasons
    ADD CONSTRAINT prediction_reasons_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.predictions
    ADD CONSTRAINT predictions_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.products
    ADD CONSTRAINT products_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES core.load_batches(batch_id);
ALTER TABLE ONLY core.publication
    ADD CONSTRAINT publication_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id);
ALTER TABLE ONLY core.rfm_scores
    ADD CONSTRAINT rfm_scores_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.run_line_classes
    ADD CONSTRAINT run_line_classes_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.run_models
    ADD CONSTRAINT run_models_model_id_fkey FOREIGN KEY (model_id) REFERENCES core.models(model_id);
ALTER TABLE ONLY core.run_models
    ADD CONSTRAINT run_models_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.run_segments
    ADD CONSTRAINT run_segments_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id) ON DELETE CASCADE;
ALTER TABLE ONLY core.superseded_rows
    ADD CONSTRAINT superseded_rows_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES core.load_batches(batch_id);
ALTER TABLE ONLY delivery.exports
    ADD CONSTRAINT exports_run_id_fkey FOREIGN KEY (run_id) REFERENCES core.runs(run_id);
ALTER TABLE ONLY delivery.exports
    ADD CONSTRAINT exports_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY engagement.assignments
    ADD CONSTRAINT assignments_assigned_by_fkey FOREIGN KEY (assigned_by) REFERENCES access.users(user_id);
ALTER TABLE ONLY engagement.assignments
    ADD CONSTRAINT assignments_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY engagement.calls
    ADD CONSTRAINT calls_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY engagement.saved_views
    ADD CONSTRAINT saved_views_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY engagement.snoozes
    ADD CONSTRAINT snoozes_call_id_fkey FOREIGN KEY (call_id) REFERENCES engagement.calls(call_id);
ALTER TABLE ONLY engagement.snoozes
    ADD CONSTRAINT snoozes_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY jobs.imports
    ADD CONSTRAINT imports_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES core.load_batches(batch_id);
ALTER TABLE ONLY jobs.imports
    ADD CONSTRAINT imports_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs.jobs(job_id);
ALTER TABLE ONLY jobs.imports
    ADD CONSTRAINT imports_user_id_fkey FOREIGN KEY (user_id) REFERENCES access.users(user_id);
ALTER TABLE ONLY jobs.jobs
    ADD CONSTRAINT jobs_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES access.users(user_id);
ALTER TABLE access.api_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY app ON access.api_keys TO foresell_app USING (true);
CREATE POLICY app ON access.auth_challenges TO foresell_app USING (true);
CREATE POLICY app ON access.customer_owners TO foresell_app USING (true);
CREATE POLICY app ON access.devices TO foresell_app USING (true);
CREATE POLICY app ON access.login_attempts TO foresell_app USING (true);
CREATE POLICY app ON access.login_links TO foresell_app USING (true);
CREATE POLICY app ON access.oidc_accounts TO foresell_app USING (true);
CREATE POLICY app ON access.passkeys TO foresell_app USING (true);
CREATE POLICY app ON access.passwords TO foresell_app USING (true);
CREATE POLICY app ON access.permissions TO foresell_app USING (true);
CREATE POLICY app ON access.recovery_codes TO foresell_app USING (true);
CREATE POLICY app ON access.refresh_tokens TO foresell_app USING (true);
CREATE POLICY app ON access.role_permissions TO foresell_app USING (true);
CREATE POLICY app ON access.roles TO foresell_app USING (true);
CREATE POLICY app ON access.sessions TO foresell_app USING (true);
CREATE POLICY app ON access.teams TO foresell_app USING (true);
CREATE POLICY app ON access.totp TO foresell_app USING (true);
CREATE POLICY app ON access.user_roles TO foresell_app USING (true);
CREATE POLICY app ON access.users TO foresell_app USING (true);
CREATE POLICY assign ON access.customer_owners FOR INSERT TO foresell_web WITH CHECK ((( SELECT access.has_permission('customers.assign'::text) AS has_permission) AND (( SELECT access.current_scope() AS current_scope) = 'all'::text)));
ALTER TABLE access.auth_challenges ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.customer_owners ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.devices ENABLE ROW LEVEL SECURITY;
CREATE POLICY holder ON access.auth_challenges TO foresell_web USING ((encode(token_hash, 'hex'::text) = current_setting('foresell.challenge'::text, true))) WITH CHECK (true);
ALTER TABLE access.login_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.login_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY manage ON access.api_keys FOR SELECT TO foresell_web USING (( SELECT access.has_permission('keys.manage'::text) AS has_permission));
CREATE POLICY manage ON access.login_links FOR INSERT TO foresell_web WITH CHECK (( SELECT access.has_permission('users.manage'::text) AS has_permission));
CREATE POLICY manage ON access.teams TO foresell_web USING (( SELECT access.has_permission('users.manage'::text) AS has_permission));
CREATE POLICY manage ON access.user_roles TO foresell_web USING (( SELECT access.has_permission('users.manage'::text) AS has_permission));
CREATE POLICY manage ON access.users TO foresell_web USING (( SELECT access.has_permission('users.manage'::text) AS has_permission));
ALTER TABLE access.oidc_accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON access.api_keys TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.devices TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.login_links TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.oidc_accounts TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.passkeys TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.passwords TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.recovery_codes TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.refresh_tokens TO foresell_web USING ((session_id IN ( SELECT sessions.session_id
   FROM access.sessions)));
CREATE POLICY own ON access.sessions TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.totp TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY own ON access.users FOR UPDATE TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
ALTER TABLE access.passkeys ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.passwords ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.permissions ENABLE ROW LEVEL SECURITY;
CREATE POLICY reassign ON access.customer_owners FOR UPDATE TO foresell_web USING ((( SELECT access.has_permission('customers.assign'::text) AS has_permission) AND (user_id IN ( SELECT access.visible_user_ids() AS visible_user_ids))));
ALTER TABLE access.recovery_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.refresh_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY revoke ON access.api_keys FOR UPDATE TO foresell_web USING (( SELECT access.has_permission('keys.manage'::text) AS has_permission));
ALTER TABLE access.role_permissions ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY sign_in ON access.login_attempts TO foresell_web USING (true);
CREATE POLICY signed_in ON access.permissions FOR SELECT TO foresell_web USING ((( SELECT access.current_user_id() AS current_user_id) IS NOT NULL));
CREATE POLICY signed_in ON access.role_permissions FOR SELECT TO foresell_web USING ((( SELECT access.current_user_id() AS current_user_id) IS NOT NULL));
CREATE POLICY signed_in ON access.roles FOR SELECT TO foresell_web USING ((( SELECT access.current_user_id() AS current_user_id) IS NOT NULL));
CREATE POLICY signed_in ON access.teams FOR SELECT TO foresell_web USING ((( SELECT access.current_user_id() AS current_user_id) IS NOT NULL));
ALTER TABLE access.teams ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.totp ENABLE ROW LEVEL SECURITY;
CREATE POLICY unassign ON access.customer_owners FOR DELETE TO foresell_web USING ((( SELECT access.has_permission('customers.assign'::text) AS has_permission) AND (( SELECT access.current_scope() AS current_scope) = 'all'::text)));
ALTER TABLE access.user_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE access.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON access.customer_owners FOR SELECT TO foresell_web USING (((( SELECT access.current_scope() AS current_scope) = 'all'::text) OR (user_id IN ( SELECT access.visible_user_ids() AS visible_user_ids))));
CREATE POLICY visible ON access.user_roles FOR SELECT TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY visible ON access.users FOR SELECT TO foresell_web USING (((user_id = ( SELECT access.current_user_id() AS current_user_id)) OR (user_id IN ( SELECT access.visible_user_ids() AS visible_user_ids)) OR ( SELECT access.has_permission('users.manage'::text) AS has_permission)));
CREATE POLICY app ON api.idempotency_keys TO foresell_app USING (true);
CREATE POLICY app ON api.live_events TO foresell_app USING (true);
ALTER TABLE api.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api.live_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api.idempotency_keys TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY recipient ON api.live_events FOR SELECT TO foresell_web USING (((( SELECT access.current_user_id() AS current_user_id) IS NOT NULL) AND ((permission IS NULL) OR access.has_permission(permission)) AND ((customer_id IS NULL) OR access.can_see(customer_id)) AND ((user_id IS NULL) OR (user_id = ( SELECT access.current_user_id() AS current_user_id)))));
CREATE POLICY app ON audit.event_customer_blocks TO foresell_app USING (true);
CREATE POLICY app ON audit.events TO foresell_app USING (true);
CREATE POLICY app ON audit.seals TO foresell_app USING (true);
CREATE POLICY app ON audit.unsealed_events TO foresell_app USING (true);
ALTER TABLE audit.event_customer_blocks ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON audit.event_customer_blocks FOR SELECT TO foresell_web USING (( SELECT access.has_permission('audit.read'::text) AS has_permission));
CREATE POLICY read ON audit.events FOR SELECT TO foresell_web USING (( SELECT access.has_permission('audit.read'::text) AS has_permission));
CREATE POLICY read ON audit.seals FOR SELECT TO foresell_web USING (( SELECT access.has_permission('audit.read'::text) AS has_permission));
CREATE POLICY read ON audit.unsealed_events FOR SELECT TO foresell_web USING (( SELECT access.has_permission('audit.read'::text) AS has_permission));
ALTER TABLE audit.seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.unsealed_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY app ON core.load_batches TO foresell_app USING (true);
ALTER TABLE core.load_batches ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON core.load_batches FOR SELECT TO foresell_reader USING (true);
CREATE POLICY visible ON core.load_batches FOR SELECT TO foresell_web USING ((( SELECT access.has_permission('quality.read'::text) AS has_permission) OR ( SELECT access.has_permission('imports.write'::text) AS has_permission)));
CREATE POLICY app ON delivery.exports TO foresell_app USING (true);
CREATE POLICY audited ON delivery.exports FOR SELECT TO foresell_web USING (( SELECT access.has_permission('audit.read'::text) AS has_permission));
ALTER TABLE delivery.exports ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON delivery.exports TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY app ON engagement.assignments TO foresell_app USING (true);
CREATE POLICY app ON engagement.calls TO foresell_app USING (true);
CREATE POLICY app ON engagement.saved_views TO foresell_app USING (true);
CREATE POLICY app ON engagement.snoozes TO foresell_app USING (true);
ALTER TABLE engagement.assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagement.calls ENABLE ROW LEVEL SECURITY;
CREATE POLICY cancel ON engagement.snoozes FOR UPDATE TO foresell_web USING ((( SELECT access.has_permission('calls.write'::text) AS has_permission) AND access.can_see(customer_id)));
CREATE POLICY log ON engagement.calls FOR INSERT TO foresell_web WITH CHECK (((user_id = ( SELECT access.current_user_id() AS current_user_id)) AND ( SELECT access.has_permission('calls.write'::text) AS has_permission) AND access.can_see(customer_id)));
CREATE POLICY own ON engagement.assignments TO foresell_web USING (((assigned_by = ( SELECT access.current_user_id() AS current_user_id)) AND ( SELECT access.has_permission('customers.assign'::text) AS has_permission)));
CREATE POLICY own ON engagement.saved_views TO foresell_web USING (((user_id = ( SELECT access.current_user_id() AS current_user_id)) AND ( SELECT access.has_permission('views.write'::text) AS has_permission)));
ALTER TABLE engagement.saved_views ENABLE ROW LEVEL SECURITY;
CREATE POLICY snooze ON engagement.snoozes FOR INSERT TO foresell_web WITH CHECK (((user_id = ( SELECT access.current_user_id() AS current_user_id)) AND ( SELECT access.has_permission('calls.write'::text) AS has_permission) AND access.can_see(customer_id)));
ALTER TABLE engagement.snoozes ENABLE ROW LEVEL SECURITY;
CREATE POLICY undo ON engagement.calls FOR UPDATE TO foresell_web USING ((user_id = ( SELECT access.current_user_id() AS current_user_id)));
CREATE POLICY visible ON engagement.calls FOR SELECT TO foresell_web USING ((( SELECT access.has_permission('calls.read'::text) AS has_permission) AND ((( SELECT access.current_scope() AS current_scope) = 'all'::text) OR (customer_id IN ( SELECT access.visible_customer_ids() AS visible_customer_ids)))));
CREATE POLICY visible ON engagement.saved_views FOR SELECT TO foresell_web USING (((user_id = ( SELECT access.current_user_id() AS current_user_id)) OR (shared AND (( SELECT access.current_user_id() AS current_user_id) IS NOT NULL))));
CREATE POLICY visible ON engagement.snoozes FOR SELECT TO foresell_web USING ((( SELECT access.has_permission('calls.read'::text) AS has_permission) AND ((( SELECT access.current_scope() AS current_scope) = 'all'::text) OR (customer_id IN ( SELECT access.visible_customer_ids() AS visible_customer_ids)))));
CREATE POLICY app ON jobs.imports TO foresell_app USING (true);
CREATE POLICY app ON jobs.jobs TO foresell_app USING (true);
CREATE POLICY cancel ON jobs.jobs FOR UPDATE TO foresell_web USING (( SELECT access.has_permission('imports.write'::text) AS has_permission));
ALTER TABLE jobs.imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY manage ON jobs.imports TO foresell_web USING (( SELECT access.has_permission('imports.write'::text) AS has_permission)) WITH CHECK (( SELECT access.has_permission('imports.write'::text) AS has_permission));
CREATE POLICY visible ON jobs.jobs FOR SELECT TO foresell_web USING (((requested_by = ( SELECT access.current_user_id() AS current_user_id)) OR ( SELECT access.has_permission('runs.write'::text) AS has_permission) OR ( SELECT access.has_permission('imports.write'::text) AS has_permission)));
ALTER TABLE web.customer_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE web.prediction_reasons ENABLE ROW LEVEL SECURITY;
ALTER TABLE web.predictions ENABLE ROW LEVEL SECURITY;
ALTER TABLE web.rfm_scores ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON web.customer_records FOR SELECT TO foresell_web USING (((( SELECT access.current_scope() AS current_scope) = 'all'::text) OR (customer_id IN ( SELECT access.visible_customer_ids() AS visible_customer_ids))));
CREATE POLICY visible ON web.prediction_reasons FOR SELECT TO foresell_web USING (((( SELECT access.current_scope() AS current_scope) = 'all'::text) OR (customer_id IN ( SELECT access.visible_customer_ids() AS visible_customer_ids))));
CREATE POLICY visible ON web.predictions FOR SELECT TO foresell_web USING (((( SELECT access.current_scope() AS current_scope) = 'all'::text) OR (customer_id IN ( SELECT access.visible_customer_ids() AS visible_customer_ids))));
CREATE POLICY visible ON web.rfm_scores FOR SELECT TO foresell_web USING (((( SELECT access.current_scope() AS current_scope) = 'all'::text) OR (customer_id IN ( SELECT access.visible_customer_ids() AS visible_customer_ids))));
GRANT USAGE ON SCHEMA access TO foresell_app;
GRANT USAGE ON SCHEMA access TO foresell_web;
GRANT USAGE ON SCHEMA api TO foresell_app;
GRANT USAGE ON SCHEMA api TO foresell_web;
GRANT USAGE ON SCHEMA audit TO foresell_app;
GRANT USAGE ON SCHEMA audit TO foresell_web;
GRANT USAGE ON SCHEMA core TO foresell_app;
GRANT USAGE ON SCHEMA core TO foresell_reader;
GRANT USAGE ON SCHEMA core TO foresell_web;
GRANT USAGE ON SCHEMA delivery TO foresell_app;
GRANT USAGE ON SCHEMA delivery TO foresell_web;
GRANT USAGE ON SCHEMA engagement TO foresell_app;
GRANT USAGE ON SCHEMA engagement TO foresell_web;
GRANT USAGE ON SCHEMA jobs TO foresell_app;
GRANT USAGE ON SCHEMA jobs TO foresell_web;
GRANT USAGE ON SCHEMA privacy TO foresell_app;
GRANT USAGE ON SCHEMA web TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.users TO foresell_app;
GRANT SELECT,INSERT,UPDATE ON TABLE access.users TO foresell_web;
REVOKE ALL ON FUNCTION access.current_user_id() FROM PUBLIC;
GRANT ALL ON FUNCTION access.current_user_id() TO foresell_app;
GRANT ALL ON FUNCTION access.current_user_id() TO foresell_web;
GRANT SELECT ON TABLE access.roles TO foresell_app;
GRANT SELECT ON TABLE access.roles TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.user_roles TO foresell_app;
GRANT SELECT,INSERT,DELETE ON TABLE access.user_roles TO foresell_web;
REVOKE ALL ON FUNCTION access.current_scope() FROM PUBLIC;
GRANT ALL ON FUNCTION access.current_scope() TO foresell_app;
GRANT ALL ON FUNCTION access.current_scope() TO foresell_web;
REVOKE ALL ON FUNCTION access.current_team_id() FROM PUBLIC;
GRANT ALL ON FUNCTION access.current_team_id() TO foresell_app;
GRANT ALL ON FUNCTION access.current_team_id() TO foresell_web;
REVOKE ALL ON FUNCTION access.visible_user_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION access.visible_user_ids() TO foresell_app;
GRANT ALL ON FUNCTION access.visible_user_ids() TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.customer_owners TO foresell_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.customer_owners TO foresell_web;
REVOKE ALL ON FUNCTION access.can_see(customer text) FROM PUBLIC;
GRANT ALL ON FUNCTION access.can_see(customer text) TO foresell_app;
GRANT ALL ON FUNCTION access.can_see(customer text) TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.auth_challenges TO foresell_app;
GRANT SELECT,INSERT,DELETE ON TABLE access.auth_challenges TO foresell_web;
REVOKE ALL ON FUNCTION access.delete_expired_challenges() FROM PUBLIC;
GRANT ALL ON FUNCTION access.delete_expired_challenges() TO foresell_app;
GRANT ALL ON FUNCTION access.delete_expired_challenges() TO foresell_web;
GRANT SELECT ON TABLE access.role_permissions TO foresell_app;
GRANT SELECT ON TABLE access.role_permissions TO foresell_web;
REVOKE ALL ON FUNCTION access.has_permission(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION access.has_permission(wanted text) TO foresell_app;
GRANT ALL ON FUNCTION access.has_permission(wanted text) TO foresell_web;
REVOKE ALL ON FUNCTION access.protect_managed_columns() FROM PUBLIC;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.devices TO foresell_app;
GRANT SELECT,INSERT,DELETE ON TABLE access.devices TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.passkeys TO foresell_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.passkeys TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.recovery_codes TO foresell_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.recovery_codes TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.sessions TO foresell_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.sessions TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.totp TO foresell_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.totp TO foresell_web;
REVOKE ALL ON FUNCTION access.reset_user(wanted integer, factors boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION access.reset_user(wanted integer, factors boolean) TO foresell_app;
GRANT ALL ON FUNCTION access.reset_user(wanted integer, factors boolean) TO foresell_web;
REVOKE ALL ON FUNCTION access.sign_in_states() FROM PUBLIC;
GRANT ALL ON FUNCTION access.sign_in_states() TO foresell_app;
GRANT ALL ON FUNCTION access.sign_in_states() TO foresell_web;
REVOKE ALL ON FUNCTION access.user_id_of_email(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION access.user_id_of_email(wanted text) TO foresell_app;
GRANT ALL ON FUNCTION access.user_id_of_email(wanted text) TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.oidc_accounts TO foresell_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.oidc_accounts TO foresell_web;
REVOKE ALL ON FUNCTION access.user_id_of_oidc_account(of_provider text, of_subject text) FROM PUBLIC;
GRANT ALL ON FUNCTION access.user_id_of_oidc_account(of_provider text, of_subject text) TO foresell_app;
GRANT ALL ON FUNCTION access.user_id_of_oidc_account(of_provider text, of_subject text) TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.api_keys TO foresell_app;
GRANT SELECT,INSERT,UPDATE ON TABLE access.api_keys TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.login_links TO foresell_app;
GRANT SELECT,INSERT,UPDATE ON TABLE access.login_links TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.refresh_tokens TO foresell_app;
GRANT SELECT,INSERT,UPDATE ON TABLE access.refresh_tokens TO foresell_web;
REVOKE ALL ON FUNCTION access.user_id_of_secret(what text, secret bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION access.user_id_of_secret(what text, secret bytea) TO foresell_app;
GRANT ALL ON FUNCTION access.user_id_of_secret(what text, secret bytea) TO foresell_web;
REVOKE ALL ON FUNCTION access.visible_customer_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION access.visible_customer_ids() TO foresell_app;
GRANT ALL ON FUNCTION access.visible_customer_ids() TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api.live_events TO foresell_app;
GRANT SELECT ON TABLE api.live_events TO foresell_web;
REVOKE ALL ON FUNCTION api.newest_event_id() FROM PUBLIC;
GRANT ALL ON FUNCTION api.newest_event_id() TO foresell_web;
REVOKE ALL ON FUNCTION api.notify_assignment() FROM PUBLIC;
GRANT ALL ON FUNCTION api.notify_assignment() TO foresell_app;
GRANT ALL ON FUNCTION api.notify_assignment() TO foresell_web;
REVOKE ALL ON FUNCTION api.publish_event(kind text, payload jsonb, permission text, customer_id text, user_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION api.publish_event(kind text, payload jsonb, permission text, customer_id text, user_id integer) TO foresell_app;
GRANT ALL ON FUNCTION api.publish_event(kind text, payload jsonb, permission text, customer_id text, user_id integer) TO foresell_web;
REVOKE ALL ON FUNCTION api.publish_run_event() FROM PUBLIC;
GRANT ALL ON FUNCTION api.publish_run_event() TO foresell_app;
GRANT ALL ON FUNCTION api.publish_run_event() TO foresell_web;
REVOKE ALL ON FUNCTION api.publish_undo_event() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.add_unsealed_event() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.record_event(actor integer, action text, subject text, detail jsonb, request_id text, customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record_event(actor integer, action text, subject text, detail jsonb, request_id text, customers text[]) TO foresell_app;
GRANT ALL ON FUNCTION audit.record_event(actor integer, action text, subject text, detail jsonb, request_id text, customers text[]) TO foresell_web;
REVOKE ALL ON FUNCTION audit.record_action(action text, subject text, detail jsonb, customers text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record_action(action text, subject text, detail jsonb, customers text[]) TO foresell_app;
GRANT ALL ON FUNCTION audit.record_action(action text, subject text, detail jsonb, customers text[]) TO foresell_web;
REVOKE ALL ON FUNCTION audit.record_batch() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record_batch() TO foresell_app;
GRANT ALL ON FUNCTION audit.record_batch() TO foresell_web;
REVOKE ALL ON FUNCTION audit.record_key() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record_key() TO foresell_app;
GRANT ALL ON FUNCTION audit.record_key() TO foresell_web;
REVOKE ALL ON FUNCTION audit.record_publication() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.record_publication() TO foresell_app;
GRANT ALL ON FUNCTION audit.record_publication() TO foresell_web;
REVOKE ALL ON FUNCTION audit.refuse_change() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.set_event_time() FROM PUBLIC;
REVOKE ALL ON FUNCTION audit.unlock_contacts(customer_ids text[], purpose text, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.unlock_contacts(customer_ids text[], purpose text, request_id text) TO foresell_app;
GRANT ALL ON FUNCTION audit.unlock_contacts(customer_ids text[], purpose text, request_id text) TO foresell_web;
REVOKE ALL ON FUNCTION core.insert_segment_rules(rules jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION core.insert_segment_rules(rules jsonb) TO foresell_app;
REVOKE ALL ON FUNCTION core.save_segment_rules(rules jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION core.save_segment_rules(rules jsonb) TO foresell_web;
REVOKE ALL ON FUNCTION core.withdraw_model(of_task text) FROM PUBLIC;
GRANT ALL ON FUNCTION core.withdraw_model(of_task text) TO foresell_web;
REVOKE ALL ON FUNCTION jobs.close_failed_import() FROM PUBLIC;
GRANT ALL ON FUNCTION jobs.close_failed_import() TO foresell_app;
GRANT ALL ON FUNCTION jobs.close_failed_import() TO foresell_web;
REVOKE ALL ON FUNCTION jobs.enqueue_job(job_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION jobs.enqueue_job(job_id bigint) TO foresell_app;
REVOKE ALL ON FUNCTION jobs.last_worker_heartbeat() FROM PUBLIC;
GRANT ALL ON FUNCTION jobs.last_worker_heartbeat() TO foresell_app;
GRANT ALL ON FUNCTION jobs.last_worker_heartbeat() TO foresell_web;
REVOKE ALL ON FUNCTION jobs.request_job(kind text, arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION jobs.request_job(kind text, arguments jsonb) TO foresell_web;
GRANT SELECT ON TABLE web.customer_records TO foresell_web;
GRANT SELECT,INSERT,DELETE,MAINTAIN,UPDATE ON TABLE core.customer_records TO foresell_app;
GRANT SELECT(record_id) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(source) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(source_key) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(customer_id) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(name) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(city) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(region) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(postcode) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(country) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(signup_date) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT(batch_id) ON TABLE core.customer_records TO foresell_reader;
GRANT SELECT,INSERT,DELETE,MAINTAIN ON TABLE core.customers TO foresell_app;
GRANT SELECT ON TABLE core.customers TO foresell_reader;
REVOKE ALL ON FUNCTION web.find_customers(search_text text, max_rows integer, contact_indexes bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION web.find_customers(search_text text, max_rows integer, contact_indexes bytea[]) TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.login_attempts TO foresell_app;
GRANT SELECT,INSERT,DELETE ON TABLE access.login_attempts TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.passwords TO foresell_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.passwords TO foresell_web;
GRANT SELECT ON TABLE access.permissions TO foresell_app;
GRANT SELECT ON TABLE access.permissions TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE access.teams TO foresell_app;
GRANT SELECT,INSERT,UPDATE ON TABLE access.teams TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api.idempotency_keys TO foresell_app;
GRANT SELECT ON TABLE api.idempotency_keys TO foresell_web;
GRANT INSERT(user_id) ON TABLE api.idempotency_keys TO foresell_web;
GRANT INSERT(key) ON TABLE api.idempotency_keys TO foresell_web;
GRANT INSERT(request_hash) ON TABLE api.idempotency_keys TO foresell_web;
GRANT INSERT(status) ON TABLE api.idempotency_keys TO foresell_web;
GRANT INSERT(response_body) ON TABLE api.idempotency_keys TO foresell_web;
GRANT SELECT ON TABLE audit.event_customer_blocks TO foresell_app;
GRANT SELECT ON TABLE audit.event_customer_blocks TO foresell_web;
GRANT SELECT ON TABLE audit.event_customers TO foresell_app;
GRANT SELECT ON TABLE audit.event_customers TO foresell_web;
GRANT SELECT ON TABLE audit.events TO foresell_app;
GRANT SELECT ON TABLE audit.events TO foresell_web;
GRANT SELECT,INSERT ON TABLE audit.seals TO foresell_app;
GRANT SELECT ON TABLE audit.seals TO foresell_web;
GRANT SELECT,DELETE ON TABLE audit.unsealed_events TO foresell_app;
GRANT SELECT ON TABLE audit.unsealed_events TO foresell_web;
GRANT SELECT,INSERT ON TABLE core.backtest_deciles TO foresell_app;
GRANT SELECT ON TABLE core.backtest_deciles TO foresell_reader;
GRANT SELECT ON TABLE core.backtest_deciles TO foresell_web;
GRANT SELECT,INSERT ON TABLE core.backtests TO foresell_app;
GRANT SELECT ON TABLE core.backtests TO foresell_reader;
GRANT SELECT ON TABLE core.backtests TO foresell_web;
GRANT USAGE,UPDATE ON SEQUENCE core.customer_number TO foresell_app;
GRANT SELECT,INSERT ON TABLE core.forecasts TO foresell_app;
GRANT SELECT ON TABLE core.forecasts TO foresell_reader;
GRANT SELECT ON TABLE core.forecasts TO foresell_web;
GRANT SELECT,INSERT,UPDATE ON TABLE core.load_batches TO foresell_app;
GRANT SELECT ON TABLE core.load_batches TO foresell_reader;
GRANT SELECT ON TABLE core.load_batches TO foresell_web;
GRANT SELECT,INSERT,UPDATE ON TABLE core.models TO foresell_app;
GRANT SELECT ON TABLE core.models TO foresell_reader;
GRANT SELECT ON TABLE core.models TO foresell_web;
GRANT SELECT,INSERT,DELETE,MAINTAIN ON TABLE core.order_items TO foresell_app;
GRANT SELECT ON TABLE core.order_items TO foresell_reader;
GRANT USAGE,UPDATE ON SEQUENCE core.order_number TO foresell_app;
GRANT SELECT,INSERT,DELETE,MAINTAIN,UPDATE ON TABLE core.orders TO foresell_app;
GRANT SELECT ON TABLE core.orders TO foresell_reader;
GRANT SELECT,INSERT ON TABLE core.prediction_outcomes TO foresell_app;
GRANT SELECT ON TABLE core.prediction_outcomes TO foresell_reader;
GRANT SELECT ON TABLE core.prediction_outcomes TO foresell_web;
GRANT SELECT ON TABLE web.prediction_reasons TO foresell_web;
GRANT SELECT,INSERT,DELETE,MAINTAIN ON TABLE core.prediction_reasons TO foresell_app;
GRANT SELECT ON TABLE core.prediction_reasons TO foresell_reader;
GRANT SELECT ON TABLE web.predictions TO foresell_web;
GRANT SELECT,INSERT,DELETE,MAINTAIN ON TABLE core.predictions TO foresell_app;
GRANT SELECT ON TABLE core.predictions TO foresell_reader;
GRANT USAGE,UPDATE ON SEQUENCE core.product_number TO foresell_app;
GRANT SELECT,INSERT,DELETE,MAINTAIN,UPDATE ON TABLE core.products TO foresell_app;
GRANT SELECT ON TABLE core.products TO foresell_reader;
GRANT SELECT,INSERT,UPDATE ON TABLE core.publication TO foresell_app;
GRANT SELECT ON TABLE core.publication TO foresell_reader;
GRANT SELECT ON TABLE core.publication TO foresell_web;
GRANT USAGE,UPDATE ON SEQUENCE core.record_number TO foresell_app;
GRANT SELECT ON TABLE web.rfm_scores TO foresell_web;
GRANT SELECT,INSERT,DELETE,MAINTAIN ON TABLE core.rfm_scores TO foresell_app;
GRANT SELECT ON TABLE core.rfm_scores TO foresell_reader;
GRANT SELECT,INSERT ON TABLE core.run_line_classes TO foresell_app;
GRANT SELECT ON TABLE core.run_line_classes TO foresell_reader;
GRANT SELECT ON TABLE core.run_line_classes TO foresell_web;
GRANT SELECT,INSERT ON TABLE core.run_models TO foresell_app;
GRANT SELECT ON TABLE core.run_models TO foresell_reader;
GRANT SELECT ON TABLE core.run_models TO foresell_web;
GRANT SELECT,INSERT ON TABLE core.run_segments TO foresell_app;
GRANT SELECT ON TABLE core.run_segments TO foresell_reader;
GRANT SELECT ON TABLE core.run_segments TO foresell_web;
GRANT SELECT,INSERT,UPDATE ON TABLE core.runs TO foresell_app;
GRANT SELECT ON TABLE core.runs TO foresell_reader;
GRANT SELECT ON TABLE core.runs TO foresell_web;
GRANT SELECT ON TABLE core.schema_migrations TO foresell_app;
GRANT SELECT ON TABLE core.schema_migrations TO foresell_reader;
GRANT SELECT ON TABLE core.segment_rules TO foresell_app;
GRANT SELECT ON TABLE core.segment_rules TO foresell_reader;
GRANT SELECT ON TABLE core.segment_rules TO foresell_web;
GRANT SELECT,INSERT,DELETE ON TABLE core.superseded_rows TO foresell_app;
GRANT SELECT ON TABLE core.superseded_rows TO foresell_reader;
GRANT UPDATE(old_row) ON TABLE core.superseded_rows TO foresell_app;
GRANT SELECT ON TABLE core.transactions TO foresell_app;
GRANT SELECT ON TABLE core.transactions TO foresell_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE delivery.exports TO foresell_app;
GRANT SELECT ON TABLE delivery.exports TO foresell_web;
GRANT INSERT(user_id) ON TABLE delivery.exports TO foresell_web;
GRANT INSERT(format) ON TABLE delivery.exports TO foresell_web;
GRANT INSERT(filters) ON TABLE delivery.exports TO foresell_web;
GRANT INSERT(sort) ON TABLE delivery.exports TO foresell_web;
GRANT INSERT(columns) ON TABLE delivery.exports TO foresell_web;
GRANT INSERT(with_contacts) ON TABLE delivery.exports TO foresell_web;
GRANT INSERT(run_id) ON TABLE delivery.exports TO foresell_web;
GRANT INSERT(rows) ON TABLE delivery.exports TO foresell_web;
GRANT UPDATE(bytes) ON TABLE delivery.exports TO foresell_web;
GRANT UPDATE(sha256) ON TABLE delivery.exports TO foresell_web;
GRANT UPDATE(finished_at) ON TABLE delivery.exports TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE engagement.assignments TO foresell_app;
GRANT SELECT ON TABLE engagement.assignments TO foresell_web;
GRANT INSERT(assigned_by) ON TABLE engagement.assignments TO foresell_web;
GRANT INSERT(user_id) ON TABLE engagement.assignments TO foresell_web;
GRANT INSERT(previous_owners) ON TABLE engagement.assignments TO foresell_web;
GRANT UPDATE(undone_at) ON TABLE engagement.assignments TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE engagement.calls TO foresell_app;
GRANT SELECT ON TABLE engagement.calls TO foresell_web;
GRANT INSERT(customer_id) ON TABLE engagement.calls TO foresell_web;
GRANT INSERT(user_id) ON TABLE engagement.calls TO foresell_web;
GRANT INSERT(outcome) ON TABLE engagement.calls TO foresell_web;
GRANT INSERT(note) ON TABLE engagement.calls TO foresell_web;
GRANT UPDATE(undone_at) ON TABLE engagement.calls TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE engagement.saved_views TO foresell_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE engagement.saved_views TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE engagement.snoozes TO foresell_app;
GRANT SELECT ON TABLE engagement.snoozes TO foresell_web;
GRANT INSERT(customer_id) ON TABLE engagement.snoozes TO foresell_web;
GRANT INSERT(user_id) ON TABLE engagement.snoozes TO foresell_web;
GRANT INSERT(call_id) ON TABLE engagement.snoozes TO foresell_web;
GRANT INSERT(until) ON TABLE engagement.snoozes TO foresell_web;
GRANT UPDATE(cancelled_at) ON TABLE engagement.snoozes TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE jobs.imports TO foresell_app;
GRANT SELECT,INSERT ON TABLE jobs.imports TO foresell_web;
GRANT UPDATE(state) ON TABLE jobs.imports TO foresell_web;
GRANT UPDATE(revision) ON TABLE jobs.imports TO foresell_web;
GRANT UPDATE(job_id) ON TABLE jobs.imports TO foresell_web;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE jobs.jobs TO foresell_app;
GRANT SELECT ON TABLE jobs.jobs TO foresell_web;
GRANT UPDATE(state) ON TABLE jobs.jobs TO foresell_web;
GRANT UPDATE(finished_at) ON TABLE jobs.jobs TO foresell_web;
GRANT UPDATE(cancel_requested) ON TABLE jobs.jobs TO foresell_web;
GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE privacy.data_keys TO foresell_app;
GRANT SELECT,INSERT ON TABLE privacy.erased_records TO foresell_app;
GRANT SELECT,INSERT,UPDATE ON TABLE privacy.key_encryption_keys TO foresell_app;
GRANT UPDATE ON SEQUENCE privacy.key_encryption_keys_kek_id_seq TO foresell_app;
ALTER DEFAULT PRIVILEGES FOR ROLE foresell_owner IN SCHEMA core GRANT SELECT ON TABLES TO foresell_app;
ALTER DEFAULT PRIVILEGES FOR ROLE foresell_owner IN SCHEMA core GRANT SELECT ON TABLES TO foresell_reader;
