"""An imitation of Google Sheets: token, Drive and Sheets endpoints over tabs that can be edited, and how Google refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from random import Random
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from foresell.demo.imitations.server import Imitation, Reply

SPREADSHEET = "1imitation-of-a-spreadsheet-0123456789"
ACCOUNT = "foresell@imitation.iam.gserviceaccount.com"
KEY_ID = "imitation-key"
_AUDIENCE = "https://oauth2.googleapis.com/token"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_DAY_ZERO = date(1899, 12, 30).toordinal()
_RANGE = re.compile(r"'(?P<tab>(?:[^']|'')+)'")


@dataclass(frozen=True, slots=True)
class Shown:
    """A number that the spreadsheet shows as this text."""

    value: float
    text: str


#: A cell: dates and times are numbers to the API. An error such as #N/A is a text.
Cell = str | bool | int | float | date | datetime | time | Shown | None


@dataclass
class Tab:
    """A tab: `rows` with the headings first; `merges` are ranges of cells, counted from 0, their ends excluded."""

    title: str
    rows: list[list[Cell]]
    merges: list[dict[str, int]] = field(default_factory=list)


@dataclass
class Refusals:
    """How Google refuses. `access`: the status of every answer about a file that is not shared. `too_many`: answer this number of calls
    with 429, and with `as_drive` with Drive's 403. `key_is_disabled`: the service account's key does not work any more.
    """

    access: int = 200
    too_many: int = 0
    as_drive: bool = False
    key_is_disabled: bool = False


class GoogleSheetsImitation(Imitation):
    """One spreadsheet in the locale de_DE, shared with a service account whose key file is `key_file`."""

    def __init__(
        self, tabs: list[Tab], *, seed: int = 1, fault_share: float = 0.0, refusals: Refusals | None = None
    ) -> None:
        super().__init__(self._serve, seed=seed, fault_share=fault_share)
        self.tabs, self.refusals = tabs, refusals or Refusals()
        self.version, self.is_trashed = 1, False
        self.access_tokens: set[str] = set()
        self.tokens_given = 0

    @property
    def key_file(self) -> str:
        """The key file of the service account, as Google hands it out."""
        return json.dumps(
            {
                "type": "service_account",
                "client_email": ACCOUNT,
                "private_key_id": KEY_ID,
                "private_key": _make_key().as_pem(private=True).decode(),
            }
        )

    def edit(self) -> list[list[Cell]]:
        """The rows of the first tab, to be changed; the version of the file moves on."""
        self.version += 1
        return self.tabs[0].rows

    def share(self) -> None:
        """Share the file with someone else: its version moves on, its content does not."""
        self.version += 1

    def _serve(self, method: str, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        if path == "/token":
            return self._give_token(params)
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self.access_tokens:
            return _refuse(401, "UNAUTHENTICATED", "authError", "Request had invalid authentication credentials.")
        if self.refusals.too_many:
            self.refusals.too_many -= 1
            if self.refusals.as_drive:
                return _refuse(403, "PERMISSION_DENIED", "userRateLimitExceeded", "User Rate Limit Exceeded")
            return _refuse(
                429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "Quota exceeded for read requests per minute."
            )
        if self.refusals.access == 403:
            return _refuse(403, "PERMISSION_DENIED", "forbidden", "The caller does not have permission")
        if self.refusals.access != 200 or SPREADSHEET not in path:
            return _refuse(404, "NOT_FOUND", "notFound", f"File not found: {SPREADSHEET}.")
        match path.split(SPREADSHEET):
            case ["/drive/v3/files/", ""]:
                return Reply(200, {"version": str(self.version), "trashed": self.is_trashed})
            case ["/v4/spreadsheets/", ""]:
                return Reply(200, self._describe())
            case ["/v4/spreadsheets/", "/values:batchGet"]:
                return self._values(params)
        return _refuse(404, "NOT_FOUND", "notFound", "Requested entity was not found.")

    def _give_token(self, params: Mapping[str, str]) -> Reply:
        try:
            claims = jwt.decode(params["assertion"], _make_key(), algorithms=["RS256"]).claims
        except (KeyError, ValueError, JoseError):
            claims = {}
        is_signed = (
            claims.get("iss") == ACCOUNT and claims.get("aud") == _AUDIENCE and "spreadsheets" in claims["scope"]
        )
        if params.get("grant_type") != _GRANT or not is_signed or self.refusals.key_is_disabled:
            return Reply(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."})
        self.tokens_given += 1
        self.access_tokens = {f"token-{self.tokens_given}"}
        return Reply(200, {"access_token": f"token-{self.tokens_given}", "expires_in": 3599, "token_type": "Bearer"})

    def _describe(self) -> dict[str, Any]:
        sheets = [
            {
                "properties": {
                    "sheetId": number,
                    "title": tab.title,
                    "gridProperties": {"rowCount": 1000, "columnCount": 26},
                },
                **({"merges": [{"sheetId": number, **merge} for merge in tab.merges]} if tab.merges else {}),
            }
            for number, tab in enumerate(self.tabs)
        ]
        properties = {"title": "Sales (imitation)", "locale": "de_DE", "timeZone": "Europe/Berlin"}
        return {"properties": properties, "sheets": sheets}

    def _values(self, params: Mapping[str, str]) -> Reply:
        found = _RANGE.fullmatch(params["ranges"])
        tab = next((tab for tab in self.tabs if found and tab.title == found["tab"].replace("''", "'")), None)
        if tab is None or params.get("dateTimeRenderOption") != "SERIAL_NUMBER":
            return _refuse(400, "INVALID_ARGUMENT", "badRequest", f"Unable to parse range: {params['ranges']}")
        write = _show if params["valueRenderOption"] == "FORMATTED_VALUE" else _store
        values = _leave_out_empty([[write(cell) for cell in row] for row in tab.rows])
        answer: dict[str, Any] = {"range": f"'{tab.title}'!A1:Z1000", "majorDimension": "ROWS"}
        return Reply(
            200, {"spreadsheetId": SPREADSHEET, "valueRanges": [answer | ({"values": values} if values else {})]}
        )


def make_sales(rows: int, seed: int = 1) -> Tab:
    """A tab of `rows` orders, one in each row, with dates, whole and broken numbers, and tick boxes."""
    data = Random(seed)  # noqa: S311 - makes data
    products = ("Table", "Chair", "Lamp", "Cabinet")
    head: list[Cell] = ["Order", "Date", "Customer", "E-mail", "Product", "Quantity", "Price", "Paid"]
    orders: list[list[Cell]] = []
    for number in range(rows):
        day = date.fromordinal(date(2025, 11, 3).toordinal() + data.randrange(380))
        price = data.randint(500, 90_000) / 100
        shown = Shown(price, f"{price:,.2f} €".translate(str.maketrans(",.", ".,")))
        buyer, product = f"Customer {data.randrange(max(2, rows // 3))}", data.choice(products)
        mail = f"{buyer.replace(' ', '').lower()}@example.com"
        paid = data.random() < 0.9
        orders.append([f"S-{1000 + number}", day, buyer, mail, product, data.randint(1, 9), shown, paid])
    return Tab("Sales", [head, *orders])


@cache
def _make_key() -> RSAKey:
    return RSAKey.generate_key(2048)


def _refuse(status: int, name: str, reason: str, message: str) -> Reply:
    errors = [{"domain": "global", "reason": reason, "message": message}]
    return Reply(status, {"error": {"code": status, "message": message, "status": name, "errors": errors}})


def _leave_out_empty(rows: list[list[Any]]) -> list[list[Any]]:
    """Rows without the empty cells at their ends, and without the empty rows at the end."""
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _store(cell: Cell) -> Any:
    """The cell as UNFORMATTED_VALUE with dates as SERIAL_NUMBER: a whole number for whole days, as Google writes it."""
    if isinstance(cell, Shown):
        return cell.value
    if isinstance(cell, datetime):
        return cell.toordinal() - _DAY_ZERO + _share_of_day(cell.time())
    if isinstance(cell, date):
        return cell.toordinal() - _DAY_ZERO
    if isinstance(cell, time):
        return _share_of_day(cell)
    return "" if cell is None else cell


def _show(cell: Cell) -> str:
    """The cell as FORMATTED_VALUE."""
    if isinstance(cell, Shown):
        return cell.text
    if isinstance(cell, datetime):
        return f"{cell:%d.%m.%Y %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    if isinstance(cell, time):
        return f"{cell:%H:%M:%S}"
    if isinstance(cell, bool):
        return str(cell).upper()
    return "" if cell is None else str(cell).replace(".", ",") if isinstance(cell, float) else str(cell)


def _share_of_day(moment: time) -> float:
    return (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86_400
