-- Challenges that expired unused were to be read by everybody, so that they could be taken out.
set search_path = access;

create function clear_challenges() returns void
language sql security definer
set search_path = access, pg_temp
begin atomic
    delete from challenges where expires_at < now() - interval '5 minutes';
end;
comment on function clear_challenges is 'Takes out what nobody came back for: row security shows a challenge to its holder only.';
revoke execute on function clear_challenges() from public;
grant execute on function clear_challenges() to foresell_app, foresell_web;

drop policy ticket on challenges;
create policy ticket on challenges to foresell_web
using (encode(token_hash, 'hex') = current_setting('foresell.challenge', true))
with check (true);
