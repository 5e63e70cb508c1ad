"""An imitation of QuickBooks Online: its accounting API over seeded data, with edits between pages and its other habits."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from foresell.demo.imitations.server import Imitation, Reply

REALM, CLIENT_ID, CLIENT_SECRET = "9130350000000001", "imitation-client", "imitation-secret"
SALES = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt")
#: Change data capture returns no more objects, the deleted ones last.
MOST_CHANGES = 1_000
_QUERY = re.compile(
    r"select (?P<what>.+?) from (?P<entity>\w+)(?: where (?P<where>.+?))?(?: orderby (?P<order>\S+))?"
    r"(?: startposition (?P<start>\d+))?(?: maxresults (?P<most>\d+))?$",
    re.IGNORECASE,
)
_PRODUCTS = ("Table", "Chair", "Lamp", "Cabinet", "Monitor", "Keyboard", "Cable", "Paper", "Ink", "Stapler")
_NAMES = (
    "Anna Berg",
    "Jan de Vries",
    "Maria Schmidt",
    "Luc Martin",
    "Ola Nordin",
    "Emma Walsh",
    "Paul Weber",
    "Ines Costa",
)


@dataclass
class Habits:
    """What this company's QuickBooks does. `edits_between_pages`, `deletes_between_pages`: after each page of invoices.

    `page_limit`: it returns no more rows than this, even when it is asked for more. `rows_in_one_second`: invoices that were imported at
    once. `is_unstable`: rows with equal times come in another order each time. `miscounts`: its count is wrong so often.
    """

    edits_between_pages: int = 0
    deletes_between_pages: int = 0
    page_limit: int = 1_000
    rows_in_one_second: int = 0
    is_unstable: bool = False
    miscounts: int = 0
    faults_in_200: int = 0
    access_seconds: int = 3_600
    revoked: bool = False


class QuickBooksImitation(Imitation):
    """A company with `customers` customers and `invoices` invoices; `clock` is its own, hours off ours."""

    def __init__(
        self,
        *,
        customers: int = 50,
        invoices: int = 200,
        seed: int = 1,
        fault_share: float = 0.0,
        habits: Habits | None = None,
        today: date = date(2026, 11, 20),
    ) -> None:
        super().__init__(self._serve, seed=seed, fault_share=fault_share)
        self.habits = habits or Habits()
        self.data = Random(seed)  # noqa: S311 - makes data
        self.clock = datetime(today.year, today.month, today.day, 8, tzinfo=UTC) - timedelta(days=700)
        self.today = today
        self.rows: dict[str, dict[str, dict[str, Any]]] = {
            entity: {} for entity in ("Customer", "Item", "Payment", *SALES)
        }
        self.deleted: list[tuple[str, str, datetime]] = []
        self.refresh_token, self.access_tokens = "refresh-0", {"access-0"}
        self.renewals = 0
        self._number = 0
        self._make_company(customers, invoices)

    def connection(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The settings and the secret of a connection to this company that is signed in."""
        tokens = {"access": "access-0", "expires_at": "2100-01-01T00:00:00+00:00", "refresh": "refresh-0"}
        settings = {"realm": REALM, "client_id": CLIENT_ID, "redirect_url": "http://127.0.0.1/sources"}
        return settings, {"client_secret": CLIENT_SECRET, "tokens": tokens}

    def _make_company(self, customers: int, invoices: int) -> None:
        for index, name in enumerate(_PRODUCTS):
            self.save("Item", {"Name": name, "FullyQualifiedName": f"Office:{name}", "Type": "Inventory", "UnitPrice": 10 + 7 * index,
                               "Active": name != "Ink"})  # fmt: skip
        for index in range(customers):
            self.save("Customer", self._make_customer(index))
        in_one_second = self.habits.rows_in_one_second
        for index in range(invoices):
            self.save(self._kind_of_sale(), self._make_sale(), moves=index >= in_one_second)
        self.clock = datetime(self.today.year, self.today.month, self.today.day, 8, tzinfo=UTC)

    def _make_customer(self, index: int) -> dict[str, Any]:
        name = _NAMES[index % len(_NAMES)]
        customer: dict[str, Any] = {
            "DisplayName": f"{name} {index}",
            "GivenName": name.split(" ", 1)[0],
            "FamilyName": f"{name.split(' ', 1)[1]}-{index}",
            "Active": index % 17 != 3,
            "BillAddr": {"Line1": f"{index + 1} Mill Lane", "City": "Leeds", "PostalCode": "LS1 4AP", "Country": "GB"},
        }
        if index % 3:
            customer["PrimaryEmailAddr"] = {"Address": f"customer{index}@example.com"}
        if index % 4:
            customer["PrimaryPhone"] = {"FreeFormNumber": f"(0113) 496 {index:04}"}
        if index % 5 == 0:
            customer["CompanyName"] = f"{name.split()[-1]} {index} Ltd"
        return customer

    def _kind_of_sale(self) -> str:
        return self.data.choices(SALES, (84, 10, 4, 2))[0]

    def _make_sale(self) -> dict[str, Any]:
        day = self.today - timedelta(days=self.data.randrange(700))
        lines: list[dict[str, Any]] = []
        products_sold = Decimal(0)
        for number in range(self.data.randint(1, 4)):
            line = self._make_line(number)
            lines.append(line)
            products_sold += Decimal(str(line["Amount"]))
        if self.data.random() < 0.1:
            children = [self._make_line(number) for number in range(2)]
            amount = sum((Decimal(str(child["Amount"])) for child in children), Decimal(0))
            lines.append(
                {"DetailType": "GroupLineDetail", "Amount": _money(amount), "GroupLineDetail": {"Line": children}}
            )
            products_sold += amount
        discount = Decimal(0)
        if self.data.random() < 0.15:
            discount = (products_sold * self.data.randint(5, 20) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
            lines.append(
                {
                    "DetailType": "DiscountLineDetail",
                    "Amount": _money(discount),
                    "DiscountLineDetail": {"PercentBased": False},
                }
            )
        lines.append({"DetailType": "SubTotalLineDetail", "Amount": _money(products_sold)})
        lines.append({"DetailType": "DescriptionOnly", "Description": "Thank you"})
        tax = ((products_sold - discount) * Decimal("0.2")).quantize(Decimal("0.01"), ROUND_HALF_UP)
        sale: dict[str, Any] = {
            "DocNumber": str(1000 + self.data.randrange(5_000)),  # numbers repeat: people type them
            "TxnDate": day.isoformat(),
            "CustomerRef": {"value": self.data.choice(list(self.rows["Customer"])), "name": "as printed"},
            "CurrencyRef": {"value": "GBP"},
            "TotalAmt": _money(products_sold - discount + tax),
            "TxnTaxDetail": {"TotalTax": _money(tax)},
            "GlobalTaxCalculation": "TaxExcluded",
            "Line": lines,
        }
        if self.data.random() < 0.1:
            sale["CurrencyRef"], sale["ExchangeRate"] = {"value": "EUR"}, 0.8567
            sale["HomeTotalAmt"] = _money((products_sold - discount + tax) * Decimal("0.8567"))
        return sale

    def _make_line(self, number: int) -> dict[str, Any]:
        item = self.data.choice(list(self.rows["Item"]))
        quantity, price = self.data.randint(1, 9), Decimal(self.data.randint(100, 20_000)) / 100
        detail: dict[str, Any] = {"ItemRef": {"value": item, "name": self.rows["Item"][item]["FullyQualifiedName"]}}
        if self.data.random() < 0.9:
            detail |= {"Qty": quantity, "UnitPrice": _money(price)}
        else:
            quantity = 1
        return {"Id": str(number + 1), "LineNum": number + 1, "Amount": _money(price * quantity), "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": detail}  # fmt: skip

    def save(self, entity: str, fields: Mapping[str, Any], *, moves: bool = True) -> dict[str, Any]:
        """Add a record, or change the one whose Id is given; its time of change moves on."""
        if moves:
            self.clock += timedelta(seconds=self.data.randint(1, 40))
        key = fields.get("Id")
        if key is None:
            self._number += 1
            key = str(self._number)
        old = self.rows[entity].get(key, {})
        times = {
            "CreateTime": old.get("MetaData", {}).get("CreateTime", _time(self.clock)),
            "LastUpdatedTime": _time(self.clock),
        }
        row = {**old, **fields, "Id": key, "SyncToken": str(int(old.get("SyncToken", -1)) + 1), "MetaData": times}
        self.rows[entity][key] = row
        return row

    def edit_sale(self) -> None:
        """Someone changes a sale: another line, another customer."""
        entity, key = self._some_sale()
        self.save(entity, {**self._make_sale(), "Id": key, "PrivateNote": ""})

    def delete_sale(self) -> None:
        """Someone deletes a sale."""
        entity, key = self._some_sale()
        self.clock += timedelta(seconds=1)
        del self.rows[entity][key]
        self.deleted.append((entity, key, self.clock))

    def void_sale(self) -> None:
        """Someone voids a sale: it stays, with amounts of 0."""
        entity, key = self._some_sale()
        row = self.rows[entity][key]
        lines = [{**line, "Amount": 0} for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"]
        self.save(
            entity, {"Id": key, "Line": lines, "TotalAmt": 0, "TxnTaxDetail": {"TotalTax": 0}, "PrivateNote": "Voided"}
        )

    def _some_sale(self) -> tuple[str, str]:
        entity = self.data.choice([entity for entity in SALES if self.rows[entity]])
        return entity, self.data.choice(list(self.rows[entity]))

    def revenue_by_month(self) -> dict[str, Decimal]:
        """Net sales in the home currency by month: what the report CustomerSales says."""
        months: dict[str, Decimal] = {}
        for entity in SALES:
            for row in self.rows[entity].values():
                net = Decimal(str(row["TotalAmt"])) - Decimal(str(row["TxnTaxDetail"]["TotalTax"]))
                home = (net * Decimal(str(row.get("ExchangeRate", 1)))).quantize(Decimal("0.01"), ROUND_HALF_UP)
                sign = -1 if entity in ("CreditMemo", "RefundReceipt") else 1
                month = row["TxnDate"][:7]
                months[month] = months.get(month, Decimal(0)) + sign * home
        return months

    def _serve(self, method: str, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        if path == "/oauth2/v1/tokens/bearer":
            return self._renew(params, headers)
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.access_tokens:
            return Reply(401, {"fault": {"error": [{"code": "3200", "message": "AuthenticationFailed"}]}})
        if not path.startswith(f"/v3/company/{REALM}/"):
            return Reply(403, {"Fault": {"Error": [{"code": "3100", "Message": "ApplicationAuthorizationFailed"}]}})
        if self.habits.faults_in_200:
            self.habits.faults_in_200 -= 1
            return Reply(200, {"Fault": {"Error": [{"code": "4000", "Message": "QueryParserError"}]}})
        part = path.split("/")[4]
        if part == "companyinfo":
            return self._reply({"CompanyInfo": {"CompanyName": "Office Supplies (imitation)", "Country": "GB"}})
        if part == "preferences":
            return self._reply({"Preferences": {"CurrencyPrefs": {"HomeCurrency": {"value": "GBP"}}}})
        if part == "query":
            return self._query(params["query"])
        if part == "cdc":
            return self._changes(params)
        if part == "reports":
            return self._report()
        return Reply(400, {"Fault": {"Error": [{"code": "610", "Message": "Object Not Found"}]}})

    def _reply(self, body: dict[str, Any]) -> Reply:
        return Reply(200, {**body, "time": _time(self.clock)}, {"intuit_tid": f"imitation-{len(self.calls)}"})

    def _renew(self, params: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        is_code = params.get("grant_type") == "authorization_code" and params.get("code") == "imitation-code"
        known = is_code or params.get("refresh_token") == self.refresh_token
        if headers.get("Authorization") != f"Basic {basic}" or not known or self.habits.revoked:
            return Reply(400, {"error": "invalid_grant"})
        self.renewals += 1
        self.refresh_token, access = f"refresh-{self.renewals}", f"access-{self.renewals}"
        self.access_tokens = {access}
        return Reply(
            200,
            {
                "access_token": access,
                "expires_in": self.habits.access_seconds,
                "refresh_token": self.refresh_token,
                "x_refresh_token_expires_in": 8_726_400,
            },
        )

    def _query(self, text: str) -> Reply:
        found = _QUERY.match(text)
        if not found or found["entity"] not in self.rows:
            return Reply(400, {"Fault": {"Error": [{"code": "4000", "Message": "QueryParserError"}]}})
        rows = list(self.rows[found["entity"]].values())
        where = found["where"] or ""
        if "Active" not in where:
            rows = [row for row in rows if row.get("Active", True)]
        if since := re.search(r"LastUpdatedTime (>=?) '([^']+)'", where):
            moment, with_equal = _moment(since[2]), since[1] == ">="
            rows = [
                row
                for row in rows
                if (at := _moment(row["MetaData"]["LastUpdatedTime"])) > moment or (with_equal and at == moment)
            ]
        if found["what"].lower() == "count(*)":
            count = len(rows)
            if self.habits.miscounts:
                self.habits.miscounts -= 1
                count += 3
            return self._reply({"QueryResponse": {"totalCount": count}})
        if self.habits.is_unstable:
            self.random.shuffle(rows)
        rows.sort(key=lambda row: _moment(row["MetaData"]["LastUpdatedTime"]))
        start = int(found["start"] or 1) - 1
        page = rows[start : start + min(int(found["most"] or 100), self.habits.page_limit)]
        reply = self._reply(
            {
                "QueryResponse": {found["entity"]: page, "startPosition": start + 1, "maxResults": len(page)}
                if page
                else {}
            }
        )
        if found["entity"] in SALES:
            for _ in range(self.habits.edits_between_pages):
                self.edit_sale()
            for _ in range(self.habits.deletes_between_pages):
                self.delete_sale()
        return reply

    def _changes(self, params: Mapping[str, str]) -> Reply:
        since = _moment(params["changedSince"].replace(" ", "+"))
        responses: list[dict[str, Any]] = []
        left = MOST_CHANGES
        for entity in params["entities"].split(","):
            changed = [
                row for row in self.rows[entity].values() if _moment(row["MetaData"]["LastUpdatedTime"]) >= since
            ]
            deleted = [
                {"status": "Deleted", "domain": "QBO", "Id": key, "MetaData": {"LastUpdatedTime": _time(at)}}
                for kind, key, at in self.deleted
                if kind == entity and at >= since
            ]
            found = (changed + deleted)[:left]
            left -= len(found)
            responses.append({entity: found, "startPosition": 1, "maxResults": len(found)} if found else {})
        return self._reply({"CDCResponse": [{"QueryResponse": responses}]})

    def _report(self) -> Reply:
        months = sorted(self.revenue_by_month().items())
        columns = [{"ColTitle": "", "ColType": "Customer"}]
        columns += [
            {"ColTitle": month, "ColType": "Money", "MetaData": [{"Name": "StartDate", "Value": f"{month}-01"}]}  # type: ignore[dict-item]
            for month, _ in months
        ]
        columns.append({"ColTitle": "Total", "ColType": "Money"})
        cells = [{"value": "TOTAL"}, *({"value": str(amount)} for _, amount in months)]
        cells.append({"value": str(sum(amount for _, amount in months))})
        return self._reply(
            {"Columns": {"Column": columns}, "Rows": {"Row": [{"group": "GrandTotal", "Summary": {"ColData": cells}}]}}
        )


def _money(amount: Decimal) -> float:
    return float(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _time(moment: datetime) -> str:
    """In the time of the company's data centre, eight hours behind."""
    return (moment - timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S-08:00")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
