-- PostgreSQL: the settings of the company, behind row security. Parameters are bound by name.

-- name: settings
select name, currency, fiscal_year_start, changed_at, checklist_dismissed_at from core.company_settings

-- name: change
-- No row where the acting user may not change them.
update core.company_settings
set name = %(name)s, currency = %(currency)s, fiscal_year_start = %(fiscal_year_start)s, changed_at = now()
returning name, currency, fiscal_year_start, changed_at, checklist_dismissed_at
