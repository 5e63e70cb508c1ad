"""The survivorship rules of a new database, as tests expect them."""

from __future__ import annotations

from collections.abc import Sequence

from foresell.identity.golden import FieldGroup, Method

DEFAULTS: dict[FieldGroup, Sequence[Method]] = {
    "name": ("agreement", "source"), "email": ("most recent", "source"), "phone": ("most recent", "source"),
    "address": ("most recent", "source"), "country": ("agreement", "source"), "signup_date": ("earliest", "source"),
}  # fmt: skip
