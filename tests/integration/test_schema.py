"""The schema files and the migrations arrive at the same place."""

from __future__ import annotations

import psycopg
import pytest

from foresell.database import Database, embedded_conninfo
from foresell.settings import Settings
from foresell.store import migrate
from foresell.store.segment_rules import list_segment_rules, save_segment_rules
from tests.support.schema_dump import SCHEMAS, dump


def test_schema_file_and_migrations_agree(settings: Settings, database: Database) -> None:
    with psycopg.connect(embedded_conninfo(settings.home, "postgres", "postgres"), autocommit=True) as con:
        con.execute("create database fresh owner foresell_owner")
    with psycopg.connect(embedded_conninfo(settings.home, "foresell_owner", "fresh")) as con:
        con.execute(migrate.read_schema().encode())
    migrated, fresh = dump(settings, "foresell"), dump(settings, "fresh")
    assert len(fresh) > 200
    assert sorted(migrated) == sorted(fresh)


def test_every_table_says_its_grain(database: Database) -> None:
    with database.connect() as con:
        silent = con.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = any(%s) and c.relkind in ('r', 'v', 'p') and obj_description(c.oid) is null",
            [list(SCHEMAS)],
        ).fetchall()
    assert silent == []


def test_views_check_the_rights_of_the_querying_role(database: Database) -> None:
    with database.connect() as con:
        loose = con.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any(%s)"
            " and c.relkind = 'v' and not coalesce(c.reloptions, '{}') && array['security_invoker=true']",
            [list(SCHEMAS)],
        ).fetchall()
    assert loose == []


def test_segment_rules_are_written_only_by_the_function(database: Database) -> None:
    rule = {
        "position": 1,
        "name": "All",
        "advice": "Call them.",
        "r_min": 1,
        "r_max": 5,
        "f_min": 1,
        "f_max": 5,
        "m_min": 1,
        "m_max": 5,
        "conditions": [{"field": "frequency", "operator": "is", "value": 1}],
    }
    with database.connect() as con:
        assert save_segment_rules(con, [rule]) == 2
    [saved] = list_segment_rules(database)
    assert saved == {**rule, "rules_version": 2}
    with database.connect() as con, pytest.raises(psycopg.errors.InsufficientPrivilege):
        con.execute("insert into segment_rules select 3, position, name, 1, 5, 1, 5, 1, 5, advice from segment_rules")
    with database.connect("web") as con, pytest.raises(psycopg.errors.InsufficientPrivilege):
        con.execute("select core.insert_segment_rules('[]', null)")
