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
    """What a user can authenticate with."""

    password: bool
    stands_alone: bool
    totp: bool
    passkeys: int
    recovery_codes: int

    @property
    def second(self) -> list[str]:
        """The second factors asked for after a password, link or provider; empty: none."""
        named = {"totp": self.totp, "recovery_code": bool(self.recovery_codes), "passkey": bool(self.passkeys)}
        return [name for name, there in named.items() if there] if self.totp or self.passkeys else []


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: as text, as a link, as a picture (SVG)."""

    secret: str
    uri: str
    qr_svg: str


async def load_factors(con: AsyncConnection) -> Factors:
    """The factors of the user this transaction acts for."""
    row = await SQL.row(con, "factors.load_factors")
    assert row
    return Factors(**row)


async def enrol_totp(con: AsyncConnection, keyring: Keyring, user_id: int, email: str) -> Enrolment:
    """A new secret, inactive until its first code. Raises NotReady when an app is already set up."""
    secret = pyotp.random_base32()
    sealed = keyring.seal(secret.encode(), _totp_purpose(user_id))
    if not await SQL.run(con, "factors.enrol_totp", user_id=user_id, secret=sealed):
        raise NotReady("An authenticator app is already set up.", remedy="Remove it first.")
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    return Enrolment(secret, uri, segno.make(uri, error="m").svg_inline(border=2, light="#fff", omitsize=True))


async def confirm_totp(con: AsyncConnection, keyring: Keyring, user_id: int, code: str) -> list[str]:
    """Turn the app on with its first code. Returns recovery codes, or none if the user has some.

    Raises UsageError when the code is wrong.
    """
    if not await _consume(con, keyring, user_id, code, confirmed=False):
        raise UsageError(
            "The code is wrong.",
            remedy="Use the newest code. If it fails again, check the clock of your device.",
            parameter="code",
        )
    await SQL.run(con, "factors.confirm_totp")
    return [] if (await load_factors(con)).recovery_codes else await new_recovery_codes(con, user_id)


async def remove_totp(con: AsyncConnection) -> bool:
    """Remove the app. Raises NotReady when the user may not go without it."""
    removed = bool(await SQL.run(con, "factors.remove_totp"))
    await check_remaining_factors(con)
    return removed


async def check_remaining_factors(con: AsyncConnection) -> None:
    """After a factor was removed: raises NotReady when a role requires one, or the password is too short to be the only one."""
    left = await load_factors(con)
    if left.second:
        return
    row = await SQL.row(con, "factors.load_due")
    if row and row["due"]:
        raise NotReady("Your role requires a second factor.", remedy="Set up another one first, then remove this one.")
    await SQL.run(con, "factors.delete_recovery_codes")
    if left.password and not left.stands_alone:
        raise NotReady(
            "The password is too short to be the only factor.", remedy="Set a password of 15 or more characters first."
        )


async def consume_totp(con: AsyncConnection, keyring: Keyring, user_id: int, code: str) -> bool:
    """Whether the code is right and unused; it is then used up."""
    return await _consume(con, keyring, user_id, code, confirmed=True)


async def new_recovery_codes(con: AsyncConnection, user_id: int) -> list[str]:
    """Ten codes of 140 bits that each work once; earlier codes stop working."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    await SQL.run(con, "factors.delete_recovery_codes")
    await SQL.run(con, "factors.add_recovery_codes", user_id=user_id, hashes=[_hash_code(code) for code in codes])
    return codes


async def renew_recovery_codes(con: AsyncConnection, user_id: int) -> list[str]:
    """As `new_recovery_codes`. Raises NotReady when there is no second factor to replace."""
    if not (await load_factors(con)).second:
        raise NotReady("You have no second factor.", remedy="Set up an authenticator app or a passkey first.")
    return await new_recovery_codes(con, user_id)


async def consume_recovery_code(con: AsyncConnection, code: str) -> bool:
    """Whether the code is the user's and unused; it is then used up."""
    return await SQL.run(con, "factors.consume_recovery_code", code_hash=_hash_code(code)) == 1


async def _consume(con: AsyncConnection, keyring: Keyring, user_id: int, code: str, *, confirmed: bool) -> bool:
    row = await SQL.row(con, "factors.load_totp", confirmed=confirmed)
    if row is None:
        return False
    totp = pyotp.TOTP(keyring.unseal(row["secret"], _totp_purpose(user_id)).decode())
    digits = "".join(code.split())
    now = int(time.time()) // STEP_SECONDS
    for step in (now, now - 1, now + 1):
        right = secrets.compare_digest(totp.at(step * STEP_SECONDS).encode(), digits.encode("utf-8", "replace"))
        if right and await SQL.run(con, "factors.consume_totp", step=step):
            return True
    return False


def _recovery_code() -> str:
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(7))


def _hash_code(code: str) -> bytes:
    return fingerprint("".join(filter(str.isalnum, code.lower())))


def _totp_purpose(user_id: int) -> str:
    return f"totp of {user_id}"
