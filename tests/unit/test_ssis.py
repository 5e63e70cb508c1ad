"""The package for SQL Server Integration Services: whole, always the same, without secrets, and its checker finds what is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree  # reads what this test has written

import pytest
import sqlglot
from typer.testing import CliRunner

from foresell.cli.sources import sources_app
from foresell.delivery import ssis
from foresell.delivery.ssis import Node
from foresell.errors import UsageError

COLUMNS = ("customer_id", "name", "rfm_score", 'say "hi" & <bye>')
DTS = "{www.microsoft.com/SqlServer/Dts}"


def make() -> ssis.Target:
    return ssis.make_target("customers", "dbo.customers", COLUMNS, ["customer_id"])


def first(root: Node, tag: str, number: int = 0) -> Node:
    return next(itertools.islice((node for node in root.walk() if node.tag == tag), number, None))


def test_a_package_is_right_and_its_text_is_what_was_checked() -> None:
    root = ssis.build_package(make())
    assert ssis.check_package(root) == []
    read = ElementTree.fromstring(ssis.write_package(root))  # noqa: S314
    assert len(list(read.iter())) == len(list(root.walk()))
    texts = [(node.text or "").strip() for node in read.iter()]
    assert texts == [node.text.strip() for node in root.walk()]
    names = [node.get("name") for node in read.iter("outputColumn") if not node.get("specialFlags")]
    assert names == list(COLUMNS)
    tasks = [node.get(f"{DTS}ObjectName") for node in read.findall(f"{DTS}Executables/{DTS}Executable")]
    assert tasks == ["Empty staging table", "Load file", "Merge into table"]


def test_the_same_columns_give_the_same_text_and_others_do_not() -> None:
    text = ssis.write_package(ssis.build_package(make()))
    assert text == ssis.write_package(ssis.build_package(make()))
    other = ssis.make_target("customers", "dbo.clients", COLUMNS, ["customer_id"])
    assert ssis.make_guid(make(), "package") != ssis.make_guid(other, "package")


def test_it_holds_no_password() -> None:
    text = (ssis.write_package(ssis.build_package(make())) + ssis.write_sql(make())).lower()
    assert "integrated security=sspi" in text and 'protectionlevel="0"' in text
    assert not any(word in text for word in ("password=", ";pwd=", "user id=", ";uid="))


def rename(name: str, value: str, tag: str, number: int = 0) -> Callable[[Node], None]:
    def plant(root: Node) -> None:
        first(root, tag, number).attributes[name] = value

    return plant


def drop(name: str, tag: str) -> Callable[[Node], None]:
    def plant(root: Node) -> None:
        del first(root, tag).attributes[name]

    return plant


def same_id(root: Node) -> None:
    first(root, "externalMetadataColumn", 1).attributes["refId"] = first(root, "externalMetadataColumn").attributes[
        "refId"
    ]


def same_guid(root: Node) -> None:
    first(root, "DTS:FlatFileColumn", 1).attributes["DTS:DTSID"] = first(root, "DTS:FlatFileColumn").attributes[
        "DTS:DTSID"
    ]


FAULTS = {
    "lineage of no column": (rename("lineageId", "Package\\Load file\\nothing", "inputColumn"), "lineageId"),
    "no lineage": (drop("lineageId", "inputColumn"), "lineageId None leads nowhere"),
    "lineage of another type": (rename("dataType", "i4", "outputColumn"), "cachedDataType is wstr, its source has i4"),
    "lineage of another length": (rename("cachedLength", "50", "inputColumn"), "cachedLength is 50"),
    "two of one refId": (same_id, "is there 2 times"),
    "two of one GUID": (same_guid, "DTS:DTSID"),
    "an external column that is not there": (
        rename("externalMetadataColumnId", "x", "inputColumn"), "externalMetadataColumnId 'x' leads nowhere",
    ),
    "a source column without an external one": (
        drop("externalMetadataColumnId", "outputColumn"), "externalMetadataColumnId None leads nowhere",
    ),
    "a path from nowhere": (rename("startId", "x", "path"), "startId 'x' leads nowhere"),
    "a path to nowhere": (rename("endId", "x", "path"), "endId 'x' leads nowhere"),
    "a component without its connection": (
        rename("connectionManagerRefId", "x", "connection"), "connectionManagerRefId 'x' leads nowhere",
    ),
    "a task without its connection": (
        rename("SQLTask:Connection", "{0}", "SQLTask:SqlTaskData"), "SQLTask:Connection '{0}' leads nowhere",
    ),
    "a task after none": (rename("DTS:From", "x", "DTS:PrecedenceConstraint", 1), "DTS:From 'x' leads nowhere"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    plant, says = FAULTS[fault]
    root = ssis.build_package(make())
    plant(root)
    assert any(says in found for found in ssis.check_package(root)), ssis.check_package(root)


def test_its_sql_can_be_parsed() -> None:
    """By sqlglot, not by SQL Server."""
    batches = [batch for batch in ssis.write_sql(make()).split("\ngo\n") if batch.strip()]
    staging, target, procedure = batches
    for batch in (staging, target):
        statement = batch[batch.index("create table") :]
        assert isinstance(sqlglot.parse_one(statement, dialect="tsql"), sqlglot.exp.Create)
    merge = procedure[procedure.index("merge ") : procedure.index("    commit")]
    parsed = sqlglot.parse_one(merge.rstrip().rstrip(";"), dialect="tsql")
    assert isinstance(parsed, sqlglot.exp.Merge) and len(parsed.args["whens"].expressions) == 2
    assert '[say "hi" & <bye>]' in procedure


WRONG = {
    "no key": (("a",), (), "dbo.t", "key is missing"),
    "a key that is no column": (("a",), ("b",), "dbo.t", "no column 'b'"),
    "two of a name": (("a", "A"), ("a",), "dbo.t", "two are named 'a'"),
    "no columns": ((), ("a",), "dbo.t", "there are 0"),
    "a bracket": (("a]; drop table t;--",), ("a",), "dbo.t", "cannot be the name of a column"),
    "a table that is no name": (("a",), ("a",), "dbo.t; drop table x", "cannot be the name of a table"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_names_that_cannot_be_are_refused(wrong: str) -> None:
    columns, key, table, says = WRONG[wrong]
    with pytest.raises(UsageError, match=says.replace("(", "\\(")):
        ssis.make_target("p", table, columns, key)


def test_the_command_writes_both_files_and_says_that_it_was_never_run(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text('customer_id,"name, full"\n1,A\n', encoding="utf-8-sig")
    package = tmp_path / "customers.dtsx"
    given = [
        "ssis",
        str(package),
        "--csv",
        str(tmp_path / "c.csv"),
        "--table",
        "dbo.customers",
        "--key",
        "customer_id",
    ]
    done = CliRunner().invoke(sources_app, given)
    assert done.exit_code == 0, done.output
    assert "never executed by us" in " ".join(done.output.split())
    text = package.read_bytes()
    assert b"\r\n" in text and b"\r\r" not in text
    read = ElementTree.fromstring(text.decode())  # noqa: S314
    columns = [node.get("name") for node in read.iter("outputColumn") if not node.get("specialFlags")]
    assert columns == ["customer_id", "name, full"]
    assert "merge_customers" in package.with_suffix(".sql").read_text()
