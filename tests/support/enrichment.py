"""Proposals of directories for tests of the API and the pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from foresell.enrichment import proposals
from foresell.enrichment.proposals import NewProposal, Provenance
from foresell.privacy.vault import vault_of
from foresell.store.database import open_database
from tests.support.served import Served


def propose(served: Served, customers: tuple[str, ...], today: date) -> None:
    """Propose a phone, a website and coordinates for each customer, from a made-up directory."""
    database = open_database(served.settings)
    with database.connect() as con:
        for customer in customers:
            row = con.execute(
                "select min(record_id) as id, now() as now from core.customer_records where customer_id = %s",
                (customer,),
            ).fetchone()
            assert row
            source = Provenance(
                "osm", "n1", "file x.pbf, entry n1", row["now"], "ODbL-1.0", "© OpenStreetMap contributors", "legitimate interest",
                "complete records", today.replace(year=today.year + 1), True,
            )  # fmt: skip
            values: list[tuple[Any, Any]] = [
                ("phone", "+441904555900"), ("website", "https://canary.example"), ("coordinates", [53.9, -1.1]),
            ]  # fmt: skip
            new = [NewProposal(row["id"], name, value, source, 0.995) for name, value in values]
            proposals.save_proposals(con, vault_of(served.settings), new, today)
