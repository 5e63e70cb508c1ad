-- Grain: one source and group of fields: of its customer records, how many have it.
select s.source, s.records, f.position, f.field_group, f.weight, cast(s.filled as bigint) as filled
from (unpivot core.source_completeness on name, email, phone, address, country, signup_date into name field_group value filled) as s
join core.field_groups as f on f.field_group = s.field_group
order by s.source, f.position
