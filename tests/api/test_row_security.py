"""The second wall: with every check of the application left out, PostgreSQL alone lets no one see other people's rows."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.served import STAFF, Served, acting_for, superuser


def readable(served: Served) -> list[tuple[str, str, list[str]]]:
    """(schema, table, columns) of everything the API's role may read."""
    with superuser(served.settings) as con:
        rows = con.execute(
            "select table_schema, table_name, array_agg(column_name::text) from information_schema.columns"
            " where table_schema not in ('pg_catalog', 'information_schema')"
            " and has_column_privilege('foresell_web', format('%I.%I', table_schema, table_name), column_name, 'select')"
            " group by 1, 2 order by 1, 2"
        ).fetchall()
    return [(str(row[0]), str(row[1]), list(row[2])) for row in rows]  # type: ignore[call-overload]


def foreign_rows(served: Served, user_id: int | None, allowed: set[str]) -> dict[str, int]:
    """Rows by table that name a customer this user has nothing to do with."""
    found: dict[str, int] = {}
    with acting_for(served, user_id) as con:
        for schema, table, columns in readable(served):
            if "customer_id" not in columns:
                continue
            query = sql.SQL("select count(*) as many from {} where customer_id is not null and customer_id <> all(%s)")
            row = con.execute(query.format(sql.Identifier(schema, table)), [sorted(allowed)]).fetchone()
            assert row is not None
            if row["many"]:
                found[f"{schema}.{table}"] = row["many"]
    return found


def test_the_role_is_under_row_security(served: Served) -> None:
    with superuser(served.settings) as con:
        row = con.execute("select rolsuper, rolbypassrls from pg_roles where rolname = 'foresell_web'").fetchone()
    assert row == (False, False)


def test_a_rep_reaches_the_own_customers_only(served: Served) -> None:
    for who in ("rep", "other_rep"):
        assert foreign_rows(served, served.users[who], set(served.customers[who])) == {}


def test_a_manager_reaches_the_team_and_unassigned_customers_only(served: Served) -> None:
    allowed = {*served.customers["rep"], *served.customers["unassigned"]}
    assert foreign_rows(served, served.users["manager"], allowed) == {}


def test_a_manager_without_the_right_to_assign_or_without_a_team_reaches_no_unassigned_customer(served: Served) -> None:
    manager = served.users["manager"]
    owned = set(served.customers["rep"])
    for take, restore in (
        (
            "delete from access.role_permissions where role = 'manager' and permission = 'customers.assign'",
            "insert into access.role_permissions values ('manager', 'customers.assign')",
        ),
        (
            "update access.users set team_id = null where name = 'Manager'",
            "update access.users set team_id = (select team_id from access.teams where name = 'North') where name = 'Manager'",
        ),
    ):
        with superuser(served.settings) as con:
            con.execute(take)
            try:
                assert foreign_rows(served, manager, owned) == {}, take
            finally:
                con.execute(restore)
    assert foreign_rows(served, manager, owned) != {}, "the control: with both, unassigned customers are visible"


def test_a_manager_takes_no_customer_of_another_team_and_gives_none_away(served: Served) -> None:
    theirs, free = served.customers["other_rep"][0], served.customers["unassigned"][0]
    before = owners_of(served)
    give = "insert into access.customer_owners (customer_id, user_id) values (%s, %s) on conflict do nothing"
    for statement, values in (
        (give, [theirs, served.users["rep"]]),
        (give, [free, served.users["other_rep"]]),
        ("delete from access.customer_owners where customer_id = %s", [theirs]),
        ("update access.customer_owners set user_id = %s where customer_id = %s", [served.users["rep"], theirs]),
    ):
        with suppress(psycopg.errors.InsufficientPrivilege), acting_for(served, served.users["manager"]) as con:
            con.execute(statement, values)
        assert owners_of(served) == before, statement


def owners_of(served: Served) -> list[Any]:
    with superuser(served.settings) as con:
        return con.execute("select customer_id, user_id from access.customer_owners order by 1").fetchall()


def test_without_a_user_nothing_is_visible(served: Served) -> None:
    assert foreign_rows(served, None, set()) == {}
    assert foreign_rows(served, 999_999, set()) == {}


def test_own_rows_are_there(served: Served) -> None:
    """Or else everything above would hold of an empty database, too."""
    with acting_for(served, served.users["rep"]) as con:
        seen = {row["customer_id"] for row in con.execute("select customer_id from web.customer_records").fetchall()}
    assert seen == set(served.customers["rep"])
    with acting_for(served, served.users["analyst"]) as con:
        row = con.execute("select count(*) as many from web.customer_records").fetchone()
    assert row and row["many"] == sum(len(ids) for ids in served.customers.values())


#: What of other people is open to everyone who is signed in, because lists show it.
OPEN_BY_DESIGN = {
    "access.users",
    "access.customer_owners",
    "access.roles",
    "access.permissions",
    "access.role_permissions",
    "access.teams",
}


@pytest.mark.parametrize("who", [name for name, (role, _) in STAFF.items() if role != "admin"])
def test_other_peoples_secrets_and_sessions_are_out_of_reach(served: Served, who: str) -> None:
    served.session("admin")
    with served.database.connect("app") as con:
        con.execute(
            "insert into access.auth_challenges (token_hash, kind, user_id, expires_at)"
            " values (%s, 'passkey', %s, now() - interval '1 minute') on conflict do nothing",
            [b"a sign-in no one came back for", served.users["admin"]],
        )
    me = served.users[who]
    with acting_for(served, me) as con:
        for schema, table, columns in readable(served):
            name = f"{schema}.{table}"
            if "user_id" in columns and name not in OPEN_BY_DESIGN and schema == "access":
                rows = con.execute(
                    sql.SQL("select count(*) as many from {} where user_id <> %s").format(
                        sql.Identifier(schema, table)
                    ),
                    [me],
                ).fetchone()
                assert rows and rows["many"] == 0, name


def test_the_app_cannot_widen_its_own_reach(served: Served) -> None:
    for statement in (
        "insert into access.user_roles (user_id, role) values (%(me)s, 'admin')",
        "update access.roles set scope = 'all'",
        "insert into access.role_permissions (role, permission) values ('rep', 'users.manage')",
        "insert into access.customer_owners (customer_id, user_id) values (%(theirs)s, %(me)s)",
        "set role foresell_app",
        "set role foresell_owner",
        "alter table core.customer_records disable row level security",
        "select * from privacy.data_keys",
        "copy core.customer_records to '/tmp/foresell-test-out'",
    ):
        with pytest.raises(psycopg.Error), acting_for(served, served.users["rep"]) as con:
            con.execute(statement, {"me": served.users["rep"], "theirs": served.customers["unassigned"][0]})
    with acting_for(served, served.users["rep"]) as con:
        taken = con.execute(
            "update access.customer_owners set user_id = %s where customer_id = %s",
            [served.users["rep"], served.customers["other_rep"][0]],
        )
        assert taken.rowcount == 0


def test_the_search_for_foreign_rows_finds_them_when_a_policy_is_gone(served: Served) -> None:
    """The control."""
    tables = [(schema, table) for schema, table, columns in readable(served) if table == "customer_records"]
    assert tables
    with superuser(served.settings) as con:
        for each in tables:
            con.execute(sql.SQL("alter table {} disable row level security").format(sql.Identifier(*each)))
        try:
            assert foreign_rows(served, served.users["rep"], set(served.customers["rep"])) != {}
        finally:
            for each in tables:
                con.execute(sql.SQL("alter table {} enable row level security").format(sql.Identifier(*each)))
