"""One tab of a Google spreadsheet, read by a service account with which the owner shares it. Nothing is written back.

Never run against Google's service: built from its documentation, and tested against an imitation that plays its faults.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from foresell.errors import UsageError
from foresell.sources.connectors.http import Answer, ApiClient
from foresell.sources.connectors.tables import Table
from foresell.sources.contract import Connection, Cursor, Page, Stream, TerminalError, TransientError, find_stream

SHEETS_URL = "https://sheets.googleapis.com"
DRIVE_URL = "https://www.googleapis.com"
TOKEN_URL = "https://oauth2.googleapis.com"  # noqa: S105 - an address
SCOPES = "https://www.googleapis.com/auth/spreadsheets.readonly https://www.googleapis.com/auth/drive.metadata.readonly"
#: 60 reads a minute for one user.
CALLS_A_SECOND = 1.0
#: Serial numbers of days count from here (Lotus 1-2-3).
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a local time, like the cells
ROWS = Stream(
    name="rows",
    key=("order_key",),
    deletes="listing",
    resumable=True,
    licence="own data",
    legal_basis="contract",
    requests_per_minute=60,
)
#: How a date or time is shown: two separators between digits, a time of day, or the name of a month.
_SHOWN_AS_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d:\d\d|\d\s*[^\W\d_]{3,}\.?\s*\d|[^\W\d_]{3,}\.?\s+\d")
_SHEET_ID = re.compile(r"^(?:https://docs\.google\.com/spreadsheets/d/)?([A-Za-z0-9_-]{20,100})(?:/.*)?$")


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The key file of a service account, as Google hands it out."""

    email: str
    key_id: str
    private_key: str = field(repr=False)


@dataclass
class GoogleSheet:
    """One tab. The clients are of SHEETS_URL, DRIVE_URL and TOKEN_URL, or of an imitation."""

    spreadsheet: str
    tab: str
    account: ServiceAccount
    sheets: ApiClient = field(default_factory=lambda: ApiClient(SHEETS_URL, CALLS_A_SECOND))
    drive: ApiClient = field(default_factory=lambda: ApiClient(DRIVE_URL, CALLS_A_SECOND))
    sign_in: ApiClient = field(default_factory=lambda: ApiClient(TOKEN_URL, CALLS_A_SECOND))
    work: Path | None = None
    soon: bool = field(default=False, init=False)
    _token: tuple[str, float] = field(default=("", 0.0), init=False, repr=False)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    @property
    def _clients(self) -> tuple[ApiClient, ...]:
        return self.sheets, self.drive, self.sign_in

    @property
    def requests(self) -> int:
        """Calls made."""
        return sum(client.requests for client in self._clients)

    @property
    def retries(self) -> int:
        """Calls made again."""
        return sum(client.retries for client in self._clients)

    def discover(self) -> Sequence[Stream]:
        """The rows of the tab."""
        return (ROWS,)

    def check(self) -> Connection:
        """The title of the spreadsheet. Raises what `read` raises."""
        title, _ = self._find_tab()
        return Connection(f"{title}, tab {self.tab}")

    def read(self, stream: str, cursor: Cursor | None = None) -> Generator[Page[Table | None], None, None]:
        """The tab as one file, when it differs from what the cursor says was read; a page without content where only the
        file's version has changed, which sharing it does too.

        Raises UnknownStream, TransientError, or TerminalError: permission where it is not shared any more, drift where the
        tab is gone.
        """
        find_stream(self, stream)
        known = json.loads(cursor.position) if cursor else {}
        version = self._version()
        if version == known.get("version"):
            return
        _, tab = self._find_tab()
        rows = self._read_rows(tab)
        with tempfile.TemporaryDirectory(prefix="sheet-", dir=self.work) as folder:
            path = Path(folder) / f"{_file_name(self.tab)}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            following = Cursor(json.dumps({"version": version, "sha256": digest}))
            if digest == known.get("sha256"):
                yield Page(None, next_cursor=following, complete=True)
            else:
                yield Page(Table(path, self.tab, is_whole=True), next_cursor=following, complete=True)

    def _version(self) -> str:
        answer = self._get(
            self.drive,
            f"/drive/v3/files/{self.spreadsheet}",
            {"fields": "version,trashed", "supportsAllDrives": "true"},
        )
        if answer.body.get("trashed"):
            raise TerminalError("The spreadsheet is in the bin.", reason="permission")
        return str(answer.body.get("version"))

    def _find_tab(self) -> tuple[str, Mapping[str, Any]]:
        """The title of the spreadsheet and the properties of the tab, by its name, with its merged cells."""
        answer = self._get(
            self.sheets,
            f"/v4/spreadsheets/{self.spreadsheet}",
            {
                "fields": "properties(title,locale,timeZone),sheets(properties(sheetId,title,hidden,gridProperties),merges)"
            },
        )
        tabs = {sheet["properties"]["title"]: sheet for sheet in answer.body.get("sheets") or []}
        if self.tab not in tabs:
            raise TerminalError(
                f"The spreadsheet has no tab {self.tab!r}.",
                reason="drift",
                remedy=f"Its tabs are {', '.join(sorted(tabs))}. Rename the tab, or connect the other one.",
            )
        return str(answer.body.get("properties", {}).get("title") or "Spreadsheet"), tabs[self.tab]

    def _read_rows(self, tab: Mapping[str, Any]) -> list[list[str]]:
        """Headings and rows as text: numbers with a point, dates and times in ISO 8601, in the spreadsheet's time."""
        values = self._values("UNFORMATTED_VALUE")
        if not values:
            return []
        shown = self._values("FORMATTED_VALUE") if any(_is_number(cell) for row in values[1:] for cell in row) else []
        merges = tab.get("merges") or []
        width = max(len(row) for row in values)
        header = name_columns(_fill_merged(values[0], merges), width)
        dates = {
            column
            for column in range(width)
            if looks_like_dates([_cell(row, column) for row in values[1:]], [_cell(row, column) for row in shown[1:]])
        }
        return [header, *([write_cell(_cell(row, c), c in dates) for c in range(width)] for row in values[1:])]

    def _values(self, render: str) -> list[list[Any]]:
        answer = self._get(
            self.sheets,
            f"/v4/spreadsheets/{self.spreadsheet}/values:batchGet",
            {
                "ranges": quote_tab(self.tab),
                "majorDimension": "ROWS",
                "valueRenderOption": render,
                "dateTimeRenderOption": "SERIAL_NUMBER",
            },
        )
        [values] = answer.body.get("valueRanges") or [{}]
        return cast(list[list[Any]], values.get("values") or [])

    def _get(self, client: ApiClient, path: str, params: Mapping[str, str]) -> Answer:
        answer = client.get(path, params, {"Authorization": f"Bearer {self._access_token()}"})
        if answer.status == 401:
            self._token = ("", 0.0)
            answer = client.get(path, params, {"Authorization": f"Bearer {self._access_token()}"})
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if answer.status == 403 and _is_rate_limit(error):
            raise TransientError("Google answers that it was called too often.", retry_after=60, over_quota=True)
        if answer.status in (401, 403, 404):
            raise TerminalError(
                f"Google does not show the spreadsheet ({answer.status}).",
                reason="permission",
                remedy=f"Share the spreadsheet with {self.account.email}, as a reader.",
            )
        if answer.status != 200 or not isinstance(answer.body, dict):
            raise TerminalError(f"Google answers with an error ({answer.status}).", reason="defect")
        return answer

    def _access_token(self) -> str:
        """A token of the service account (RFC 7523), kept for most of its hour."""
        token, until = self._token
        if token and time.monotonic() < until:
            return token
        answer = self.sign_in.post(
            "/token",
            {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._sign()},
        )
        if answer.status != 200 or not isinstance(answer.body, dict) or "access_token" not in answer.body:
            raise TerminalError(
                "Google does not accept the key of the service account.",
                reason="authentication",
                remedy="Make a new key for it in the Google Cloud console, then: foresell sources secret NAME",
            )
        self._token = (answer.body["access_token"], time.monotonic() + int(answer.body.get("expires_in", 3600)) - 300)
        return self._token[0]

    def _sign(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.account.email,
            "scope": SCOPES,
            "aud": f"{TOKEN_URL}/token",
            "iat": now,
            "exp": now + 3600,
        }
        key = RSAKey.import_key(self.account.private_key)
        return jwt.encode({"alg": "RS256", "kid": self.account.key_id}, claims, key)


def read_key_file(text: str) -> ServiceAccount:
    """The key file of a service account (JSON). Raises UsageError naming what is wrong."""
    try:
        data = json.loads(text)
        account = ServiceAccount(data["client_email"], data["private_key_id"], data["private_key"])
        RSAKey.import_key(account.private_key)
    except (ValueError, KeyError, TypeError, JoseError):
        raise UsageError(
            "This is not the key file of a service account.",
            remedy="Download a JSON key: Google Cloud console, IAM, Service accounts, Keys.",
        ) from None
    return account


def read_sheet_id(text: str) -> str:
    """The id of a spreadsheet, from its address or itself. Raises UsageError."""
    if not (found := _SHEET_ID.match(text.strip())):
        raise UsageError(
            "This is not the address of a Google spreadsheet.",
            remedy="Copy it from the browser: https://docs.google.com/spreadsheets/d/...",
        )
    return found[1]


def name_columns(header: Sequence[Any], width: int) -> list[str]:
    """A name for each column: a blank one is called by its letter, the second of two equal ones gets a number."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for column in range(width):
        name = " ".join(str(_cell(header, column) or "").split()) or f"column_{column_letter(column)}"
        count = seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        names.append(name if count == 1 else f"{name} ({count})")
    return names


def column_letter(column: int) -> str:
    """The letters of a column, counted from 0: A, B, ... Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def looks_like_dates(values: Sequence[Any], shown: Sequence[Any]) -> bool:
    """Whether most numbers of a column are shown as dates or times; the number alone does not say it."""
    numbers = [(value, str(text or "")) for value, text in zip(values, shown, strict=False) if _is_number(value)]
    return bool(numbers) and 2 * sum(bool(_SHOWN_AS_DATE.search(text)) for _, text in numbers) > len(numbers)


def write_cell(value: Any, is_date: bool) -> str:
    """A cell as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if is_date and _is_number(value) and 0 <= value < 2_958_466:
        moment = DAY_ZERO + timedelta(seconds=round(float(value) * 86_400))
        return moment.isoformat(sep=" ") if moment.time() != DAY_ZERO.time() else moment.date().isoformat()
    return f"{value:f}" if _is_number(value) and not isinstance(value, int) else str(value)


def quote_tab(tab: str) -> str:
    """The name of a tab as a range in A1 notation."""
    return "'" + tab.replace("'", "''") + "'"


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool | str | None)


def _cell(row: Sequence[Any], column: int) -> Any:
    return row[column] if column < len(row) and row[column] != "" else None


def _fill_merged(header: Sequence[Any], merges: Sequence[Mapping[str, int]]) -> list[Any]:
    """The first row, with the text of merged cells in each of their columns."""
    filled = list(header)
    for merge in merges:
        if merge.get("startRowIndex", 0) == 0 and merge.get("startColumnIndex", 0) < len(filled):
            first, end = merge.get("startColumnIndex", 0), merge["endColumnIndex"]
            filled += [None] * (end - len(filled))
            filled[first:end] = [filled[first]] * (end - first)
    return filled


def _is_rate_limit(error: Any) -> bool:
    return isinstance(error, dict) and (
        error.get("status") == "RESOURCE_EXHAUSTED"
        or any("ateLimit" in str(each.get("reason")) for each in error.get("errors") or [])
    )


def _file_name(tab: str) -> str:
    return quote(re.sub(r"[^\w .-]", "_", tab)[:80], safe=" .-_") or "rows"
