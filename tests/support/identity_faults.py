"""What must never be true of customers and their moves."""

from __future__ import annotations

from collections.abc import Iterator

from foresell.db import Connection

FAULTS = {
    "a customer has records and is merged": "select from customers where merged_into is not null and customer_id in (select customer_id from customer_records)",
    "a customer is merged into one without records": "select from customers where merged_into is not null and merged_into not in (select customer_id from customer_records)",
    "a customer has neither records nor another it is merged into": "select from customers where merged_into is null and customer_id not in (select customer_id from customer_records)",
    "a call is not with the customer that its id stands for": "select from engagement.calls as c where customer_id <> identity.current_customer(original_customer_id)",
    "a merged customer has an owner": "select from access.customer_owners join customers using (customer_id) where merged_into is not null",
    "an owner is lost": "select from identity.kept_owners as k join customers as c using (customer_id) where not exists (select from access.customer_owners as o where o.customer_id = c.merged_into)",
}


def find_faults(con: Connection) -> Iterator[str]:
    for fault, query in FAULTS.items():
        if con.execute(query).fetchone() is not None:
            yield fault
