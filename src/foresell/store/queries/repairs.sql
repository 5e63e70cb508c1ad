-- PostgreSQL: which key-encryption keys are in use. No parameters.

-- name: current_kek
-- The newest key-encryption key that is not retired; null when there is none.
select max(kek_id) as kek_id from privacy.key_encryption_keys where retired_at is null

-- name: oldest_kek_in_use
-- The oldest key-encryption key that wraps a key of a record or a customer; null when there is none.
select min(kek_id) as kek_id
from (select kek_id from privacy.data_keys union all select kek_id from privacy.customer_keys) as in_use
