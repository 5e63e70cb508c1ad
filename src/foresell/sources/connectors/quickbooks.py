"""QuickBooks Online: customers, items, sales and credits by its accounting API, minor version 75.

Never run against Intuit's service: built from its documentation, and tested against an imitation that plays its faults.

A first reading pages by the time of the last change, never by an offset over moving rows: what is edited meanwhile comes
again with a later page. Later readings ask for what changed since (change data capture), which names deleted records too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import orjson

from foresell.sources.connectors.http import Answer, ApiClient
from foresell.sources.connectors.tokens import Tokens, TokenStore
from foresell.sources.contract import (
    Connection,
    Cursor,
    Page,
    Record,
    Stream,
    TerminalError,
    Total,
    TransientError,
    find_stream,
)

API_URL = "https://quickbooks.api.intuit.com"
TOKEN_URL = "https://oauth.platform.intuit.com"  # noqa: S105 - an address
TOKEN_PATH = "/oauth2/v1/tokens/bearer"  # noqa: S105 - a path
SIGN_IN_URL = "https://appcenter.intuit.com/connect/oauth2"
SCOPE = "com.intuit.quickbooks.accounting"
MINOR_VERSION = "75"
#: Records of one query, and the most that change data capture returns over all entities.
PAGE_ROWS = 1_000
#: Ten calls a second are allowed for each company.
CALLS_A_SECOND = 8.0
#: An access token lasts an hour; it is replaced when less than this is left.
RENEW_SECONDS = 600.0
#: Change data capture reaches back 30 days. Readings overlap, for changes that were under way.
MOST_DAYS, OVERLAP = 29, timedelta(minutes=5)

#: Of records with equal times, pages overlap by 50 rows, or by a tenth.
OVERLAP_ROWS = 50
#: A first reading follows changes made while it lasts for three pages; the next reading brings later ones.
LATE_PAGES = 3

#: By stream, the entity of the API and whether inactive ones must be asked for.
ENTITIES = {
    "customers": ("Customer", True),
    "items": ("Item", True),
    "invoices": ("Invoice", False),
    "sales receipts": ("SalesReceipt", False),
    "credit memos": ("CreditMemo", False),
    "refund receipts": ("RefundReceipt", False),
}
#: What is kept of a record. Sales name their customer by number only; notes and descriptions are left out.
CUSTOMER_FIELDS = (
    "Id", "DisplayName", "GivenName", "FamilyName", "CompanyName", "PrimaryEmailAddr", "PrimaryPhone", "BillAddr", "Active",
    "ParentRef", "Job", "MetaData",
)  # fmt: skip
ITEM_FIELDS = ("Id", "Name", "FullyQualifiedName", "Sku", "Type", "UnitPrice", "Active", "MetaData")
SALE_FIELDS = (
    "Id", "DocNumber", "TxnDate", "CurrencyRef", "ExchangeRate", "TotalAmt", "HomeTotalAmt", "GlobalTaxCalculation", "MetaData",
)  # fmt: skip
LINE_FIELDS = ("Id", "LineNum", "Amount", "DetailType")
LINE_DETAILS = ("ItemRef", "Qty", "UnitPrice")
#: Codes of errors after which a person must act, with the reason.
TERMINAL_CODES = {
    "120": "permission", "3100": "permission", "3200": "authentication", "6190": "permission", "4000": "defect",
}  # fmt: skip


@dataclass
class QuickBooks:
    """One company of QuickBooks Online. `api` and `sign_in` are clients of API_URL and TOKEN_URL, or of an imitation."""

    realm: str
    client_id: str
    client_secret: str = field(repr=False)
    tokens: TokenStore = field(repr=False)
    api: ApiClient = field(default_factory=lambda: ApiClient(API_URL, CALLS_A_SECOND))
    sign_in: ApiClient = field(default_factory=lambda: ApiClient(TOKEN_URL, 1.0))
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _changes: tuple[datetime, Answer] | None = field(default=None, init=False, repr=False)

    def close(self) -> None:
        """Close the connections."""
        self.api.close()
        self.sign_in.close()

    @property
    def requests(self) -> int:
        """Calls made."""
        return self.api.requests + self.sign_in.requests

    @property
    def retries(self) -> int:
        """Calls made again."""
        return self.api.retries + self.sign_in.retries

    def discover(self) -> Sequence[Stream]:
        """Customers and items before the sales that refer to them."""
        return tuple(
            Stream(
                name=name,
                key=("Id",),
                deletes="log",
                resumable=True,
                licence="own data",
                legal_basis="none" if name == "items" else "contract",
                requests_per_minute=500,
                keeps_documents=name != "customers",
            )
            for name in ENTITIES
        )

    def check(self) -> Connection:
        """The company's name and home currency. Raises what `read` raises."""
        company = self._get(f"/v3/company/{self.realm}/companyinfo/{self.realm}", {}).body.get("CompanyInfo", {})
        preferences = self._get(f"/v3/company/{self.realm}/preferences", {}).body.get("Preferences", {})
        currency = ((preferences.get("CurrencyPrefs") or {}).get("HomeCurrency") or {}).get("value")
        if not currency:
            raise TerminalError("QuickBooks does not say the company's home currency.", reason="drift")
        return Connection(str(company.get("CompanyName") or f"company {self.realm}"), {"home_currency": str(currency)})

    def read(self, stream: str, cursor: Cursor | None = None) -> Generator[Page[Sequence[Record]], None, None]:
        """A stream from its beginning, or what changed since the cursor; after 29 days without a reading, all of it again.

        Raises UnknownStream, TransientError or TerminalError.
        """
        find_stream(self, stream)
        position: dict[str, Any] = (
            json.loads(cursor.position) if cursor else {"last": "1970-01-01T00:00:00Z", "start": 1}
        )
        if since := position.get("since"):
            changed_since = datetime.fromisoformat(str(since))
            if self.now() - changed_since < timedelta(days=MOST_DAYS):
                yield from self._read_changes(stream, changed_since)
                return
            position = {"last": "1970-01-01T00:00:00Z", "start": 1}
        yield from self._read_all(stream, position)

    def totals(self, first: datetime, last: datetime) -> tuple[Total, ...]:
        """Net sales by month as the company's own report CustomerSales states them, named `revenue YYYY-MM`; in home currency.

        Raises TransientError or TerminalError.
        """
        answer = self._get(
            f"/v3/company/{self.realm}/reports/CustomerSales",
            {
                "start_date": f"{first:%Y-%m-%d}",
                "end_date": f"{last:%Y-%m-%d}",
                "accounting_method": "Accrual",
                "summarize_column_by": "Month",
            },
        )
        return read_sales_report(answer.body)

    def _read_all(self, stream: str, position: dict[str, Any]) -> Generator[Page[Sequence[Record]], None, None]:
        """Everything in the order of its last change, then what changed meanwhile, then the count that must be held.

        Records with equal times are paged by offset, with an overlap: one that is deleted moves the others up.
        """
        entity, with_inactive = ENTITIES[stream]
        last, start, until = position["last"], position["start"], position.get("until")
        late = 0
        active = " and Active in (true, false)" if with_inactive else ""
        columns = "*, Sku" if entity == "Item" else "*"
        while True:
            answer = self._query(
                f"select {columns} from {entity} where MetaData.LastUpdatedTime >= '{last}'{active}"
                f" orderby MetaData.LastUpdatedTime startposition {start} maxresults {PAGE_ROWS}"
            )
            until = until or answer.body["time"]
            found = answer.body["QueryResponse"].get(entity) or []
            if not found or late == LATE_PAGES:
                break
            records = self._records(stream, found, answer)
            newest = found[-1]["MetaData"]["LastUpdatedTime"]
            step = len(found) - min(OVERLAP_ROWS, len(found) // 10)
            last, start = (last, start + step) if newest == last else (newest, 1)
            late += datetime.fromisoformat(newest) > datetime.fromisoformat(until)
            following = json.dumps({"last": last, "start": start, "until": until})
            yield Page(records, next_cursor=Cursor(following))
        changes = self._changed([entity], datetime.fromisoformat(until), reuse=False)
        if _count_objects(changes) >= PAGE_ROWS:  # too much changed meanwhile to count; the next reading brings it
            yield Page((), next_cursor=Cursor(json.dumps({"since": until})))
            return
        page = self._make_page(stream, changes)
        yield replace(page, next_cursor=None)  # killed before the count, the reading goes on where it is checked
        count = self._count(entity, "where Active in (true, false)" if active else "")
        yield Page((), next_cursor=page.next_cursor, complete=True, totals=(Total("count", Decimal(count)),))

    def _count(self, entity: str, where: str) -> int:
        counted = self._query(f"select count(*) from {entity} {where}".strip())
        return int(counted.body["QueryResponse"].get("totalCount", 0))

    def _read_changes(self, stream: str, since: datetime) -> Generator[Page[Sequence[Record]], None, None]:
        entity, _ = ENTITIES[stream]
        answer = self._changed([entity for entity, _ in ENTITIES.values()], since, reuse=True)
        if _count_objects(answer) >= PAGE_ROWS:  # cut off, deleted ones first
            answer = self._changed([entity], since, reuse=False)
            if _count_objects(answer) >= PAGE_ROWS:
                yield from self._read_all(stream, {"last": "1970-01-01T00:00:00Z", "start": 1})
                return
        yield self._make_page(stream, answer)

    def _make_page(self, stream: str, changes: Answer) -> Page[Sequence[Record]]:
        """What change data capture says of a stream."""
        entity, _ = ENTITIES[stream]
        found = [item for response in _responses(changes) for item in response.get(entity) or []]
        deleted = tuple(str(item["Id"]) for item in found if item.get("status") == "Deleted")
        kept = [item for item in found if item.get("status") != "Deleted"]
        following = json.dumps({"since": changes.body["time"]})
        return Page(self._records(stream, kept, changes), deleted, Cursor(following))

    def _changed(self, entities: Sequence[str], since: datetime, *, reuse: bool) -> Answer:
        """What changed in these entities since then, with an overlap. All streams of one reading share a call."""
        if reuse and self._changes and self._changes[0] <= since:
            return self._changes[1]
        changed_since = (since - OVERLAP).isoformat()
        answer = self._get(
            f"/v3/company/{self.realm}/cdc", {"entities": ",".join(entities), "changedSince": changed_since}
        )
        if reuse:
            self._changes = (since, answer)
        return answer

    def _query(self, text: str) -> Answer:
        answer = self._get(f"/v3/company/{self.realm}/query", {"query": text})
        if not isinstance(answer.body.get("QueryResponse"), dict) or "time" not in answer.body:
            raise TerminalError("QuickBooks answers a query in another form than expected.", reason="drift")
        return answer

    def _get(self, path: str, params: Mapping[str, str]) -> Answer:
        """The answer, with new tokens where the old ones have ended. Raises TransientError or TerminalError."""
        tokens = self.tokens.read()
        if not tokens.lasts(RENEW_SECONDS):
            tokens = self.tokens.renew(tokens, self._renew)
        answer = self._get_with(tokens, path, params)
        if answer.status == 401:
            answer = self._get_with(self.tokens.renew(tokens, self._renew), path, params)
        _raise_faults(answer)
        return answer

    def _get_with(self, tokens: Tokens, path: str, params: Mapping[str, str]) -> Answer:
        return self.api.get(
            path,
            {**params, "minorversion": MINOR_VERSION},
            {"Authorization": f"Bearer {tokens.access}"},
        )

    def _renew(self, tokens: Tokens) -> Tokens:
        return request_tokens(
            self.sign_in,
            self.client_id,
            self.client_secret,
            {"grant_type": "refresh_token", "refresh_token": tokens.refresh},
        )

    def _records(self, stream: str, found: Sequence[Mapping[str, Any]], answer: Answer) -> list[Record]:
        fetched_at = self.now()
        origin = f"{answer.url.split('?')[0]} ({answer.headers.get('intuit_tid', 'no number')})"
        records = []
        for item in found:
            try:
                document = reduce_document(stream, item)
                text = orjson.dumps(document, default=str, option=orjson.OPT_SORT_KEYS)
                version = f"{item.get('SyncToken', '')}-{hashlib.sha256(text).hexdigest()[:12]}"
                updated_at = datetime.fromisoformat(item["MetaData"]["LastUpdatedTime"])
                records.append(Record(str(item["Id"]), version, document, updated_at, fetched_at, origin))
            except (KeyError, TypeError, ValueError, AttributeError):
                raise TerminalError(
                    f"QuickBooks sends {stream} in another form than expected.", reason="drift"
                ) from None
        return records


def sign_in_url(client_id: str, redirect_url: str, state: str) -> str:
    """Where a person allows Foresell to read the company; the answer comes to `redirect_url`."""
    query = {
        "client_id": client_id,
        "scope": SCOPE,
        "redirect_uri": redirect_url,
        "response_type": "code",
        "state": state,
    }
    return f"{SIGN_IN_URL}?{urlencode(query)}"


def request_tokens(client: ApiClient, client_id: str, client_secret: str, form: Mapping[str, str]) -> Tokens:
    """Tokens for a code or for a refresh token. Raises TerminalError when Intuit refuses, or TransientError."""
    basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    answer = client.post(TOKEN_PATH, form, {"Authorization": f"Basic {basic}"})
    if answer.status != 200 or not isinstance(answer.body, dict) or "access_token" not in answer.body:
        raise TerminalError("QuickBooks does not accept the sign-in any more.", reason="authentication")
    now = datetime.now(UTC)
    refresh_seconds = answer.body.get("x_refresh_token_expires_in")
    return Tokens(
        access=answer.body["access_token"],
        expires_at=now + timedelta(seconds=int(answer.body["expires_in"])),
        refresh=answer.body["refresh_token"],
        refresh_expires_at=now + timedelta(seconds=int(refresh_seconds)) if refresh_seconds else None,
    )


def reduce_document(stream: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a record: the fields that the mapping uses."""
    if stream == "customers":
        return _pick(item, CUSTOMER_FIELDS)
    if stream == "items":
        return _pick(item, ITEM_FIELDS)
    sale = _pick(item, SALE_FIELDS)
    sale["Customer"] = (item.get("CustomerRef") or {}).get("value")
    sale["Country"] = (item.get("ShipAddr") or {}).get("Country")
    sale["Tax"] = (item.get("TxnTaxDetail") or {}).get("TotalTax")
    sale["Void"] = str(item.get("PrivateNote") or "").lower().startswith("void")
    sale["Line"] = [_reduce_line(line) for line in item.get("Line") or []]
    return sale


def _reduce_line(line: Mapping[str, Any]) -> dict[str, Any]:
    kept = _pick(line, LINE_FIELDS)
    detail = line.get("SalesItemLineDetail") or {}
    kept |= _pick(detail, LINE_DETAILS)
    if group := line.get("GroupLineDetail"):
        kept["Line"] = [_reduce_line(child) for child in group.get("Line") or []]
    return kept


def _pick(item: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: item[name] for name in names if item.get(name) is not None}


def read_webhook(content: bytes, signature: str, token: str) -> frozenset[str] | None:
    """The companies that a notification says have changed; None where it is not signed with our verifier token.

    Both envelopes are read: an array of CloudEvents, and `eventNotifications`. What changed is not taken from it: the next
    reading asks. `signature`: the header intuit-signature, HMAC-SHA256 of the body in base64.
    """
    expected = base64.b64encode(hmac.digest(token.encode(), content, "sha256")).decode()
    if not token or not hmac.compare_digest(expected.encode(), signature.encode()):
        return None
    try:
        body = json.loads(content)
    except ValueError:
        return frozenset()
    entries = body if isinstance(body, list) else body.get("eventNotifications") if isinstance(body, dict) else None
    named = [entry for entry in entries or [] if isinstance(entry, dict)]
    return frozenset(str(entry.get("intuitaccountid") or entry.get("realmId") or "") for entry in named) - {""}


def read_sales_report(report: Mapping[str, Any]) -> tuple[Total, ...]:
    """The months of a CustomerSales report that is summarized by month. Raises TerminalError for another layout."""
    try:
        columns = report["Columns"]["Column"]
        [grand] = [row for row in report["Rows"].get("Row", []) if row.get("group") == "GrandTotal"] or [None]
        if grand is None:
            return ()
        cells = grand["Summary"]["ColData"]
        return tuple(
            Total(f"revenue {start[:7]}", Decimal(str(cell.get("value") or 0)))
            for column, cell in zip(columns, cells, strict=True)
            if (start := _start_of(column))
        )
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise TerminalError("The report CustomerSales has another layout than expected.", reason="drift") from None


def _start_of(column: Mapping[str, Any]) -> str | None:
    """The first day of a month's column; None for the names and the total."""
    found = {entry["Name"]: entry["Value"] for entry in column.get("MetaData") or []}
    return found.get("StartDate") if column.get("ColType") == "Money" else None


def _responses(answer: Answer) -> list[Mapping[str, Any]]:
    return [each for response in answer.body.get("CDCResponse") or [] for each in response.get("QueryResponse") or []]


def _count_objects(answer: Answer) -> int:
    return sum(len(items) for response in _responses(answer) for items in response.values() if isinstance(items, list))


def _raise_faults(answer: Answer) -> None:
    """Raise what an answer says has gone wrong, also in one with status 200. Two spellings of a fault are in use."""
    body = answer.body if isinstance(answer.body, dict) else {}
    fault = body.get("Fault") or body.get("fault") or {}
    faults = [*(fault.get("Error") or fault.get("error") or [])]
    for response in _responses(answer):
        faults += (response.get("Fault") or {}).get("Error") or []
    code = str(faults[0].get("code", "")) if faults else ""
    if answer.status == 401:
        raise TerminalError("QuickBooks refuses the new sign-in too.", reason="authentication")
    if answer.status == 403 or code in TERMINAL_CODES:
        reason: Any = TERMINAL_CODES.get(code, "permission")
        raise TerminalError(f"QuickBooks refuses ({answer.status}, code {code or 'none'}).", reason=reason)
    if faults or answer.status != 200:
        raise TerminalError(
            f"QuickBooks answers with an error ({answer.status}, code {code or 'none'}).", reason="defect"
        )
    if not body:
        raise TransientError("QuickBooks answers with nothing.")
