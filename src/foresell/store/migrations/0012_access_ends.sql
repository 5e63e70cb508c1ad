-- A live stream ends when its session or API key does.

set search_path = api;

create function notify_access_end() returns trigger
language plpgsql
as $$
begin
    perform pg_notify('foresell', 'access_ended');
    return null;
end $$;
comment on function notify_access_end is 'Wakes the live streams, so that each checks whether its session or API key still counts.';
create trigger notify_access_end after update of revoked_at on access.sessions
for each statement execute function notify_access_end();
create trigger notify_access_end after update of revoked_at on access.api_keys
for each statement execute function notify_access_end();
create trigger notify_access_end after update of disabled_at on access.users
for each statement execute function notify_access_end();
create trigger notify_access_end after delete on access.user_roles
for each statement execute function notify_access_end();
revoke execute on function notify_access_end() from public;
grant execute on function notify_access_end() to foresell_app, foresell_web;
