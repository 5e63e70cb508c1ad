"""Commands on connected sources: connect, sync, sources."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import typer

from foresell.cli import printing
from foresell.cli.options import Json, Newest, Yes, confirm
from foresell.cli.session import open_home
from foresell.database import Database
from foresell.delivery import ssis
from foresell.errors import BadInput, ForesellError, UsageError
from foresell.settings import Settings
from foresell.sources.connectors.catalogue import find_kind
from foresell.sources.contract import TerminalError
from foresell.store import sources
from foresell.store.sources import SyncOutcome
from foresell.workflows import connect as connecting
from foresell.workflows.sync import check_interval, sync_source, try_source

Name = Annotated[str, typer.Argument(help="The name of the source, such as quickbooks-uk.")]
Every = Annotated[int | None, typer.Option("--every", help="Seconds between two syncs (default: by kind).")]
Map = Annotated[
    Path | None,
    typer.Option("--map", help="A mapping file as written by `foresell inspect --save-map` (default: recognised)."),
]

connect_app = typer.Typer(help="Connect a source that is read again and again.", no_args_is_help=True)
sources_app = typer.Typer(help="List connected sources, look at their syncs, and decide on what waits for you.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(connect_app, name="connect")
    app.command()(sync)
    app.add_typer(sources_app, name="sources")


@connect_app.command("folder")
def connect_folder(
    name: Name,
    path: Annotated[Path, typer.Argument(help="The folder.")],
    pattern: Annotated[str, typer.Option(help="Only files whose names match, such as 'orders*.xlsx'.")] = "*",
    whole: Annotated[
        bool, typer.Option("--whole", help="A file always holds all orders: those it no longer has are cancelled.")
    ] = False,
    map_file: Map = None,
    every: Every = None,
) -> None:
    """Watch a folder of Excel and CSV files: each new or changed file is loaded as soon as it is complete."""
    settings, database = open_home()
    connecting.connect_folder(
        settings,
        database,
        name,
        path,
        pattern=pattern,
        is_whole=whole,
        mapping=_read_text(map_file) if map_file else None,
        every_seconds=check_interval(every) if every else None,
    )
    _print_connected(database, name)


@connect_app.command("google-sheets")
def connect_sheet(
    name: Name,
    spreadsheet: Annotated[str, typer.Argument(help="The address of the spreadsheet, or its id.")],
    tab: Annotated[str, typer.Option(help="The name of the tab that holds the rows.")],
    key_file: Annotated[
        Path, typer.Option("--key-file", help="The JSON key of the service account with which the sheet is shared.")
    ],
    map_file: Map = None,
    every: Every = None,
) -> None:
    """Connect one tab of a Google spreadsheet. The tab always holds all rows; nothing is written back.

    Never run against Google's service: tested against an imitation that plays its faults.
    """
    settings, database = open_home()
    connecting.connect_sheet(
        settings,
        database,
        name,
        spreadsheet,
        tab,
        _read_text(key_file),
        mapping=_read_text(map_file) if map_file else None,
        every_seconds=check_interval(every) if every else None,
    )
    _print_connected(database, name)


@connect_app.command("quickbooks")
def connect_quickbooks(
    name: Name,
    client_id: Annotated[
        str, typer.Option("--client-id", help="The client id of your app on Intuit's developer site.")
    ],
    secret_file: Annotated[
        Path | None, typer.Option("--secret-file", help="A file with the client secret (default: asked for).")
    ] = None,
    redirect_url: Annotated[
        str, typer.Option("--redirect-url", help="A redirect address of your app.")
    ] = "https://developer.intuit.com/v2/OAuth2Playground/RedirectUrl",
    every: Every = None,
) -> None:
    """Connect a company of QuickBooks Online. You allow it in a browser, and paste the address where you arrive.

    Never run against Intuit's service: tested against an imitation that plays its faults.
    """
    settings, database = open_home()
    secret = _read_text(secret_file) if secret_file else typer.prompt("Client secret", hide_input=True)
    _, url = connecting.connect_quickbooks(
        settings,
        database,
        name,
        client_id,
        secret,
        redirect_url,
        every_seconds=check_interval(every) if every else None,
    )
    _finish_sign_in(settings, database, name, url)


@connect_app.command("instagram")
def connect_instagram(
    name: Name,
    app_id: Annotated[str, typer.Option("--app-id", help="The id of your app on Meta's developer site.")],
    username: Annotated[
        str | None, typer.Option(help="Your account, where there are several behind your Facebook pages.")
    ] = None,
    account: Annotated[
        list[str] | None, typer.Option(help="Another business account to read; may be repeated.")
    ] = None,
    hashtag: Annotated[list[str] | None, typer.Option(help="A hashtag to search; may be repeated, up to 30.")] = None,
    secret_file: Annotated[
        Path | None, typer.Option("--secret-file", help="A file with the app secret (default: asked for).")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="A file with an access token of yours (default: sign in in a browser)."),
    ] = None,
    redirect_url: Annotated[
        str, typer.Option("--redirect-url", help="A redirect address of your app.")
    ] = "https://localhost/sources",
    every: Every = None,
) -> None:
    """Connect a professional Instagram account by Facebook Login: posts, comments, mentions and what they reached.

    Never run against Instagram: tested against an imitation that plays its faults.
    """
    settings, database = open_home()
    secret = _read_text(secret_file) if secret_file else typer.prompt("App secret", hide_input=True)
    app = connecting.InstagramApp(app_id, secret, username, account or (), hashtag or (), redirect_url)
    _, url = connecting.connect_instagram(
        settings,
        database,
        name,
        app,
        token=_read_text(token_file) if token_file else None,
        every_seconds=check_interval(every) if every else None,
    )
    if url:
        _finish_sign_in(settings, database, name, url)
    else:
        _print_connected(database, name)


def sync(
    name: Annotated[str | None, typer.Argument(help="Only this source (default: all).")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Read everything again, not only what changed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Reach it and read one page; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Read connected sources now and load what changed."""
    settings, database = open_home()
    with database.connect() as con:
        rows = [sources.find_connection(con, name)] if name else sources.list_connections(con)
    if not rows:
        printing.print_text("No source is connected. Connect one: foresell connect --help")
        return
    failed: ForesellError | None = None
    results: list[Any] = []
    for row in rows:
        if dry_run:
            found = try_source(settings, database, row["connection_id"])
            results.append({"source": row["source"], "reached": found.reached, "records": found.records})
            if not json:
                counts = ", ".join(f"{count:,} {stream}" for stream, count in found.records.items())
                printing.print_text(f"{row['source']}: {found.reached}. First page: {counts}. Nothing was written.")
            continue
        with printing.show_progress(not json) as progress:
            outcome = sync_source(settings, database, row["connection_id"], whole=whole, progress=progress)
        results.append({"source": row["source"], **_outcome(outcome)})
        if not json:
            _print_outcome(row["source"], outcome)
        if outcome.state == "failed":
            failed = _SyncFailed(outcome.error, remedy=outcome.remedy)
    if json:
        printing.print_json(results)
    if failed:
        raise failed


class _SyncFailed(ForesellError):
    """A source could not be read."""

    exit_code = 18


@sources_app.callback(invoke_without_command=True)
def list_sources(context: typer.Context, json: Json = False) -> None:
    """List connected sources with their state and what they have brought."""
    if context.invoked_subcommand:
        return
    _, database = open_home()
    with database.connect() as con:
        rows = sources.list_connections(con)
        held = sources.list_held_changes(con)
    for row in rows:
        row["now"] = connecting.describe_state(row)
        row["what"] = find_kind(row["kind"]).label + (" (imitation)" if row["is_imitation"] else "")
    if json:
        printing.print_json([{key: value for key, value in row.items() if key != "settings"} for row in rows])
        return
    if not rows:
        printing.print_text("No source is connected. Connect one: foresell connect --help")
        return
    printing.print_table(
        rows, {"source": "Source", "what": "Kind", "now": "State", "customers": "Customers", "orders": "Orders"}
    )
    for each in held:
        printing.print_note(
            f"{each['source']}: {each['gone']:,} of {each['held']:,} {each['stream']} are gone at the source, such as"
            f" {', '.join(each['keys'][:3])}. Are they? foresell sources accept {each['held_id']}, or refuse {each['held_id']}"
        )


@sources_app.command("history")
def history(name: Name, limit: Newest = 20, json: Json = False) -> None:
    """List the syncs of a source, the newest first."""
    _, database = open_home()
    with database.connect() as con:
        sources.find_connection(con, name)
        rows = sources.list_syncs(con, name, limit)
    if json:
        printing.print_json(rows)
        return
    for row in rows:
        row["said"] = row["error"] or "; ".join(row["warnings"])
    columns = {
        "started_at": "Began", "finished_at": "Ended", "state": "State", "records": "Read", "changed": "Changed",
        "deleted": "Deleted", "batch_ids": "Batches", "requests": "Calls", "retries": "Repeated", "said": "Remarks",
    }  # fmt: skip
    printing.print_table(rows, columns)


@sources_app.command("accept")
def accept(held_id: Annotated[int, typer.Argument(min=1, help="The number of the question.")]) -> None:
    """Yes, these rows are gone: their orders are cancelled at the next sync."""
    _decide(held_id, accept=True)


@sources_app.command("refuse")
def refuse(held_id: Annotated[int, typer.Argument(min=1, help="The number of the question.")]) -> None:
    """No, these rows are not gone: they are kept, and the rest is loaded at the next sync."""
    _decide(held_id, accept=False)


@sources_app.command("pause")
def pause(name: Name) -> None:
    """Stop reading a source until it is resumed."""
    _, database = open_home()
    with database.connect() as con:
        sources.set_state(con, sources.find_connection(con, name)["connection_id"], "paused")
    printing.print_text(f"{name} is paused. Go on with: foresell sources resume {name}")


@sources_app.command("resume")
def resume(name: Name) -> None:
    """Read a paused source again, or one whose problem you have solved."""
    _, database = open_home()
    with database.connect() as con:
        sources.set_state(con, sources.find_connection(con, name)["connection_id"], "due")
    printing.print_text(f"{name} is read again; the worker does it, or: foresell sync {name}")


@sources_app.command("sign-in")
def sign_in(name: Name) -> None:
    """Sign in to a source again, in a browser."""
    settings, database = open_home()
    _finish_sign_in(settings, database, name, connecting.begin_sign_in(settings, database, name))


@sources_app.command("secret")
def secret(
    name: Name,
    file: Annotated[Path | None, typer.Option(help="A file with the new key or secret (default: asked for).")] = None,
) -> None:
    """Put a new secret in place of the old: the key file of a service account, the client secret of a QuickBooks app, or an
    access token of an Instagram account.
    """
    settings, database = open_home()
    text = _read_text(file) if file else typer.prompt("Secret", hide_input=True)
    connecting.replace_secret(settings, database, name, text)
    printing.print_text(f"The secret of {name} is replaced.")


@sources_app.command("webhook")
def webhook(
    name: Name,
    file: Annotated[Path | None, typer.Option(help="A file with the verifier token (default: asked for).")] = None,
) -> None:
    """Let QuickBooks or Instagram say what changed: keeps the verifier token of your app, and shows the address to enter.

    QuickBooks gives you the token; for Instagram, think of one and enter it on both sides.
    """
    settings, database = open_home()
    text = _read_text(file) if file else typer.prompt("Verifier token", hide_input=True)
    connecting.save_webhook_token(settings, database, name, text)
    address = settings.public_url or "https://YOUR-FORESELL"
    printing.print_text(
        f"Enter this address under Webhooks on the vendor's developer site: {address}/api/sources/{name}/webhook"
    )


@sources_app.command("mapping")
def mapping(name: Name, map_file: Map = None) -> None:
    """Read the tables of a source by another mapping; without --map, recognise the next one anew."""
    _, database = open_home()
    connecting.replace_mapping(database, name, _read_text(map_file) if map_file else None)
    printing.print_text(f"The mapping of {name} is {'replaced' if map_file else 'recognised anew'} at the next sync.")


@sources_app.command("remove")
def remove(name: Name, yes: Yes = False) -> None:
    """Disconnect a source. Its secret and what waits to be loaded are deleted; customers and orders stay."""
    _, database = open_home()
    with database.connect() as con:
        row = sources.find_connection(con, name)
        confirm(f"Disconnect {name}? Its {row['orders']:,} orders stay.", yes=yes, json=False)
        sources.remove_connection(con, row["connection_id"])
    printing.print_text(f"{name} is disconnected.")


@sources_app.command("ssis")
def ssis_package(
    file: Annotated[
        Path, typer.Argument(help="The package to write, such as customers.dtsx; its SQL is written next to it.")
    ],
    csv_file: Annotated[
        Path,
        typer.Option("--csv", help="An exported CSV file (foresell customers -o FILE): its headings are the columns."),
    ],
    table: Annotated[str, typer.Option(help="The table of SQL Server to fill, such as dbo.customers.")],
    key: Annotated[list[str], typer.Option(help="A column that identifies a row; repeat it for several.")],
) -> None:
    """Write a package for SQL Server Integration Services that loads an exported CSV file into a table.

    Generated and checked against the published format; never executed by us. It holds no password. What to do with it:
    docs/how-to/ssis.md.
    """
    if file.suffix.lower() != ".dtsx":
        raise UsageError(f"{file.name} is no name of a package.", remedy="Give a name that ends with .dtsx.")
    target = ssis.make_target(file.stem, table, _read_headings(csv_file), key)
    package = ssis.build_package(target)
    if faults := ssis.check_package(package):
        raise ForesellError(f"The package is wrong: {faults[0]}.", remedy=TerminalError.remedies["defect"])
    _write_text(file, ssis.write_package(package))
    _write_text(file.with_suffix(".sql"), ssis.write_sql(target))
    printing.print_text(f"Wrote {file} and {file.with_suffix('.sql')}: {len(target.columns)} columns into {table}.")
    printing.print_note(f"{ssis.NEVER_RUN} How to bring it to SQL Server: docs/how-to/ssis.md")


def _read_headings(file: Path) -> list[str]:
    """The headings of a CSV file with commas. Raises BadInput."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            return next(csv.reader(text), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(
            f"{file} cannot be read: {error}.", remedy="Give a CSV file that Foresell has exported."
        ) from None


def _write_text(file: Path, text: str) -> None:
    """Write a file as Windows does, with CRLF. Raises BadInput."""
    try:
        file.write_text(text, encoding="utf-8", newline="\r\n")
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error}.", remedy="Check the path and its permissions.") from None


def _decide(held_id: int, *, accept: bool) -> None:
    _, database = open_home()
    with database.connect() as con:
        sources.decide_held(con, held_id, accept=accept, user_id=None)
    printing.print_text("Decided. The worker reads the source now, or: foresell sync")


def _finish_sign_in(settings: Settings, database: Database, name: str, url: str) -> None:
    printing.print_text(f"Open this address in a browser, and allow Foresell to read the account:\n\n{url}\n")
    arrived = parse_qs(urlsplit(typer.prompt("Then paste the address where you arrived")).query)
    parts = ["code", "state", *(["realmId"] if "intuit.com" in url else [])]
    if missing := [part for part in parts if part not in arrived]:
        raise UsageError(
            f"The address has no {' and no '.join(missing)}.", remedy=f"Begin again: foresell sources sign-in {name}"
        )
    realm = arrived["realmId"][0] if "realmId" in arrived else None
    connecting.finish_sign_in(settings, database, name, arrived["code"][0], arrived["state"][0], realm)
    _print_connected(database, name)


def _print_connected(database: Database, name: str) -> None:
    with database.connect() as con:
        row = sources.find_connection(con, name)
    kind = find_kind(row["kind"])
    printing.print_text(f"{name} is connected: {row['settings'].get('reached', kind.label)}.")
    if kind.never_run:
        printing.print_note(kind.never_run)
    printing.print_text(f"The worker reads it every {row['every_seconds']:,} seconds. Now: foresell sync {name}")


def _print_outcome(name: str, outcome: SyncOutcome) -> None:
    counts = f"{outcome.records:,} read, {outcome.changed:,} new or changed, {outcome.deleted:,} deleted"
    match outcome.state:
        case "done":
            batches = f", loaded as batch {', '.join(map(str, outcome.batch_ids))}" if outcome.batch_ids else ""
            printing.print_text(f"{name}: {counts}{batches}.")
        case "held":
            printing.print_text(f"{name}: {outcome.error} {outcome.remedy}")
        case _:
            printing.print_text(f"{name}: {counts}; then it failed.")
    if outcome.totals_compared and not outcome.mismatches:
        printing.print_text(f"  {outcome.totals_compared} months agree with the source's own report to the cent.")
    for each in outcome.mismatches[:12]:
        printing.print_note(f"{each['name']}: the source says {each['stated']}, {each['held']} is loaded.")
    for warning in outcome.warnings:
        printing.print_note(warning)


def _outcome(outcome: SyncOutcome) -> dict[str, Any]:
    names = (
        "state", "records", "changed", "deleted", "batch_ids", "requests", "retries", "warnings", "mismatches",
        "totals_compared", "error", "remedy",
    )  # fmt: skip
    return {name: getattr(outcome, name) for name in names}


def _read_text(file: Path) -> str:
    """The text of a small file, `-` for standard input. Raises BadInput."""
    try:
        return (sys.stdin.read(1 << 20) if str(file) == "-" else file.read_text(encoding="utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}.", remedy="Check the path and its permissions.") from None
