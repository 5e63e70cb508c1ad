"""The kinds of sources that can be connected, and how each is made from its settings and secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from foresell.errors import UsageError
from foresell.sources.connectors.folder import Folder
from foresell.sources.connectors.google_sheets import GoogleSheet, ServiceAccount
from foresell.sources.connectors.http import ApiClient, Patience
from foresell.sources.connectors.instagram import Instagram
from foresell.sources.connectors.kept import Kept
from foresell.sources.connectors.quickbooks import QuickBooks
from foresell.sources.contract import Source


class Connector(Source[Any], Protocol):
    """A source that is read again and again. `soon`: it should be read again at once."""

    @property
    def requests(self) -> int:
        """Calls made."""

    @property
    def retries(self) -> int:
        """Calls made again."""

    def close(self) -> None:
        """Close its connections."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source. `documents`: the SQL file that maps its records, None where it hands over files.

    `customer_field` is the field by which a record that is kept names its customer. `is_social`: it brings posts and comments.
    `never_run` is what a user must know about a vendor that could not be reached while this was built.
    """

    name: str
    label: str
    every_seconds: int
    make: Callable[[Mapping[str, Any], Mapping[str, Any], Kept, Path], Connector]
    documents: str | None = None
    customer_field: str | None = None
    is_social: bool = False
    never_run: str | None = None

    @property
    def is_table(self) -> bool:
        """Whether it hands over tables, of which a mapping names the columns."""
        return self.documents is None and not self.is_social


def _imitation_client(url: str) -> ApiClient:
    """A client of an imitation on this machine, which has no limits and answers at once."""
    return ApiClient(url, 1_000.0, timeout=5.0, patience=Patience(first=0.02, longest=2.0))


def _make_quickbooks(settings: Mapping[str, Any], secret: Mapping[str, Any], kept: Kept, work: Path) -> Connector:
    made = QuickBooks(settings["realm"], settings["client_id"], secret.get("client_secret", ""), kept.tokens)
    if url := settings.get("imitation_url"):
        made.close()
        made.api, made.sign_in = _imitation_client(url), _imitation_client(url)
    return made


def _make_sheet(settings: Mapping[str, Any], secret: Mapping[str, Any], kept: Kept, work: Path) -> Connector:
    account = ServiceAccount(secret["client_email"], secret["private_key_id"], secret["private_key"])
    made = GoogleSheet(settings["spreadsheet"], settings["tab"], account, work=work)
    if url := settings.get("imitation_url"):
        made.close()
        made.sheets, made.drive, made.sign_in = (_imitation_client(url) for _ in range(3))
    return made


def _make_folder(settings: Mapping[str, Any], secret: Mapping[str, Any], kept: Kept, work: Path) -> Connector:
    return Folder(Path(settings["path"]), settings.get("pattern", "*"), bool(settings.get("is_whole")), work)


def _make_instagram(settings: Mapping[str, Any], secret: Mapping[str, Any], kept: Kept, work: Path) -> Connector:
    api: Any = {"api": _imitation_client(url)} if (url := settings.get("imitation_url")) else {}
    return Instagram(
        settings["account"],
        settings["username"],
        secret.get("app_secret", ""),
        kept,
        settings.get("accounts", ()),
        settings.get("hashtags", ()),
        **api,
    )


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "quickbooks",
            "QuickBooks Online",
            300,
            _make_quickbooks,
            documents="quickbooks.sql",
            customer_field="Customer",
            never_run="Never run against Intuit's service; tested against an imitation that plays its faults.",
        ),
        Kind(
            "google-sheets",
            "Google Sheets",
            60,
            _make_sheet,
            never_run="Never run against Google's service; tested against an imitation that plays its faults.",
        ),
        Kind("folder", "Folder of Excel and CSV files", 600, _make_folder),
        Kind(
            "instagram",
            "Instagram",
            900,
            _make_instagram,
            is_social=True,
            never_run="Never run against Instagram; tested against an imitation that plays its faults.",
        ),
    )
}


def find_kind(name: str) -> Kind:
    """The kind of that name. Raises UsageError."""
    if name not in KINDS:
        raise UsageError(f"There is no kind of source {name!r}.", remedy=f"The kinds are {', '.join(KINDS)}.")
    return KINDS[name]
