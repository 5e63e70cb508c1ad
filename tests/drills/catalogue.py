"""All drills, in the order they run: the quick ones first."""

from __future__ import annotations

from tests.drills.drill import Drill
from tests.drills.exported_files import export_formulas, list_components
from tests.drills.full_disk import fill_disk
from tests.drills.hostile_requests import fuzz_everything, inject_everywhere
from tests.drills.killed_processes import finish_jobs, recover
from tests.drills.repeated_requests import repeat
from tests.drills.set_clock import set_the_clock
from tests.drills.sign_ins import guess, sign_in_at_once
from tests.drills.slow_database import stall
from tests.drills.soak import soak
from tests.drills.tests_as_drills import drill_of

RIGHTS = ("tests/api/test_rights.py", "tests/api/test_row_security.py")
DRILLS = (
    Drill(
        "R2",
        "`kill -9` of the API, the worker, PostgreSQL and its backends while calls are logged.",
        "median <= 3 s and longest <= 8 s to the next acknowledged call, a backend 1 s; 0 calls lost or stored twice",
        recover,
    ),
    Drill(
        "R3",
        "3,000 jobs, and `kill -9` of the worker in the middle of ten of them.",
        "all finish, each with its effect once, within 2 heartbeat timeouts of a kill",
        finish_jobs,
    ),
    Drill(
        "R5",
        "500 requests, each sent by 50 callers at once; the API is killed between commit and answer.",
        "one effect and one answer a key; another body with the same key is refused",
        repeat,
    ),
    Drill(
        "R6",
        "The disk of a whole home is full for 8 s.",
        "0 acknowledged calls lost; writes are refused with 503 or 507, reads go on; writes again within 5 s",
        fill_disk,
    ),
    Drill(
        "R7",
        "The database becomes 0.1 s slower, then stalls for 30 s.",
        "no request takes > 3 s; health says so and stays quick; well again within 5 s",
        stall,
    ),
    Drill(
        "R8",
        "The clock is set 2 hours ahead, back by a day, and right again.",
        "0 expired tokens accepted, no code twice, 0 calls lost or stored twice, the audit log whole",
        set_the_clock,
    ),
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
        "S6",
        "Forged and stale tokens, reused refresh tokens, codes used twice, links and step-up.",
        "0 accepted of at least 40 forged tokens; a reused refresh token ends its session",
        drill_of(
            "tests/api/test_forged_tokens.py",
            "tests/api/test_sign_in.py",
            controls=("planted_defect_is_noticed", "replay_would_be_seen"),
            at_most={"forged tokens accepted": 0},
            at_least={"forged tokens": 40},
        ),
    ),
    Drill(
        "SESSIONS",
        "Sign-ins, refresh tokens, second factors, links, lock-outs and roles in any order, compared with a model of 2,000 users.",
        "0 differences: each token counts exactly while its session lasts",
        drill_of(
            "tests/api/test_session_machine.py",
            controls=("planted_defect",),
            at_least={"sequences of sign-ins, refreshes and lock-outs": 2_000},
            environment={"FORESELL_SESSION_RUNS": "2000"},
        ),
    ),
    Drill(
        "S7",
        "10,000 guesses at one account from 1,000 networks; the time that a wrong password takes.",
        "at most 10 evaluated in 15 minutes; the owner still signs in; known and unknown users within 5 ms",
        guess,
    ),
    Drill(
        "S8",
        "64 sign-ins at once, ten times.",
        "memory grows <= 128 MiB; p99 of other requests <= 3 x; >= 15 sign-ins a second of processor time",
        sign_in_at_once,
    ),
    Drill(
        "S10",
        "Formulas and the big list of naughty strings as names and addresses, exported to CSV and XLSX.",
        "0 cells that a spreadsheet would run",
        export_formulas,
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
        "Attacks are replayed, and a normal week. With all detectors off none is noticed; with absurd thresholds the week alarms.",
        "at least 12, each noticed by its own detector in one look (the worker looks every 10 s); 0 alarms in a normal week",
        drill_of(
            "tests/integration/test_detection.py",
            controls=("raises_its_alarm_and_no_other", "weeks_of_normal_work"),
            at_most={"alarms in a normal week": 0},
            at_least={"attacks noticed": 12},
        ),
    ),
    Drill(
        "S18",
        "The list of what Foresell is made of, compared with what is installed.",
        "100 % of the installed distributions are listed",
        list_components,
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
