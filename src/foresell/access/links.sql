-- name: insert_link
-- A link for a user.
insert into access.login_links (token_hash, user_id, loopback_only, expires_at)
values (%(token_hash)s, %(user_id)s, %(loopback_only)s, now() + make_interval(mins => %(minutes)s))

-- name: find_owner
-- Grain: one row: whose link this is, or null.
select access.user_id_of_secret('link', %(token_hash)s) as user_id

-- name: consume_link
-- Touches a row only when the link is valid here. A newer link, used or not, ends it.
update access.login_links set used_at = now()
where token_hash = %(token_hash)s and user_id = access.current_user_id() and used_at is null and expires_at > now()
    and (%(is_here)s or not loopback_only)
    and not exists (select from access.login_links as newer
        where newer.user_id = login_links.user_id and newer.created_at > login_links.created_at)
