"""The snapshot is read only with a scope, and a scope sees its customers only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import foresell
from foresell.errors import ForesellError, NotReady
from foresell.scores import registry
from foresell.scores.rfm import score as rfm
from foresell.snapshot import build, queries, reader
from foresell.snapshot.queries import Filter
from foresell.snapshot.reader import Scope, ScopedSnapshot
from foresell.sql import named_queries
from tests.support.small_snapshot import parse
from tests.support.small_snapshot import snapshot as small_snapshot

SALES = parse("""
    1 ann 2024-01-05 ok mug 2 10
    2 ann 2024-02-05 ok cup 1 30
    3 bob 2024-02-07 ok mug 5 10
    4 cid 2024-02-09 ok cup 1 7
    5 cid 2024-02-10 returned cup -1 7
    6 -   2024-02-11 ok mug 1 10
    7 dan 2024-02-20 ok mug 9 10
""")
EVERYONE = {"ann", "bob", "cid", "dan"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published snapshot file of four customers and an anonymous sale."""
    path = tmp_path_factory.mktemp("snapshot") / "it's run-1.duckdb"
    con = small_snapshot(SALES, "2024-03-01")
    rfm.compute_rfm(con, con.execute("select as_of from meta").fetchall()[0][0])
    draft = build.Draft(con, Path("unused"))
    draft.prepare_segments(registry.list_columns())
    rfm.assign_segments(con)
    draft.make_list(registry.list_columns(), registry.list_sorts())
    con.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as file")
    for (name,) in con.execute("select table_name from duckdb_tables() where database_name = 'memory'").fetchall():
        con.execute(f"create table file.{name} as from memory.main.{name}")
    con.close()
    return path


@pytest.fixture(scope="module")
def snapshot(file: Path) -> Iterator[ScopedSnapshot]:
    one = ScopedSnapshot(file, 1)
    yield one
    one.close()


def read_ids(snapshot: ScopedSnapshot, scope: Scope, table: str) -> set[str | None]:
    with snapshot.open(scope) as con:
        return {row[0] for row in con.execute(f"select distinct customer_id from {table}").fetchall()}


@pytest.mark.parametrize("table", ["customers", "customer_list", "rfm_scores", "orders", "lines"])
def test_a_scope_sees_its_customers_only(snapshot: ScopedSnapshot, table: str) -> None:
    assert read_ids(snapshot, Scope.everyone(), table) - {None} >= EVERYONE - (
        {"cid"} if "list" in table or "rfm" in table else set()
    )
    assert read_ids(snapshot, Scope.only(["ann", "dan"]), table) == {"ann", "dan"}
    assert read_ids(snapshot, Scope.only(["ann"]), table) == {"ann"}
    assert read_ids(snapshot, Scope.only([]), table) == set()


def test_every_question_keeps_to_the_scope(snapshot: ScopedSnapshot) -> None:
    mine, others = {"ann"}, EVERYONE - {"ann"}
    questions = named_queries("foresell.snapshot", "queries.sql")
    queried = 0
    for name, query in questions.items():
        if "{" in query:
            continue  # lists: below
        theirs: dict[str, object] = {
            "customer_id": "bob", "ids": sorted(others), "places": [0] * len(others), "products": [1], "ranks": [1, 2, 3, 4], "order_ids": list(range(1, 100)),
            "capacity": 50, "days": 365, "goal": 0.8, "left_out": [], "call_ids": [1], "customer_ids": ["bob"], "times": ["2020-01-01"],
        }  # fmt: skip
        values = {word: theirs.get(word, "Champions") for word in re.findall(r"\$(\w+)", query)}
        with snapshot.open(Scope.only(mine)) as con:
            found = str(con.execute(query, values or None).fetchall())
        assert not any(f"'{customer}'" in found for customer in others), name
        queried += 1
    assert queried >= 10
    with snapshot.open(Scope.only(mine)) as con:
        total, rows = queries.list_customers(con)
    assert total == 1 and [row["customer_id"] for row in rows] == ["ann"]


def test_remembered_selections_do_not_cross_scopes(snapshot: ScopedSnapshot) -> None:
    everyone = snapshot.ranks(Scope.everyone(), Filter(), "value")
    mine = snapshot.ranks(Scope.only(["ann"]), Filter(), "value")
    assert len(everyone) > len(mine) == 1
    assert len(snapshot.ranks(Scope.only(["bob"]), Filter(), "value")) == 1


def test_a_connection_that_comes_back_keeps_its_scope(snapshot: ScopedSnapshot) -> None:
    for _ in range(3):
        assert read_ids(snapshot, Scope.only(["bob"]), "orders") == {"bob"}
        assert None in read_ids(snapshot, Scope.everyone(), "orders")


def test_cut_points_are_of_all_customers_in_every_scope(snapshot: ScopedSnapshot) -> None:
    with snapshot.open(Scope.everyone()) as con:
        everyone = queries.run_query(con, "cut_points")
    with snapshot.open(Scope.only(["ann"])) as con:
        assert queries.run_query(con, "cut_points") == everyone


def test_the_reader_needs_a_scope(snapshot: ScopedSnapshot) -> None:
    for nothing in (None, "everyone", ["ann"]):
        with pytest.raises(TypeError), snapshot.open(nothing):  # type: ignore[arg-type]
            pass


def test_nothing_can_be_written_or_read_outside_the_run(snapshot: ScopedSnapshot, tmp_path: Path) -> None:
    for statement in (
        "create table run.main.mine (a int)",
        "delete from run.main.customers",
        f"attach '{tmp_path / 'other.duckdb'}'",
        "set enable_external_access = true",
        "select * from read_csv('/etc/passwd')",
    ):
        with (
            snapshot.open(Scope.everyone()) as con,
            pytest.raises(Exception, match=r"(?i)read-only|cannot|permission|configuration"),
        ):
            con.execute(statement)


def test_a_missing_or_older_file_says_what_to_do(tmp_path: Path, file: Path) -> None:
    with pytest.raises(ForesellError, match="missing or damaged"):
        ScopedSnapshot(tmp_path / "none.duckdb", 1)
    import duckdb

    older = tmp_path / "older.duckdb"
    duckdb.connect(str(older)).execute("create table meta as select 1 as as_of").close()  # before there was a format
    with pytest.raises(NotReady, match="older Foresell"):
        ScopedSnapshot(older, 1)


def test_scopes_forgotten_are_made_again(snapshot: ScopedSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SCOPES_KEPT", 2)
    for customer in ("ann", "bob", "cid", "ann"):
        assert read_ids(snapshot, Scope.only([customer]), "orders") == {customer}


def strays(text: str) -> list[str]:
    """Ways around the scoped reader in a source text."""
    return re.findall(r"duckdb\.connect|open_snapshot|run\.main", text)


def test_the_api_has_no_other_way_in() -> None:
    root = Path(foresell.__file__).parent
    packages = [root / name for name in ("api", "metrics", "delivery", "access")]
    files = [
        file
        for package in packages
        if package.is_dir()
        for file in package.rglob("*")
        if file.suffix in (".py", ".sql")
    ]
    assert len(files) > 10
    assert {file.name: strays(file.read_text()) for file in files if strays(file.read_text())} == {}
    assert strays("con = duckdb.connect(file)") and strays("select * from run.main.customers"), (
        "the search itself works"
    )
