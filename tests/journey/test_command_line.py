"""The command line as users run it: real processes, real files, real exit codes."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import socket
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.shell import Shell

from foresell.database import Database
from foresell.settings import Settings

ORDERS = """Order No,Ordered At,Customer No,SKU,Quantity,Unit Price
1001,2026-01-05,c1,mug,2,3.50
1002,2026-01-06,c2,bowl,1,9.00
1003,2026-01-07,,mug,1,3.50
1004,2026-02-07,c1,vase,1,20.00
"""


@pytest.fixture
def foresell(settings: Settings, database: Database) -> Shell:
    return Shell(settings.home)


@pytest.fixture
def orders(settings: Settings) -> Path:
    file = settings.home.parent / "orders.csv"
    file.write_text(ORDERS)
    return file


def test_from_a_file_to_a_customer_and_back(foresell: Shell, orders: Path) -> None:
    assert "4 lines read = 4 loaded + 0 unchanged + 0 rejected" in foresell("load", str(orders))
    assert "nothing changed" in foresell("load", str(orders))
    assert "2 customers as of 2026-02-08" in foresell("refresh")
    listed = foresell.json("customers", "--sort", "monetary")
    assert isinstance(listed, dict)
    assert [(row["customer_id"], row["monetary"]) for row in listed["customers"]] == [("C000001", 27), ("C000002", 9)]
    one = foresell("customer", "c1")
    assert "1001" in one and "1004" in one and "27.00" in one
    assert "Undone: 1" in foresell("undo", "1", "--yes")
    assert "no orders to score" in foresell("refresh", code=9)
    assert foresell.json("customers"), "what was published stays"


def test_a_list_as_a_file_is_the_list_on_screen(foresell: Shell, orders: Path) -> None:
    foresell("load", str(orders))
    foresell("refresh")
    rows = list(csv.DictReader(io.StringIO(foresell("customers", "-o", "-"))))
    listed = foresell.json("customers")
    assert isinstance(listed, dict)
    assert [row["customer_id"] for row in rows] == [row["customer_id"] for row in listed["customers"]]
    assert rows[0]["monetary"] == "27"


def test_what_is_written_is_for_its_owner_only(foresell: Shell, orders: Path) -> None:
    """Also in the folders of a home that an earlier version made."""
    (foresell.home / "snapshots").mkdir(mode=0o755)
    foresell("load", str(orders))
    foresell("refresh")
    foresell("customers", "-o", "list.csv", "--contacts")
    written = [*foresell.home.glob("snapshots/*"), foresell.home / "snapshots", orders.with_name("list.csv")]
    assert len(written) == 3
    assert [file.name for file in written if file.stat().st_mode & 0o077] == []


def test_the_demo_shows_a_shop_and_on_a_terminal_serves_it(foresell: Shell) -> None:
    first = foresell("demo", "--customers", "200")  # no terminal here, so it exits by itself
    assert "customers as of 2026-11-01" in first and "Champions" in first and "Foresell is up" not in first
    printed, code = run_on_a_terminal(foresell, "demo", "--customers", "200", until="Stop with Ctrl-C")
    assert " 0 lines loaded" in printed, "the same shop again changes nothing"
    assert re.search(r"http://localhost:\d+/sign-in#token=", printed)
    assert (code, "Foresell is down." in printed) == (0, True), "Ctrl-C stops everything"
    assert "database: PostgreSQL 18" in foresell("doctor")
    assert "stayed in the same segment" in foresell("segments", "--since", "1")
    called, listed = foresell.json("calls"), foresell.json("customers")
    assert isinstance(called, dict) and isinstance(listed, dict)
    reasons = {row["customer_id"]: row["why_call"] for row in listed["customers"]}
    assert [row["why_call"] for row in called["calls"]] == [reasons[row["customer_id"]] for row in called["calls"]]
    assert called["calls"] and called["value_at_risk"] == round(sum(row["value_at_risk"] for row in called["calls"]), 2)


def run_on_a_terminal(shell: Shell, *arguments: str, until: str) -> tuple[str, int]:
    """What a command prints on a terminal, and its exit code; Ctrl-C is typed once `until` is printed."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "FORESELL_HOME": str(shell.home), "FORESELL_PORT": str(free_port())}
    with subprocess.Popen(
        [sys.executable, "-m", "foresell", *arguments],
        env=environment, stdin=follower, stdout=follower, stderr=follower, preexec_fn=_become_terminal_leader,  # noqa: PLW1509
    ) as process:  # fmt: skip
        os.close(follower)
        printed = ""
        with suppress(OSError):  # the terminal is gone when its last program ends
            while part := os.read(leader, 65_536).decode(errors="replace"):
                typed = until in printed
                printed += part
                if until in printed and not typed:
                    os.write(leader, b"\x03")
        os.close(leader)
    return printed, process.returncode


def _become_terminal_leader() -> None:
    """In the child: the terminal becomes its controlling one, so that Ctrl-C reaches it."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_segments_can_be_taken_out_changed_and_set(foresell: Shell, orders: Path, settings: Settings) -> None:
    foresell("load", str(orders))
    foresell("refresh")
    file = settings.home.parent / "segments.toml"
    file.write_text(foresell("segments", "rules").replace('"Champions"', '"Stars"'))
    assert "version 2" in foresell("segments", "set", str(file))
    foresell("refresh")
    assert "Stars" in foresell("segments")
    file.write_text(file.read_text().replace("f = [\n    4,\n    5,\n]", "f = [\n    5,\n    4,\n]"))
    assert "needs f = [lowest, highest]" in foresell("segments", "set", str(file), code=3)
    editor = settings.home.parent / "editor.sh"
    editor.write_text('#!/bin/sh\nsed -i s/Stars/Heroes/ "$1"\n')
    editor.chmod(0o700)
    assert "version 3" in foresell("segments", "edit", EDITOR=str(editor), VISUAL="")
    events = foresell.json("audit", "list", "--action", "segments.rules")
    assert isinstance(events, list)
    assert [(event["subject"], event["via"]) for event in events] == [
        ("rules:3", "command line"),
        ("rules:2", "command line"),
    ]


def test_the_console_reads_and_only_reads(foresell: Shell, orders: Path) -> None:
    foresell("load", str(orders))
    foresell("refresh")
    assert json.loads(
        foresell("sql", "select count(*) as n from transactions", "--on", "database", "--format", "json")
    ) == [{"n": 4}]
    assert foresell("sql", "select sum(amount) as s from lines", "--format", "csv") == "s\n39.5\n"
    for on, query in (
        ("database", "delete from orders"), ("database", "set transaction read write; delete from orders"),
        ("database", "select 1; drop table orders"), ("database", "selec"), ("database", "copy orders to '/tmp/x'"),
        ("snapshot", "drop table lines"), ("snapshot", "select 1; select 2"), ("snapshot", "select * from read_csv('/etc/passwd')"),
        ("snapshot", ""), ("snapshot", "select * from nowhere"),
    ):  # fmt: skip
        foresell("sql", query, "--on", on, code=2)
    assert "nothing changed" in foresell("load", str(orders))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["load", "missing.csv"], 3, "missing.csv"),
        (["load", "."], 3, "folder"),
        (["customers"], 9, "Nothing has been scored yet"),
        (["customer", "unknown"], 9, "Nothing has been scored yet"),
        (["undo", "7", "--yes"], 8, "no batch 7"),
        (["undo", "seven"], 2, "integer"),
        (["rollback"], 9, "Nothing is published"),
        (["refresh", "--as-of", "10/12/2011"], 2, "--as-of '10/12/2011' is not a day"),
        (["segments", "set", "none.toml"], 2, "none.toml"),
        (["demo", "--customers", "1"], 2, "20"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_errors_have_a_message_and_an_exit_code(foresell: Shell, arguments: list[str], code: int, words: str) -> None:
    assert words in foresell(*arguments, code=code)


def test_unknown_names_are_answered_with_the_known_ones(foresell: Shell, orders: Path) -> None:
    foresell("load", str(orders))
    foresell("refresh")
    assert "Champions" in foresell("customers", "--segment", "Heroes", code=2)
    assert "Choose one of: " in foresell("customers", "--category", "Boats", code=2)
    assert "recency" in foresell("customers", "--sort", "random", code=2)
    assert "Customer not found" in foresell("customer", "C999999", code=8)
    assert "Cannot write" in foresell("customers", "-o", "no/such/folder/x.csv", code=2)


def test_too_many_rejects_write_nothing_and_say_where(foresell: Shell, settings: Settings) -> None:
    file = settings.home.parent / "bad.csv"
    file.write_text(ORDERS + "1005,2026-02-08,c1,mug,many,3.50\n")
    output = foresell("load", str(file), code=4)
    assert "1 of 5 lines (20.0 %)" in output
    assert foresell.json("batches") == []
    [rejects] = list((settings.home / "rejects").iterdir())
    [row] = list(csv.DictReader(rejects.open()))
    assert (row["line"], row["column"], row["value"]) == ("6", "Quantity", "many")
    assert "4 loaded + 0 unchanged + 1 rejected" in foresell("load", str(file), "--max-rejected", "25")


def test_an_empty_source_wipes_nothing(foresell: Shell, orders: Path, settings: Settings) -> None:
    foresell("load", str(orders))
    empty = settings.home.parent / "empty.csv"
    empty.write_text(ORDERS.splitlines()[0] + "\n")
    foresell("load", str(empty), code=5)
    assert json.loads(foresell("sql", "select count(*) as n from orders", "--on", "database", "--format", "json")) == [
        {"n": 4}
    ]


def test_a_file_is_inspected_without_a_database(foresell: Shell, orders: Path) -> None:
    assert "4 rows: 4 orders" in foresell("inspect", str(orders), DATABASE_URL="postgresql://127.0.0.1:1/none")


def test_undo_asks_first(foresell: Shell, orders: Path) -> None:
    foresell("load", str(orders))
    foresell("undo", "1", typed="n\n", code=130)
    assert "--yes" in foresell("undo", "1", "--json", code=2)
    assert "Undone: 1" in foresell("undo", "1", typed="y\n")


def test_up_keeps_the_database_and_a_second_up_says_so(foresell: Shell, settings: Settings) -> None:
    environment = {**os.environ, "FORESELL_HOME": str(settings.home)}
    with subprocess.Popen(
        [sys.executable, "-m", "foresell", "up"], env=environment, stdout=subprocess.PIPE, text=True
    ) as up:
        assert up.stdout is not None
        assert "Foresell is up" in up.stdout.readline()
        assert f"already up on {settings.home} (process {up.pid})" in foresell("up", code=7)
        assert "Foresell is down." in foresell("down")
        assert up.wait(timeout=60) == 0
    assert "Nothing was running" in foresell("down")


def test_a_missing_file_permission_is_reported(foresell: Shell, settings: Settings) -> None:
    file = settings.home.parent / "a-file"
    file.write_text("in the way")
    output = Shell(file)("batches", code=10)
    assert "a-file" in output


def test_settings_are_checked(foresell: Shell) -> None:
    assert "FORESELL_MEMORY_GIB" in foresell("batches", code=2, FORESELL_MEMORY_GIB="lots")
    assert "does not answer" in foresell("batches", code=6, DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert "in clear text" in foresell("serve", "--host", "192.0.2.7", code=2)
    assert "in clear text" in foresell("serve", "--host", "::", code=2, FORESELL_PUBLIC_URL="http://sales.example")


def test_help_names_every_command_and_exit_code(foresell: Shell) -> None:
    words = " ".join(foresell("--help").split())
    for command in (
        "up",
        "demo",
        "load",
        "inspect",
        "batches",
        "undo",
        "refresh",
        "runs",
        "rollback",
        "segments",
        "customers",
        "customer",
        "doctor",
        "down",
        "sql",
    ):
        assert command in words
        assert "Options" in foresell(command, "--help") or "Usage" in foresell(command, "--help")
    assert "4 too many rows rejected" in words
    assert "--install-completion" in words


@pytest.mark.parametrize("name", ["my home", 'it\'s "q" ünï, $HOME'])
def test_a_home_may_be_called_anything(settings: Settings, name: str) -> None:
    shell = Shell(settings.home.parent / name)
    try:
        assert "Nothing has been loaded yet" in shell("batches")
    finally:
        shell("down")


def test_a_source_name_stays_in_its_folder(foresell: Shell, orders: Path) -> None:
    for name in ("../../evil", "a/b", "", "x\ny"):
        assert "not a valid source name" in foresell("load", str(orders), "--source", name, code=2)


def test_rejected_rows_are_for_their_owner_only_and_run_nothing(foresell: Shell, settings: Settings) -> None:
    file = settings.home.parent / "bad.csv"
    file.write_text(ORDERS + "1005,2026-02-08,c1,mug,=1+1,3.50\n")
    foresell("load", str(file), "--max-rejected", "50")
    [rejects] = list((settings.home / "rejects").iterdir())
    assert rejects.stat().st_mode & 0o077 == 0
    [row] = list(csv.DictReader(rejects.open()))
    assert row["value"] == "'=1+1"


def test_settings_that_are_no_settings(foresell: Shell) -> None:
    assert "FORESELL_THREADS" in foresell("batches", code=2, FORESELL_THREADS="0.5")
    assert "FORESELL_MEMORY_GIB" in foresell("batches", code=2, FORESELL_MEMORY_GIB="nan")
    assert "DATABASE_URL is not" in foresell("batches", code=2, DATABASE_URL="nonsense")


def test_any_value_of_the_console_is_valid_json(foresell: Shell) -> None:
    query = r"select 'nan'::float8 as a, '\x00ff'::bytea as b, array[1, 2] as c, interval '1 day' as d, min(1), min(2), null as n"
    [row] = json.loads(foresell("sql", query, "--on", "database", "--format", "json"))
    assert (row["a"], row["b"], row["c"], row["n"]) == ("nan", "00ff", [1, 2], None)
    assert {"min_5", "min_6"} <= set(row)


def test_the_future_is_not_published(foresell: Shell, orders: Path) -> None:
    foresell("load", str(orders))
    assert "lies in the future" in foresell("refresh", "--as-of", "2999-01-01", code=2)


def test_what_is_no_file_is_refused_at_once(foresell: Shell) -> None:
    assert "is not a file" in foresell("load", "/dev/zero", code=3)
