"""All drills, in the order they run: the quick ones first."""

from __future__ import annotations

from tests.drills.drill import Drill
from tests.drills.hostile_requests import fuzz_everything, inject_everywhere
from tests.drills.soak import soak
from tests.drills.tests_as_drills import drill_of

RIGHTS = ("tests/api/test_rights.py", "tests/api/test_row_security.py")
DRILLS = (
    Drill(
        "S2",
        "Every operation, asked by every role for its own and for others' customers, and without a valid session.",
        "0 unexpected answers; without the program's checks row security still shows 0 foreign rows",
        drill_of(
            *RIGHTS,
            controls=("finds_an_operation_left_open", "when_a_policy_is_gone"),
            at_most={"unexpected answers": 0},
            at_least={"operations asked by a role": 300, "operations asked without a valid session": 300},
        ),
    ),
    Drill(
        "S4",
        "JSONTestSuite, the big list of naughty strings and our own hostile bodies, sent to every operation with a body.",
        "0 answers 5xx",
        drill_of(
            "tests/api/test_guard.py",
            controls=("test_control_without_the_guard",),
            at_most={"answered 5xx": 0},
            at_least={"hostile requests": 20_000},
            corpora=True,
        ),
    ),
    Drill(
        "OIDC",
        "A company's identity provider that lies, is replayed or is confused with another.",
        "0 sign-ins by a false ID token, a replayed answer or another browser's state",
        drill_of("tests/api/test_oidc.py", controls=("planted_defect",)),
    ),
    Drill(
        "PASSKEY",
        "Passkeys of a false origin, without user verification, with a copied counter, replayed, or of another user.",
        "0 sign-ins by a passkey that is not right",
        drill_of(
            "tests/api/test_passkeys.py",
            controls=("planted_defect",),
            at_most={"false passkeys accepted": 0},
            at_least={"false passkeys": 11},
        ),
    ),
    Drill(
        "S11",
        "A superuser changes, removes, adds and reorders audit events, with every trigger off.",
        "1,000 random edits, 100 % found",
        drill_of(
            "tests/integration/test_audit.py",
            controls=("without_anchors_a_cut_tail",),
            at_most={"edits not found": 0},
            at_least={"edits by a superuser": 1000},
        ),
    ),
    Drill(
        "S12",
        "Contact data of 200 made-up people, searched for in every byte below the home, in answers, logs and a backup.",
        "0 seen in clear; after erasure 0 readable, also from a restored backup",
        drill_of(
            "tests/api/test_canaries.py",
            controls=("a_column_left_in_the_clear", "with_the_key_that_was_destroyed"),
            at_most={"files in which one is seen": 0},
            at_least={"people planted": 200},
        ),
    ),
    Drill(
        "S15",
        "Twelve attacks are replayed, and a normal day.",
        "12 of 12 noticed within 60 s; 0 alarms on a normal day",
        drill_of("tests/integration/test_detection.py", controls=("control",)),
    ),
    Drill(
        "R13",
        "Ten minutes of steady load.",
        "memory grows < 1 MiB a minute after minute 3; descriptors, connections and p99 (10 %) stay; 0 answers 5xx",
        soak,
    ),
    Drill(
        "S3",
        "schemathesis on every operation, alone and in sequences, the live stream and the runs among them.",
        "20,000 requests: 0 answers 5xx, 0 undocumented statuses",
        fuzz_everything,
    ),
    Drill(
        "S16",
        "sqlmap, level 2, on every parameter of every operation.",
        "0 parameters can be injected",
        inject_everywhere,
    ),
)
