"""Second factors: authenticator app (TOTP) and recovery codes. Passkeys have their own file."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import pyotp
import segno

from foresell.access.keyring import Keyring
from foresell.access.tokens import fingerprint
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import NotReady, UsageError

SQL = AsyncStatements("foresell.access")

RECOVERY_CODES = 10
STEP_SECONDS = 30
ISSUER = "Foresell"


@dataclass(frozen=True, slots=True)
class Factors:
    """What a user can prove an identity with."""

    password: bool
    stands_alone: bool
    totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def second(self) -> list[str]:
        """What a sign-in by password, link or provider is followed by; empty: nothing."""
        named = {"totp": self.totp, "recovery_code": bool(self.recovery_codes), "passkey": bool(self.passkeys)}
        return [name for name, there in named.items() if there] if self.totp or self.passkeys else []


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: as text, as a link, as a picture (SVG)."""

    secret: str
    uri: str
    qr_svg: str


async def of_user(con: AsyncConnection) -> Factors:
    """The factors of the user this transaction acts for."""
    row = await SQL.row(con, "factors.of_user")
    assert row
    return Factors(**row)


async def enrol_totp(con: AsyncConnection, keyring: Keyring, user_id: int, email: str) -> Enrolment:
    """A new secret, waiting for its first code. Raises NotReady when an app is set up already."""
    secret = pyotp.random_base32()
    sealed = keyring.seal(secret.encode(), _purpose(user_id))
    if not await SQL.run(con, "factors.enrol_totp", user_id=user_id, secret=sealed):
        raise NotReady("An authenticator app is set up already.", remedy="Remove it first.")
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    return Enrolment(secret, uri, segno.make(uri, error="m").svg_inline(border=2, light="#fff", omitsize=True))


async def confirm_totp(con: AsyncConnection, keyring: Keyring, user_id: int, code: str) -> list[str]:
    """The app's first code puts it in service. Returns recovery codes, or none where there are some already.

    Raises UsageError when the code is wrong.
    """
    if not await _spend(con, keyring, user_id, code, confirmed=False):
        raise UsageError(
            "The code is wrong.", remedy="Check the clock of the device; use the newest code.", parameter="code"
        )
    await SQL.run(con, "factors.confirm_totp")
    return [] if (await of_user(con)).recovery_codes else await new_recovery_codes(con, user_id)


async def remove_totp(con: AsyncConnection) -> bool:
    """Forget the app. Raises NotReady when the password is too short to be left alone."""
    removed = bool(await SQL.run(con, "factors.remove_totp"))
    await check_what_is_left(con)
    return removed


async def check_what_is_left(con: AsyncConnection) -> None:
    """After a factor was removed: raises NotReady when the password is too short to be left alone."""
    left = await of_user(con)
    if left.second:
        return
    await SQL.run(con, "factors.forget_recovery_codes")
    if left.password and not left.stands_alone:
        raise NotReady(
            "The password is too short to be the only factor.", remedy="Set one of 15 characters or more first."
        )


async def spend_totp(con: AsyncConnection, keyring: Keyring, user_id: int, code: str) -> bool:
    """Whether the code is right and was not used before; it never is again."""
    return await _spend(con, keyring, user_id, code, confirmed=True)


async def new_recovery_codes(con: AsyncConnection, user_id: int) -> list[str]:
    """Ten codes of 80 bits that count once each; those given out before count no more."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    await SQL.run(con, "factors.forget_recovery_codes")
    await SQL.run(con, "factors.add_recovery_codes", user_id=user_id, hashes=[_hash(code) for code in codes])
    return codes


async def renew_recovery_codes(con: AsyncConnection, user_id: int) -> list[str]:
    """As `new_recovery_codes`. Raises NotReady where there is no second factor they could stand in for."""
    if not (await of_user(con)).second:
        raise NotReady("There is no second factor.", remedy="Set up an authenticator app or a passkey first.")
    return await new_recovery_codes(con, user_id)


async def spend_recovery_code(con: AsyncConnection, code: str) -> bool:
    """Whether the code is one of the user's and was not used before; it never is again."""
    return await SQL.run(con, "factors.spend_recovery_code", code_hash=_hash(code)) == 1


async def _spend(con: AsyncConnection, keyring: Keyring, user_id: int, code: str, *, confirmed: bool) -> bool:
    row = await SQL.row(con, "factors.totp", confirmed=confirmed)
    if row is None:
        return False
    totp = pyotp.TOTP(keyring.unseal(row["secret"], _purpose(user_id)).decode())
    digits = "".join(code.split())
    now = int(time.time()) // STEP_SECONDS
    for step in (now, now - 1, now + 1):
        right = secrets.compare_digest(totp.at(step * STEP_SECONDS).encode(), digits.encode("utf-8", "replace"))
        if right and await SQL.run(con, "factors.spend_totp", step=step):
            return True
    return False


def _recovery_code() -> str:
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _hash(code: str) -> bytes:
    return fingerprint("".join(filter(str.isalnum, code.lower())))


def _purpose(user_id: int) -> str:
    return f"totp of {user_id}"
