"""The API as it describes itself: OpenAPI, completed with what holds everywhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI

from foresell.api.http.dependencies import operations
from foresell.sources.files.mapping import SETTING_MEANINGS

#: Words that mean the same in every answer, for fields and parameters that say nothing of themselves.
WORDS = {
    "all_completeness": "Mean of all customers you may see.",
    "all_customers": "Customers you may see.",
    "changed_by": "Who changed it last.",
    "differing_sources": "Sources with other values.",
    "directed": "Whether it leads from `source` to `target`, not both ways.",
    "dry_run": "Whether nothing was changed.",
    "edges": "The relations between the nodes.",
    "evidence": "What it rests on, without values.",
    "expired": "Whether its last day is over.",
    "field_group": "The group of fields.",
    "goal": "What the mean of active customers is to reach.",
    "good_customer_id": "The good customer at the end of the path.",
    "good_monetary": "Net revenue of the good customer to date.",
    "good_name": "The good customer's name.",
    "good_segment": "The good customer's segment.",
    "graph": "The same as a graph, with customers one step further.",
    "groups": "Each group of fields.",
    "last_order_days": "Days since the last counted order; null without one.",
    "made_at": "When it was added.",
    "made_by": "Who or what added it.",
    "methods": "The methods, the first that decides.",
    "missing": "Groups that no record has.",
    "nodes": "The customers, the nearest first.",
    "path": "The relations from the customer to the good one.",
    "pin": "The decision that fixed it to a record, if there is one.",
    "pinned_at": "When it was pinned.",
    "record_id": "The number of the record.",
    "relation_id": "The number of the relation.",
    "removed": "Whether it is removed.",
    "rules": "The rules.",
    "weight": "What the group adds to the completeness.",
    "why": "prospect: without a counted order; lapsed: none for a year.",
    "access_token": "Send it as Authorization: Bearer ...", "accuracy": "The share of right answers.",
    "action": "The action.", "alarm_id": "The number of the alarm.", "detector": "The stable name of the detector.", "address": "The street address; masked, or whether one is on file.",
    "amount": "Net amount of money.", "as_of": "The date the numbers describe: everything strictly before it.",
    "requested_at": "When it was requested.", "assignment_id": "The number of the assignment; its undo takes it.",
    "at": "When it happened.", "axis": "recency_days, frequency or monetary.", "batch_id": "The number of the batch.",
    "call_id": "The number of the call.", "caller": "Who called.", "cancelled": "Which status means cancelled.",
    "cancelled_order_prefix": "The prefix of order keys of cancellations.", "category": "The product's category.",
    "changed_at": "When it was last changed.", "churn_180": "Probability of no order within 180 days.",
    "churn_90": "Probability of no order within 90 days.",
    "churn_state": "likely to stay, unsure or at risk; null where nothing is predicted.", "city": "The city, if known.",
    "code": "The six digits shown by the authenticator app, or the code sent by the provider.", "column": "The column's name in the file.",
    "confusion_matrix": "Predicted against observed.", "contact": "Contact data.", "country": "The country, if known.",
    "created_at": "When it was created.", "currency": "ISO 4217; null where the sources do not say.",
    "current": "Whether it is the one in use; for a password: the current password.", "cursor": "`next_cursor` of the previous response.",
    "customer_id": "Such as C000123.", "customer_ids": "Customers, by their ids.", "customers": "Number of customers.",
    "customers_changed": "Customers whose data changed.", "customers_new": "Customers added.",
    "customers_scored": "Number of customers scored.", "cut_points": "The ranges of values that earned each score.",
    "data": "The rows.", "date": "The day.", "date_format": "How dates are written.",
    "date_order": "Whether day, month or year comes first.", "day": "The day.", "decimal": "The decimal mark.",
    "definition": "The exact definition of the numbers.", "delimiter": "The character between two values.",
    "description": "The description.", "detail": "Ids, counts and hashes; never personal data.",
    "device": "The browser or program.", "dialect": "How the file is written.", "direction": "Whether it raises or lowers the probability.",
    "disabled": "Whether the user is barred from signing in.", "done": "How much of `total` is done.",
    "email": "The e-mail address; masked for customers.", "encoding": "The characters' encoding.",
    "error": "What went wrong, in the specification's words.", "escape": "The escape character.",
    "event_id": "The number of the event.", "events": "Number of events.", "expected_order_value": "Expected net value of the customer's next order.",
    "expires_at": "When it expires.", "expires_in": "Seconds until it expires.",
    "extra_lines": "Columns that become order lines of their own, such as postage.", "f": "Frequency score, 1 to 5.",
    "f1_score": "Harmonic mean of precision and recall.", "false_negative": "Predicted no order, and an order was placed.",
    "false_positive": "Predicted an order, and none was placed.", "fields": "Which fields; all if left out.",
    "file_bytes": "The file's size.", "file_name": "The file's name.", "file_sha256": "The file's SHA-256.",
    "finished_at": "When it finished; null while it is running.", "frequency": "Counted orders.",
    "header_line": "The line with the column names.", "highest": "The highest value with that score.",
    "home": "The start page.", "import_id": "The number of the import.", "items": "The lines of the order.",
    "job_id": "The number of the job.", "key": "The key itself; shown only once.", "key_id": "The number of the key.",
    "kind": "The kind.", "label": "The text of the button.", "last_day": "The last day.",
    "last_purchase_day": "The day of the last counted order.", "last_seen_at": "When they last sent a request.",
    "last_used_at": "When it was last used.", "limit": "Maximum number of rows.", "line_no": "The line number within the order.",
    "lines": "Number of lines.", "lines_loaded": "Lines written.", "lines_read": "Lines read.",
    "lines_rejected": "Lines left out, each with its reason.", "lines_unchanged": "Lines identical to stored ones.",
    "link": "The link; it works once.", "loaded_at": "When it was loaded.", "locale": "How numbers and dates are written.",
    "lowest": "The lowest value with that score.", "m": "Monetary score, 1 to 5.",
    "meta": "The run the numbers come from, and its date.", "mine": "Whether it is the user's own.",
    "model_trained_date": "When the model was trained.", "monetary": "Net revenue, returns subtracted.",
    "name": "The name.", "net_amount": "Products sold minus products returned.", "network": "The network the sign-in came from, roughly.",
    "next_cursor": "Send it as `cursor` for the next part; null at the end.",
    "non_product_skus": "SKUs that are not products, such as postage.", "note": "The note.", "note_id": "The number of the note.",
    "options": "What can be chosen from.",
    "ok": "Whether everything is correct.", "order_id": "Foresell's number of the order.", "order_key": "The source's number of the order.",
    "orders": "Number of orders.", "orders_new": "Orders added.", "orders_replaced": "Orders replaced because their lines differed.",
    "outcome": "reached, no_answer, not_interested or will_order.", "owner": "The user who looks after the customer; null if there is none.",
    "page": "Which page this is.", "passkey": "The signed response of the device.", "passkey_id": "The passkey's id.",
    "password": "The password.", "permissions": "What the role allows.", "phone": "The phone number; masked.",
    "points": "Percentage points of the probability.", "postcode": "The postcode, if known.",
    "precision": "Of the customers predicted to order, the share that did.", "preferences": "The user's preferences.",
    "probability": "Probability of an order within 30 days.", "product": "The product's name.", "products": "The products bought.",
    "products_changed": "Products whose data changed.", "products_new": "Products added.",
    "format": "The format the file was read as: online-retail, olist, documents or mapped.", "published_at": "When it was published.",
    "purchase_probability": "Probability of an order within 30 days.", "quantity": "The quantity.", "quote": "The quote character.",
    "r": "Recency score, 1 to 5.", "reasons": "The reasons, strongest first.", "recall": "Of the customers that ordered, the share that was predicted.",
    "received_at": "When it was uploaded.", "recency": "Days from the last order to as_of.",
    "recency_days": "Days from the last order to as_of.", "records": "The customer as each source knows it.",
    "recovery_code": "One of the recovery codes, if the device is lost.",
    "recovery_codes": "Each works once; shown only once.", "region": "The region, if known.", "remedy": "What to do next.",
    "request_id": "The request that did it.", "returned": "Which status means returned.",
    "returned_order_prefix": "The prefix of order keys of returns.", "rfm": "Recency, frequency, monetary.",
    "rfm_score": "The digits R, F and M, 1 to 5 each; 555 is best.", "roc_auc": "Area under the ROC curve.",
    "roles": "The user's roles.", "rows": "Rows.", "rules_version": "The version of the segment rules.",
    "run_id": "The number of the run.", "scopes": "The permissions of the key.", "score": "1 to 5.",
    "shared_with": "Who may use it besides its owner: no one, the team or everyone.", "snooze_ids": "Snoozes, by their numbers.",
    "requires_second_factor": "Whether its users set up a second factor at their first sign-in.",
    "reveals_a_day": "To how many customers' contact details a user has access in 24 hours; null: no limit.",
    "contact_exports_a_day": "How many exports with contact details a user may make in 24 hours; null: no limit.",
    "seal_id": "The number of the seal.", "seals": "Number of seals.", "second_factor": "The available second factors.",
    "secret": "For the authenticator app; shown only once.", "segment": "The segment.", "segments": "Customers by segment.",
    "sentence": "The reason, in words.", "session_id": "The session.", "shared": "Whether all users see it.",
    "sheet": "The sheet of the workbook.", "signed_in_by": "password, passkey, link or provider.",
    "due_on": "The customer is on the call list from this day on.", "edited_at": "When it was last changed.",
    "follow_up": "When to call the customer again; null for no follow-up.", "follow_up_id": "The number of the follow-up.",
    "is_done": "Whether it is done.", "set_by": "Who set the follow-up.",
    "signup_date": "When they signed up, if known.", "sku": "The SKU.", "snooze_id": "The number of the snooze.",
    "snooze_until": "Not on the call list before this date.", "snoozed_at": "When the snooze started.", "sort": "The sort order.",
    "source": "The source.", "source_key": "The source's own key.", "started_at": "When it was started.",
    "state": "Its state; at sign-in: the value that ties the sign-in to the browser.", "status": "The HTTP status.",
    "step": "The current step, in words.", "subject": "The object, such as customer:C000123.",
    "summary": "The numbers of the day.", "table": "The table of the file.", "team": "The team; null if there is none.",
    "team_id": "The number of the team.", "theme": "The topic; in preferences: light, dark or system.",
    "ticket": "Send it with the second factor.", "title": "The status in words.", "token": "The token of the one-time link.",
    "token_type": "Bearer.", "total": "Number of rows before paging.", "total_customers": "Number of all customers.",
    "training_samples": "Rows the model was trained on.", "true_negative": "Predicted no order, and none was placed.",
    "true_positive": "Predicted an order, and one was placed.", "undone_at": "When it was undone; null if it was not.",
    "until": "Not on the call list before this date.", "user": "The signed-in user.", "user_id": "The number of the user.",
    "users": "Number of users.", "value": "The value.", "value_12m": "Expected net revenue of the next 12 months.",
    "value_band": "top 1 %, top 10 %, upper, middle or low.", "value_high": "The upper end of its interval.",
    "value_low": "The lower end of its interval.", "value_rank": "Rank by that value; 1 is the highest.",
    "versions": "The versions it was computed with.", "view_id": "The number of the view.", "words": "The message.",
    "accepted": "Questions whose likeliest answer was taken.", "undecided": "Columns that are only guesses.",
    "leave_out": "Rows that are no sales.", "reason": "Why.", "matches": "A regular expression of the cell.",
    "others": "Every row with another value is left out.", "values": "Rows with one of these values are left out.",
    "also": "What the cell of another column of these rows must be too.",
    "a": "One record, or the records of one customer.", "b": "The other record, or the records of the other customer.",
    "model_id": "The number of the model.", "trained_at": "When it was trained.", "filled": "What is known.",
    "sources": "The sources.", "move_id": "The number of the merge or split; its undo takes it.",
    "moves": "What moves to the first customer.", "record_ids": "Records, by their numbers.",
    "decided_at": "When it was decided.", "customer_a": "One customer.", "customer_b": "The other customer.",
    "record_a": "One record.", "record_b": "The other record.",
    "decision_id": "The number of the decision; its undo takes it.", "review_id": "The number of the review.",
    "write_key_id": "The number of the write key.", "run": "The comparison.", "opened_at": "Since when it waits.", "verdict": "same, different or unsure.",
}  # fmt: skip
WORDS = {name: f"{meaning[0].upper()}{meaning[1:]}." for name, meaning in SETTING_MEANINGS.items()} | WORDS

_PROBLEM = "application/problem+json"
#: FastAPI's own answer to bad parameters; ours is a problem with status 400.
_NOT_OURS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Make the app describe itself with these additions."""
    plain = app.openapi
    public = {(method.lower(), route.path) for route, rights in operations(routers) if rights == ["public"]
              for method in route.methods or ()}  # fmt: skip

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete_contract(plain(), public)
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]


def _complete_contract(contract: dict[str, Any], public: Collection[tuple[str, str]]) -> dict[str, Any]:
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
    """Complete an operation's statuses and parameters."""
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]
    for answer in answers.values():
        content = answer.get("content", {})
        if _PROBLEM in content:  # FastAPI adds the operation's own media type next to the one that is sent
            answer["content"] = {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if "requestBody" in operation:
        answers.setdefault("413", {**answers["400"], "description": "Too large"})
    for parameter in operation.get("parameters", []):
        _say(parameter, parameter["name"])
    operation["responses"] = dict(sorted(answers.items()))


def _say(field: dict[str, Any], name: str) -> None:
    if not field.get("description") and name in WORDS:
        field["description"] = WORDS[name]
