-- Saved views say what they are for, and are shared with the team or with everyone.

set search_path = engagement;

alter table saved_views add column description text check (length(description) between 1 and 500);
alter table saved_views add column shared_with text not null default 'private'
    check (shared_with in ('private', 'team', 'everyone'));
alter table saved_views add column team_id integer references access.teams on delete set null;

drop policy visible on saved_views;
drop policy own on saved_views;
update saved_views set shared_with = 'everyone' where shared;
alter table saved_views drop column shared;

comment on table saved_views is 'One row per saved view of the customer list: its filters and sort order, and what it is for. shared_with: who else may use it; team_id: the team it is shared with. Only its owner changes it.';

create policy visible on saved_views for select to foresell_web
using (user_id = (select access.current_user_id())
    or (shared_with = 'everyone' and (select access.current_user_id()) is not null)
    or (shared_with = 'team' and team_id = (select access.current_team_id())));
create policy own on saved_views to foresell_web
using (user_id = (select access.current_user_id()) and (select access.has_permission('views.write')))
with check (user_id = (select access.current_user_id()) and (select access.has_permission('views.write'))
    and (shared_with = 'private'
        or (shared_with = 'team' and team_id = (select access.current_team_id())
            and (select access.has_permission('customers.assign')))
        or (shared_with = 'everyone' and (select access.has_permission('users.manage')))));
