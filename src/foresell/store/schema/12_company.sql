-- The company that uses this installation.
set search_path = core;

create table company_settings (
    one_row boolean primary key default true check (one_row),
    name text check (length(name) between 1 and 100),
    currency text check (currency ~ '^[A-Z]{3}$'),
    fiscal_year_start smallint not null default 1 check (fiscal_year_start between 1 and 12),
    changed_at timestamptz,
    checklist_dismissed_at timestamptz
);
comment on table company_settings is 'One row: the company that uses this installation. currency: ISO 4217, of orders whose source does not say it. fiscal_year_start: the month. checklist_dismissed_at: since when the setup checklist is hidden.';
insert into company_settings default values;

alter table company_settings enable row level security;
create policy app on company_settings to foresell_app using (true);
create policy reader on company_settings for select to foresell_reader using (true);
create policy anyone on company_settings for select to foresell_web using (true);
create policy manage on company_settings for update to foresell_web
using ((select access.has_permission('company.manage')));
grant select on company_settings to foresell_web;
grant update (name, currency, fiscal_year_start, changed_at, checklist_dismissed_at) on company_settings to foresell_app, foresell_web;

create function clear_results() returns boolean
language plpgsql security definer
set search_path = core, pg_temp
as $$
begin
    if exists (select from orders) then
        return false;
    end if;
    delete from publication;
    delete from rfm_scores;
    delete from prediction_reasons;
    delete from predictions;
    delete from prediction_outcomes;
    delete from access.customer_owners as o where not exists (select from customers as c where c.customer_id = o.customer_id);
    update runs set state = 'pruned', snapshot_file = null where state in ('published', 'superseded', 'withdrawn');
    update models set state = 'withdrawn' where state = 'served';
    return true;
end $$;
comment on function clear_results is 'After the last order is gone: nothing is published, no scores are kept and no model is served. Returns whether that was so; with orders nothing changes.';
revoke execute on function clear_results() from public;
grant execute on function clear_results() to foresell_app;
