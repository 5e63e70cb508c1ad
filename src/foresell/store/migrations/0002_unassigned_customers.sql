-- Managers see customers without an owner, to assign them within their team; figures and call lists stay the team's.

set search_path = access;

create function owned_customer_ids() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select customer_id from customer_owners where user_id in (select visible_user_ids());
end;
comment on function owned_customer_ids is 'Grain: one customer whose owner is visible: the own or the team''s customers. What figures and call lists hold; with scope all, they hold customers without an owner, too.';

create function may_see_unassigned() returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select current_scope() = 'all'
        or (current_scope() = 'team' and current_team_id() is not null and has_permission('customers.assign'));
end;
comment on function may_see_unassigned is 'Whether this transaction may see customers without an owner: with scope all, or to assign them within its own team.';

create function unassigned_customer_ids() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select c.customer_id from core.customers as c
    where (select may_see_unassigned())
        and not exists (select from customer_owners as o where o.customer_id = c.customer_id);
end;
comment on function unassigned_customer_ids is 'Grain: one customer without an owner, if this transaction may see them.';

create or replace function visible_customer_ids() returns setof text
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select owned_customer_ids() union all select unassigned_customer_ids();
end;
comment on function visible_customer_ids is 'Grain: one visible customer: with a visible owner or, where they may be seen, without an owner.';

create or replace function can_see(customer text) returns boolean
language sql stable parallel safe security definer
set search_path = access, pg_temp
begin atomic
    select current_scope() = 'all'
        or exists (
            select from customer_owners where customer_id = customer and user_id in (select visible_user_ids()))
        or (may_see_unassigned() and not exists (select from customer_owners where customer_id = customer));
end;

drop policy assign on customer_owners;
drop policy unassign on customer_owners;
create policy assign on customer_owners for insert to foresell_web
with check ((select has_permission('customers.assign')) and (select may_see_unassigned())
    and user_id in (select visible_user_ids()));
create policy unassign on customer_owners for delete to foresell_web
using ((select has_permission('customers.assign')) and (select may_see_unassigned())
    and user_id in (select visible_user_ids()));

revoke execute on function owned_customer_ids(), may_see_unassigned(), unassigned_customer_ids() from public;
grant execute on function owned_customer_ids(), may_see_unassigned(), unassigned_customer_ids() to foresell_app, foresell_web;
