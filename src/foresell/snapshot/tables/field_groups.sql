-- Grain: one group of fields of the golden record. weight: what it adds to the completeness of a customer.
select position, field_group, weight from core.field_groups order by position
