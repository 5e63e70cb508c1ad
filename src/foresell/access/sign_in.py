"""Sign in: record the attempt, verify the password outside the transaction, then ask for the second factor if there is one."""

from __future__ import annotations

from dataclasses import dataclass

from foresell.access import challenges, factors, sessions, throttle
from foresell.access.client_info import ClientInfo
from foresell.access.email import normalise_email
from foresell.access.keyring import Keyring
from foresell.access.principal import act_for
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import NotSignedIn

SQL = AsyncStatements("foresell.access")

WRONG = "The e-mail address or password is wrong."


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that may be verified: the user, if the account exists, and the stored hash, if there is one."""

    user_id: int | None
    stored: str | None
    attempt_id: int


@dataclass(frozen=True, slots=True)
class NextStep:
    """The first factor was right; one of `factors` must follow, with the ticket."""

    ticket: str
    factors: list[str]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session, and the token that identifies its device from now on."""

    session: sessions.Started
    device_token: str


def hash_account(keyring: Keyring, email: str) -> bytes:
    """The keyed hash of an e-mail address, by which attempts on it are counted, whether or not it has an account."""
    return keyring.digest(f"password of {_address(email)}")


def _address(email: str) -> str:
    return normalise_email(email) or email.strip().lower()


async def open_attempt(con: AsyncConnection, keyring: Keyring, email: str, client_info: ClientInfo) -> Attempt:
    """Record an attempt on an e-mail address, whether or not it has an account. Raises TooMany."""
    found = await SQL.row(con, "users.find_by_email", email=_address(email))
    user_id = found["user_id"] if found else None
    await act_for(con, user_id)
    known = await sessions.is_known_device(con, user_id, client_info)
    account = hash_account(keyring, email)
    attempt_id = await throttle.record_attempt(con, account, client_info, known_device=known)
    stored = await SQL.row(con, "factors.load_password")
    return Attempt(user_id, stored["hash"] if stored else None, attempt_id)


async def open_factor_attempt(con: AsyncConnection, keyring: Keyring, user_id: int, client_info: ClientInfo) -> Attempt:
    """Record an attempt on a second factor, or on the password of a signed-in user (step-up).

    Raises TooMany.
    """
    await act_for(con, user_id)
    known = await sessions.is_known_device(con, user_id, client_info)
    account = keyring.digest(f"factors of {user_id}")
    attempt_id = await throttle.record_attempt(con, account, client_info, known_device=known)
    stored = await SQL.row(con, "factors.load_password")
    return Attempt(user_id, stored["hash"] if stored else None, attempt_id)


async def confirm_attempt(con: AsyncConnection, attempt: Attempt) -> None:
    """The attempt succeeded: it no longer counts towards the lock-out."""
    await throttle.clear_attempt(con, attempt.attempt_id)


async def begin_session(
    con: AsyncConnection, user_id: int, by: sessions.By, client_info: ClientInfo
) -> SignedIn | NextStep:
    """The first factor was right: a session, or a ticket for the second factor where the account has one.

    Raises NotSignedIn, with the message of a wrong password, for a user who is disabled or has no role.
    """
    await act_for(con, user_id)
    await _check_can_sign_in(con)
    further = (await factors.load_factors(con)).second
    if further and by != "passkey":
        return NextStep(await challenges.issue_challenge(con, "second factor", user_id, {"by": by}), further)
    return await _start_session(con, user_id, by, client_info)


async def load_pending(con: AsyncConnection, ticket: str) -> tuple[int, sessions.By]:
    """The user of a ticket and the first factor used. Raises NotSignedIn for an invalid ticket."""
    challenge = await challenges.find_challenge(con, "second factor", ticket)
    if challenge is None or challenge["user_id"] is None:
        raise NotSignedIn("This sign-in has expired.", remedy="Start again with e-mail and password.")
    return challenge["user_id"], challenge["data"]["by"]


async def check_factor(
    con: AsyncConnection, keyring: Keyring, user_id: int, *, code: str | None, recovery_code: str | None
) -> bool:
    """Whether the code is right; it is then used up. Acts for the user from here on."""
    await act_for(con, user_id)
    if code:
        return await factors.consume_totp(con, keyring, user_id, code)
    return bool(recovery_code) and await factors.consume_recovery_code(con, recovery_code or "")


async def complete(con: AsyncConnection, ticket: str, client_info: ClientInfo) -> SignedIn:
    """The second factor was right: the session the ticket stood for. Raises NotSignedIn when the ticket is gone."""
    challenge = await challenges.consume_challenge(con, "second factor", ticket)
    if challenge is None:
        raise NotSignedIn("This sign-in has expired.", remedy="Start again with e-mail and password.")
    await act_for(con, challenge["user_id"])
    await _check_can_sign_in(con)
    return await _start_session(con, challenge["user_id"], challenge["data"]["by"], client_info)


async def _start_session(con: AsyncConnection, user_id: int, by: sessions.By, client_info: ClientInfo) -> SignedIn:
    device_token = await sessions.remember_device(con, user_id, client_info)
    return SignedIn(await sessions.start(con, user_id, by, client_info), device_token)


async def _check_can_sign_in(con: AsyncConnection) -> None:
    if not await SQL.run(con, "principal.can_sign_in"):
        raise NotSignedIn(WRONG, remedy="Try again, or ask an administrator for a new link.")
