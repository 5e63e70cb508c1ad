"""The audit log: what was done, by whom, to which customers; sealed so that a change is noticed."""
