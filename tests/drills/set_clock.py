"""R8: the machine's clock is set back a day, two hours ahead, and back again, while `foresell up` works."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

import httpx2
import pyotp
from benchmarks.faults import Ledger, verify

from foresell.access import tokens
from foresell.access.keyring import Keyring
from foresell.audit.anchors import AnchorLog
from foresell.audit.verify import verify_audit
from foresell.store.database import open_database
from tests.drills.drill import NotRun, Options, Outcome, least, most
from tests.drills.shop import Shop, administrator_token, create_shop, serving
from tests.support.forging import forge, with_pair
from tests.support.served import superuser

SOURCE = Path(__file__).with_name("clock.c")
HOUR = 3600
#: Where the clock stands one after the other, in seconds ahead of the real one.
CLOCKS = (0, 2 * HOUR, -24 * HOUR, 0)
#: Tokens that expired this many seconds before the moment the clock shows.
EXPIRED_FOR = (2, 60, HOUR, 24 * HOUR)


def set_the_clock(options: Options) -> Outcome:
    """R8. PostgreSQL, the API and the worker see the same clock, set through `clock.c`; the drill sees the real one."""
    if not shutil.which("gcc"):
        raise NotRun("gcc is not installed, which compiles the clock.")
    accepted, totp, good, counts, audit = go_through_clocks(options.size(15, 4))
    planted, *_ = go_through_clocks(2, plant="timeless tokens", clocks=CLOCKS[:2])
    figures = [
        most("expired tokens accepted", accepted, 0),
        least(
            "expired and future tokens tried", len(CLOCKS) * len(EXPIRED_FOR) + len(CLOCKS) * (len(CLOCKS) - 1) - 2, 20
        ),
        least("valid tokens accepted, by setting of the clock", good, len(CLOCKS)),
        most("codes of an authenticator app accepted twice, or after the clock was set back", totp, 0),
        least("calls acknowledged meanwhile", counts["acknowledged"], options.size(500, 20)),
        most("acknowledged calls lost", counts["lost"], 0),
        most("calls stored twice", counts["duplicated"], 0),
        most("faults in the audit log", audit, 0),
    ]
    return Outcome(figures, [least("expired tokens accepted when their times are not read", planted, 1)])


def go_through_clocks(
    seconds: int, plant: str | None = None, clocks: tuple[int, ...] = CLOCKS
) -> tuple[int, int, int, dict[str, int], int]:
    """Returns how many tokens and codes were wrongly accepted, how many valid ones were accepted, calls, and audit faults."""
    accepted = reused = good = 0
    with tempfile.TemporaryDirectory() as name, create_shop() as shop:
        folder = Path(name)
        folder.chmod(0o755)
        clock, library = folder / "clock", folder / "clock.so"
        set_ahead(clock, 0)
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True)
        environment = {"LD_PRELOAD": str(library), "FORESELL_CLOCK": str(clock)}
        secret = add_authenticator(shop)
        with serving(shop, plant, environment):
            ledger, stop = Ledger(), threading.Event()
            writer = threading.Thread(target=write_by_clock, args=(shop, ledger, stop, clock))
            writer.start()
            for offset in clocks:
                set_ahead(clock, offset)
                time.sleep(1.5)
                accepted += count_accepted(shop, stale_tokens(shop, offset, clocks))
                good += count_accepted(shop, [token_at(shop, time.time() + offset)])
                reused += try_codes(shop, secret, offset, offset == clocks[0])
                time.sleep(seconds)
            stop.set()
            writer.join(75)
        database = open_database(shop.settings)
        counts = verify(shop, ledger)
        with database.connect() as con:
            con.autocommit = True
            report = verify_audit(con, AnchorLog(shop.settings.home))
    return accepted, reused, good, counts, len(report.findings)


def set_ahead(clock: Path, seconds: int) -> None:
    """Set the clock this many seconds ahead of the real one. The file is mapped, so it is changed in place."""
    with clock.open("r+b" if clock.exists() else "wb") as file:
        file.write(struct.pack("q", seconds))


def read_ahead(clock: Path) -> int:
    """How many seconds the clock is ahead."""
    [seconds] = struct.unpack("q", clock.read_bytes())
    return int(seconds)


def token_at(shop: Shop, issued: float, user: int = 0) -> str:
    """A token as it was issued at a moment, of a session that is still valid."""
    keyring = Keyring(shop.settings.home / "keys")
    kid, pair = keyring.signing_key()
    with superuser(shop.settings) as con:
        row = con.execute(
            "insert into access.sessions (user_id, signed_in_by, device, created_at, expires_at, second_factor_at)"
            " values (%s, 'password', 'drill', now() - interval '3 days', now() + interval '9 days', now()) returning session_id",
            [shop.users[user]],
        ).fetchone()
    assert row
    at = int(issued)
    claims = {
        "iss": tokens.ISSUER, "aud": tokens.AUDIENCE, "sub": str(shop.users[user]), "sid": str(row[0]), "iat": at, "nbf": at,
        "exp": at + tokens.ACCESS_SECONDS, "jti": uuid.uuid4().hex,
    }  # fmt: skip
    return forge({"alg": "ES256", "typ": tokens.TYPE, "kid": kid}, claims, with_pair(pair))


def stale_tokens(shop: Shop, offset: int, clocks: tuple[int, ...]) -> list[str]:
    """Tokens that are not valid by the clock as it is set: expired before, or issued while it stood elsewhere."""
    now = time.time() + offset
    expired = [token_at(shop, now - tokens.ACCESS_SECONDS - seconds) for seconds in EXPIRED_FOR]
    return expired + [token_at(shop, time.time() + other) for other in clocks if other != offset]


def count_accepted(shop: Shop, made: list[str]) -> int:
    """How many of the tokens let in."""
    with httpx2.Client(base_url=shop.url, timeout=30) as client:
        return sum(
            client.get("/api/me", headers={"authorization": f"Bearer {token}"}).status_code == 200 for token in made
        )


def add_authenticator(shop: Shop) -> str:
    """Give a user an authenticator app, as the API does. Returns its secret."""
    with serving(shop), httpx2.Client(base_url=shop.url, timeout=30) as client:
        client.headers["authorization"] = f"Bearer {administrator_token(shop.settings.home, shop.users[1])}"
        secret: str = client.post("/api/me/totp").json()["secret"]
        confirmed = client.put("/api/me/totp", json={"code": pyotp.TOTP(secret).now()})
        assert confirmed.status_code == 200, confirmed.text
    return secret


def try_codes(shop: Shop, secret: str, offset: int, is_first: bool) -> int:
    """How many codes were accepted that must not be: twice the same, and any once the clock was set back."""
    accepted = 0
    with superuser(shop.settings) as con:
        con.execute("delete from access.login_attempts")
    with httpx2.Client(base_url=shop.url, timeout=30) as client:
        client.headers["authorization"] = f"Bearer {token_at(shop, time.time() + offset, user=1)}"
        code = pyotp.TOTP(secret).at(int(time.time() + offset))
        for turn in range(2):
            is_accepted = client.post("/api/auth/step-up", json={"code": code}).status_code == 200
            may_be = turn == 0 and offset >= 0 and (is_first or offset > 0)
            accepted += is_accepted and not may_be
    return accepted


def write_by_clock(shop: Shop, ledger: Ledger, stop: threading.Event, clock: Path) -> None:
    """Log calls; the token is renewed whenever the clock is set."""
    at, token = None, ""
    with httpx2.Client(base_url=shop.url, timeout=10) as client:
        while not stop.is_set():
            with suppress(httpx2.HTTPError):
                if read_ahead(clock) != at:
                    at = read_ahead(clock)
                    token = token_at(shop, time.time() + at)
                note = str(uuid.uuid4())
                ledger.sent.add(note)
                call = {"customer_id": shop.customers[0], "outcome": "reached", "note": note}
                headers = {"authorization": f"Bearer {token}", "Idempotency-Key": note}
                if client.post("/api/calls", json=call, headers=headers).status_code in (200, 201):
                    ledger.acknowledged[note] = time.monotonic()
                else:
                    at = None
