-- PostgreSQL: the setup checklist and the sample data, behind row security. Parameters are bound by name.

-- name: steps
-- Whether each step of the checklist is done.
select changed_at is not null as company,
    (select count(*) > 1 from access.users where disabled_at is null) as people,
    exists (select from core.publication) as data,
    exists (select from access.customer_owners) as assignment,
    checklist_dismissed_at is not null as dismissed
from core.company_settings

-- name: dismiss
update core.company_settings set checklist_dismissed_at = case when %(dismissed)s then now() end

-- name: batches
-- Loaded batches: of the sample data, and others.
select count(*) filter (where source ~ '^demo-[0-9]+-[0-9]+(-crm)?$') as sample,
    count(*) filter (where source !~ '^demo-[0-9]+-[0-9]+(-crm)?$') as other
from core.load_batches where state = 'loaded'

-- name: latest_job
-- The newest job that loads or removes the sample data, with the update after it while that is open.
select job_id from jobs.jobs where kind in ('load_sample', 'remove_sample') order by job_id desc limit 1
