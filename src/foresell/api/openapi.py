"""The API as it describes itself: OpenAPI, completed with what holds everywhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI

from foresell.api.http.dependencies import operations

#: Words that mean the same in every answer, for fields and parameters that say nothing of themselves.
WORDS = {
    "access_token": "Send it as Authorization: Bearer ...", "accuracy": "The share of right answers.",
    "action": "What was done.", "address": "The street address; masked, or whether one is on file.",
    "amount": "Net money.", "as_of": "The day the figures speak of: everything strictly before it.",
    "requested_at": "When it was asked for.", "assignment_id": "The number of the hand-over; its undo takes it.",
    "at": "When.", "axis": "recency_days, frequency or monetary.", "batch_id": "The number of the batch.",
    "call_id": "The number of the call.", "caller": "Who called.", "cancelled": "Which status means cancelled.",
    "cancelled_order_prefix": "What order keys of cancellations begin with.", "category": "The product's category.",
    "changed_at": "When it was last changed.", "churn_180": "Probability of no order within 180 days.",
    "churn_90": "Probability of no order within 90 days.",
    "churn_state": "likely to stay, unsure or at risk; null where nothing is predicted.", "city": "The city, if known.",
    "code": "The six digits the authenticator shows, or what the provider sent.", "column": "The column's name in the file.",
    "confusion_matrix": "What was said, by what came.", "contact": "Contact data.", "country": "The country, if known.",
    "created_at": "When it was made.", "currency": "ISO 4217; null where the sources do not say.",
    "current": "Whether it is this one; for a password: the one until now.", "cursor": "`next_cursor` of the answer before.",
    "customer_id": "Such as C000123.", "customer_ids": "Customers, by their ids.", "customers": "How many customers.",
    "customers_changed": "Customers whose data changed.", "customers_new": "Customers not known before.",
    "customers_scored": "How many customers were scored.", "cut_points": "The ranges of values that earned each score.",
    "data": "The rows.", "date": "The day.", "date_format": "How dates are written.",
    "date_order": "Whether day, month or year comes first.", "day": "The day.", "decimal": "The decimal mark.",
    "definition": "What the figures are, exactly.", "delimiter": "What stands between two values.",
    "description": "What it is, in a sentence.", "detail": "Ids, counts and hashes; never personal data.",
    "device": "The browser or program.", "dialect": "How the file is written.", "direction": "Whether it speaks for or against.",
    "disabled": "Whether they are kept from signing in.", "done": "How much is done, of `total`.",
    "email": "The e-mail address; of customers masked.", "encoding": "The characters' encoding.",
    "error": "What went wrong, in the documents' words.", "escape": "What takes a character's meaning.",
    "event_id": "The number of the event.", "events": "How many events.", "expected_order_value": "Value of the next order.",
    "expires_at": "When it ends.", "expires_in": "Seconds until it ends.",
    "extra_lines": "Columns that are lines of an order by themselves, such as postage.", "f": "Score of frequency, 1 to 5.",
    "f1_score": "Harmonic mean of precision and recall.", "false_negative": "Said no, and an order came.",
    "false_positive": "Said yes, and no order came.", "fields": "Which fields; all when left out.",
    "file_bytes": "The file's size.", "file_name": "The file's name.", "file_sha256": "The file's SHA-256.",
    "finished_at": "When it ended; null while it has not.", "frequency": "Counted orders.",
    "header_line": "The line with the columns' names.", "highest": "The greatest value with that score.",
    "home": "The page to begin with.", "import_id": "The number of the import.", "items": "The lines of the order.",
    "job_id": "The number of the job.", "key": "The key itself; shown this once.", "key_id": "The number of the key.",
    "kind": "What kind it is.", "label": "What the button says.", "last_day": "The last day.",
    "last_purchase_day": "The day of the last counted order.", "last_seen_at": "When they last asked for anything.",
    "last_used_at": "When it was last used.", "limit": "How many.", "line_no": "The line's place in the order.",
    "lines": "How many lines.", "lines_loaded": "Lines written.", "lines_read": "Lines read.",
    "lines_rejected": "Lines left out, each with its reason.", "lines_unchanged": "Lines known already.",
    "link": "Open it once; then it is spent.", "loaded_at": "When it was loaded.", "locale": "How numbers and days are written.",
    "lowest": "The smallest value with that score.", "m": "Score of monetary, 1 to 5.",
    "meta": "The run and the day the figures come from.", "mine": "Whether it is one's own.",
    "model_trained_date": "When the model was trained.", "monetary": "Net revenue, returns subtracted.",
    "name": "The name.", "net_amount": "Goods sold less goods returned.", "network": "Where it is signed in from, roughly.",
    "next_cursor": "Give it as `cursor` for what follows; null at the end.",
    "non_product_skus": "Article numbers that are no goods, such as postage.", "note": "What was noted.",
    "ok": "Whether all is well.", "order_id": "Our number of the order.", "order_key": "The source's own number of the order.",
    "orders": "Orders.", "orders_new": "Orders not known before.", "orders_replaced": "Orders that came again with other lines.",
    "outcome": "reached, no_answer, not_interested or will_order.", "owner": "Who looks after the customer; null: nobody.",
    "page": "Which page this is.", "passkey": "What the device signed.", "passkey_id": "The passkey's id.",
    "password": "The password.", "permissions": "What that allows.", "phone": "The telephone number; masked.",
    "points": "Percentage points of the probability.", "postcode": "The postcode, if known.",
    "precision": "How many of those said to order did.", "preferences": "How they like it.",
    "probability": "Probability of an order within 30 days.", "product": "The product's name.", "products": "What was bought.",
    "products_changed": "Products whose data changed.", "products_new": "Products not known before.",
    "format": "The format the file was read as: online-retail, olist, documents or mapped.", "published_at": "When it was published.",
    "purchase_probability": "Probability of an order within 30 days.", "quantity": "How many.", "quote": "What surrounds text.",
    "r": "Score of recency, 1 to 5.", "reasons": "Why, the strongest first.", "recall": "How many of those who ordered were found.",
    "received_at": "When it was uploaded.", "recency": "Days from the last purchase to as_of.",
    "recency_days": "Days from the last purchase to as_of.", "records": "The customer as each source knows it.",
    "recovery_code": "One of the recovery codes, if the device is lost.",
    "recovery_codes": "Each signs in once; shown this once.", "region": "The region, if known.", "remedy": "What to do next.",
    "request_id": "The request it was done by.", "returned": "Which status means returned.",
    "returned_order_prefix": "What order keys of returns begin with.", "rfm": "Recency, frequency, monetary.",
    "rfm_score": "The digits R, F and M, 1 to 5 each; 555 is best.", "roc_auc": "Area under the ROC curve.",
    "roles": "Their roles.", "rows": "Rows.", "rules_version": "Which version of the segments' rules.",
    "run_id": "The number of the run.", "scopes": "The permissions of the key.", "score": "1 to 5.",
    "seal_id": "The number of the seal.", "seals": "How many seals.", "second_factor": "Which second factors there are.",
    "secret": "For the authenticator; shown this once.", "segment": "The segment.", "segments": "Customers by segment.",
    "sentence": "The reason, in words.", "session_id": "The session.", "shared": "Whether everybody sees it.",
    "sheet": "The sheet of the workbook.", "signed_in_by": "password, passkey, link or provider.",
    "signup_date": "When they signed up, if known.", "sku": "The article number.", "snooze_id": "The number of the snooze.",
    "snooze_until": "Not on the call list before this day.", "snoozed_at": "When they were put off.", "sort": "The order.",
    "source": "Where it comes from.", "source_key": "The source's own key.", "started_at": "When it was begun.",
    "state": "What has become of it, or what binds a sign-in to its browser.", "status": "The HTTP status.",
    "step": "What is being done, in words.", "subject": "What it was done to, such as customer:C000123.",
    "summary": "The day in figures.", "table": "The table of the file.", "team": "Their team; null: none.",
    "team_id": "The number of the team.", "theme": "What it is about; of preferences: light, dark or the system's.",
    "ticket": "Send it with the second factor.", "title": "The status in words.", "token": "The token of the one-time link.",
    "token_type": "Bearer.", "total": "How many there are, before paging.", "total_customers": "All of them.",
    "training_samples": "Rows the model learnt from.", "true_negative": "Said no, and none came.",
    "true_positive": "Said yes, and an order came.", "undone_at": "When it was taken back; null: it was not.",
    "until": "Not on the call list before this day.", "user": "Who is signed in.", "user_id": "The number of the user.",
    "users": "How many users.", "value": "The value.", "value_12m": "Expected net revenue of the next 12 months.",
    "value_band": "top 1 %, top 10 %, upper, middle or low.", "value_high": "The upper end of its interval.",
    "value_low": "The lower end of its interval.", "value_rank": "Place by that value; 1 is the greatest.",
    "versions": "The versions it was computed with.", "view_id": "The number of the view.", "words": "What is wrong.",
}  # fmt: skip

_PROBLEM = "application/problem+json"
#: FastAPI's own answer to bad parameters; ours is a problem with status 400.
_NOT_OURS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Let the app describe itself so."""
    plain = app.openapi
    public = {(method.lower(), route.path) for route, rights in operations(routers) if rights == ["public"]
              for method in route.methods or ()}  # fmt: skip

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(plain(), public)
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]


def _completed(contract: dict[str, Any], public: Collection[tuple[str, str]]) -> dict[str, Any]:
    schemas = contract["components"]["schemas"]
    for name in _NOT_OURS:
        schemas.pop(name, None)
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            _operation(operation)
            if (method, path) in public:
                operation["security"] = []
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            _say(field, name)
    schemes = contract["components"].setdefault("securitySchemes", {})
    schemes["bearer"] = {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token (ten minutes; POST /api/auth/sign-in, then /refresh) or an API key (/api/me/api-keys).",
    }
    contract["security"] = [{"bearer": []}]
    return contract


def _operation(operation: dict[str, Any]) -> None:
    """Its statuses and parameters, whole."""
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]
    for answer in answers.values():
        content = answer.get("content", {})
        if _PROBLEM in content:  # FastAPI adds the operation's own media type beside the one that is sent
            answer["content"] = {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if "requestBody" in operation:
        answers.setdefault("413", {**answers["400"], "description": "Too large"})
    for parameter in operation.get("parameters", []):
        _say(parameter, parameter["name"])
    operation["responses"] = dict(sorted(answers.items()))


def _say(field: dict[str, Any], name: str) -> None:
    if not field.get("description") and name in WORDS:
        field["description"] = WORDS[name]
