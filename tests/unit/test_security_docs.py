"""docs/security says what the program does, and the register is whole."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from foresell.access import api_keys, challenges, factors, links, passwords, sessions, throttle, tokens
from foresell.access import keyring as keys
from foresell.api.http import rate_limits, request_validation, slow_clients
from foresell.api.shared import file_exports
from foresell.events.contract import BATCH_EVENTS
from foresell.privacy.envelope import FIELDS
from foresell.privacy.erasure import REMAINS
from foresell.settings import Settings
from foresell.sources.files import unpacker
from foresell.sources.files.bounded import Limits
from tests.support.scripts import load_script

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "security"
LIMITS = Limits()
asvs = load_script("asvs")

FIGURES = {
    "docs/security/rules.md": [
        f"one step of {factors.STEP_SECONDS} seconds",
        f"once; {factors.RECOVERY_CODES} codes",
        f"once, {links.INVITED_MINUTES // 60} hours; the first one {links.FIRST_MINUTES} minutes",
        f"{challenges.SECONDS // 60} minutes from start to return",
        f"{api_keys.MOST_DAYS} days at most",
        f"an account has {throttle.PER_ACCOUNT} attempts in any 15 minutes, {throttle.PER_ACCOUNT_AND_NETWORK} of them from one network",
        f"a network has {throttle.PER_NETWORK} over all",
        f"a known device has {throttle.PER_DEVICE} of its own",
        f"At least {passwords.ALONE} characters, or {passwords.WITH_FACTOR} with a second factor; at most {passwords.LONGEST}",
        f"An access token lasts {tokens.ACCESS_SECONDS // 60} minutes",
        f"after {sessions.IDLE_HOURS} hours without use, or after {sessions.SESSION_DAYS} days",
        f"{Settings(Path()).upload_mib} MiB (`FORESELL_UPLOAD_MIB`)",
        f"unpacked {LIMITS.expanded // LIMITS.memory} times the memory a load may use (half of `FORESELL_MEMORY_GIB`), and not above {unpacker.BOMB_RATIO} times the file once larger than {unpacker.BOMB_FROM >> 20} MiB",
        f"{unpacker._MOST_MEMBERS:,} files in an archive",
        f"Exports run {file_exports.AT_ONCE} at once",
        f"Passwords are hashed {passwords._slots._max_workers} at a time",
        f"has not started after {request_validation.ANSWER_SECONDS:.0f} seconds",
        f"{request_validation.READ_SECONDS} seconds for the database",
        f"a new one every {keys.ROTATED_AFTER_SECONDS // 86_400} days",
    ],
    "docs/how-to/monitor-it.md": [
        f"| {Settings(Path()).user_rate * rate_limits.WINDOW_SECONDS // 60} in {rate_limits.WINDOW_SECONDS} seconds |",
        f"| {rate_limits.EVENT_REQUESTS_A_SECOND * rate_limits.WINDOW_SECONDS:,} in {rate_limits.WINDOW_SECONDS} seconds, of up to {BATCH_EVENTS:,} events each |",
        f"| {Settings(Path()).address_rate} a minute |",
        f"| {rate_limits.EXPORTS_A_MINUTE} a minute, {file_exports.AT_ONCE} at once in a process |",
        f"| {rate_limits.REVEALS_A_MINUTE} customers a minute |",
        f"{request_validation.JSON_LIMIT >> 20} MiB, {request_validation.DEPTH_LIMIT} levels",
        f"{slow_clients.HEAD_SECONDS:.0f} seconds for the head of a request, {slow_clients.BODY_SECONDS:.0f} for its body",
        f"1 more per {slow_clients.MINIMUM_RATE:.0f} bytes, {slow_clients.UNREAD_SECONDS:.0f} without reading",
    ],
}


@pytest.mark.parametrize(("page", "figure"), [(page, figure) for page, all_ in FIGURES.items() for figure in all_])
def test_limits_are_those_of_the_program(page: str, figure: str) -> None:
    text = " ".join((ROOT / page).read_text().split())
    assert " ".join(figure.split()) in text, f"{page} does not say: {figure}"


def test_every_key_of_a_home_is_in_the_inventory() -> None:
    rules = (DOCS / "rules.md").read_text()
    for name in ("keys/signing", "keys/access", "keys/kek-", "keys/index", "keys/audit", "keys/foresell_"):
        assert f"`{name}" in rules, name
    assert all(f"`{permission}`" in (DOCS / "access.md").read_text() for permission in api_keys.PERSONAL)


def test_the_access_page_is_what_the_schema_grants() -> None:
    module = load_script("access_matrix")
    assert module.FILE.read_text() == module.access_matrix(), "run: make docs"
    roles = [line for line in module.access_matrix().splitlines() if line.startswith("| admin |")]
    assert len(roles) == 1 and module.access_matrix().count("| yes |") > 25


#: The requirements of levels 1 and 2 in ASVS 5.0.0: of each section the numbers of level 1, a slash, and those of level 2.
ASVS = """
1.1:/1,2 1.2:1,2,3,4,5/6,7,8,9 1.3:1,2/3,4,5,6,7,8,9,10,11 1.4:/1,2,3 1.5:1/2
2.1:1/2,3 2.2:1,2/3 2.3:1/2,3,4 2.4:/1
3.2:1,2/ 3.3:1/2,3,4 3.4:1,2/3,4,5,6 3.5:1,2,3/4,5 3.7:/1,2
4.1:1/2,3 4.2:/1 4.3:/1,2 4.4:1/2,3,4
5.1:/1 5.2:1,2/3 5.3:1,2/ 5.4:/1,2,3
6.1:1/2,3 6.2:1,2,3,4,5,6,7,8/9,10,11,12 6.3:1,2/3,4 6.4:1,2/3,4 6.5:/1,2,3,4,5 6.6:/1,2,3 6.8:/1,2,3,4
7.1:/1,2,3 7.2:1,2,3,4/ 7.3:/1,2 7.4:1,2/3,4,5 7.5:/1,2 7.6:/1,2
8.1:1/2 8.2:1,2/3 8.3:1/ 8.4:/1
9.1:1,2,3/ 9.2:1/2,3,4
10.1:/1,2 10.2:/1,2 10.3:/1,2,3,4 10.4:1,2,3,4,5/6,7,8,9,10,11 10.5:/1,2,3,4,5 10.6:/1,2 10.7:/1,2,3
11.1:/1,2 11.2:/1,2,3 11.3:1,2/3 11.4:1/2,3,4 11.5:/1 11.6:/1
12.1:1/2,3 12.2:1,2/ 12.3:/1,2,3,4
13.1:/1 13.2:/1,2,3,4,5 13.3:/1,2 13.4:1/2,3,4,5
14.1:/1,2 14.2:1/2,3,4 14.3:1/2,3
15.1:1/2,3 15.2:1/2,3 15.3:1/2,3,4,5,6,7
16.1:/1 16.2:/1,2,3,4,5 16.3:/1,2,3,4 16.4:/1,2,3 16.5:/1,2,3
17.1:/1 17.2:/1,2,3,4 17.3:/1,2
"""


def official() -> dict[str, int]:
    """The level of each requirement."""
    found = {}
    for section, first, second in (re.split("[:/]", part) for part in ASVS.split()):
        for level, numbers in ((1, first), (2, second)):
            found |= {f"{section}.{number}": level for number in numbers.split(",") if number}
    return found


def find_tests(path: str) -> set[str]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_requirement_is_decided_once() -> None:
    register = asvs.read_register()
    assert len(register) == len(official()) == 253
    assert {each.number: each.level for each in register} == official()
    assert all(each.proof and all(each.proof) for each in register)


def test_every_test_and_file_of_the_register_exists() -> None:
    register = asvs.read_register()
    files = cache(find_tests)
    named = [proof.split("::") for each in register if each.decision == "tests" for proof in each.proof]
    assert [f"{path}::{name}" for path, name in named if name not in files(path)] == []
    read = [path for each in register if each.decision == "reading" for path in each.proof]
    assert [path for path in read if not (ROOT / path).is_file()] == []


def test_what_is_not_met_says_what_is_needed() -> None:
    register = asvs.read_register()
    open_ = [each for each in register if each.decision == "not_met"]
    assert [each.number for each in open_ if "Needed: " not in each.proof[0]] == []
    assert asvs.share_tested(register) >= 0.85, "the goal"


def test_the_page_of_the_register_is_current() -> None:
    assert asvs.FILE.read_text() == asvs.page(), "run: make docs"


def test_a_requirement_decided_twice_or_never_is_refused() -> None:
    row = {"level": 1, "what": "Something"}
    for wrong in (row, {**row, "tests": []}, {**row, "tests": ["a::b"], "not_met": "No"}, {**row, "test": ["a::b"]}):
        with pytest.raises(ValueError, match=r"9\.9\.9"):
            asvs._requirement("9.9.9", "V9", wrong)


def test_every_way_to_sign_in_is_documented() -> None:
    rules = (DOCS / "rules.md").read_text()
    table = rules.partition("## Ways to sign in")[2].partition("## ")[0]
    words = {"password": "password", "passkey": "passkey", "link": "one-time link", "oidc": "company account"}
    assert set(words) == set(get_args(sessions.By)), "a new way to sign in"
    for word in (*words.values(), "authenticator app", "recovery code", "API key"):
        assert f"| {word}" in table, word


def test_the_classes_of_data_name_what_is_sealed() -> None:
    rules = (DOCS / "rules.md").read_text()
    [contact] = [line for line in rules.splitlines() if line.startswith("| contact |")]
    words = {"email": "e-mail", "phone": "phone", "address": "street address"}
    assert set(words) == set(FIELDS), "a new field of contact data"
    assert all(word in contact for word in words.values())


#: What speaks over a network, but for the PostgreSQL drivers, and to whom.
CONNECTS = {
    "access/oidc.py": "the provider",
    "api/http/tracing.py": "the collector",
    "privacy/key_store.py": "AWS KMS",
    "cli/supervisor.py": "the API",
    "api/serve.py": "the API",
    "sources/connectors/http.py": "the vendor of a connected source",
    "enrichment/address_guard.py": "the pages of a customer",
    "enrichment/fetcher.py": "the pages of a customer",
    "demo/imitations/server.py": "the vendor of a connected source",
}


def test_only_these_modules_connect_to_anything() -> None:
    clients = {
        "httpx2",
        "requests",
        "boto3",
        "botocore",
        "urllib.request",
        "http.client",
        "socket",
        "smtplib",
        "ftplib",
        "aiohttp",
    }
    found = {}
    for file in sorted((ROOT / "src" / "foresell").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if used := clients.intersection(names):
                found[file.relative_to(ROOT / "src" / "foresell").as_posix()] = used
    assert set(found) == set(CONNECTS)
    table = (DOCS / "rules.md").read_text().partition("## Connections")[2]
    assert all(whom in table for whom in (*CONNECTS.values(), "PostgreSQL"))


def test_what_remains_after_an_erasure_is_what_the_program_says() -> None:
    table = "\n".join(f"| {what} | {until} |" for what, until in REMAINS)
    assert table in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
