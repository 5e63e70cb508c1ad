"""Signing in: a guess is reserved, evaluated outside the transaction, and followed by the second factor if there is one."""

from __future__ import annotations

from dataclasses import dataclass

from foresell.access import challenges, factors, sessions, throttle
from foresell.access.client_info import Visitor
from foresell.access.keyring import Keyring
from foresell.access.principal import act_for
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import NotSignedIn

SQL = AsyncStatements("foresell.access")

WRONG = "E-mail or password is wrong."


@dataclass(frozen=True, slots=True)
class Guess:
    """A guess that may be evaluated: whose account it is at, if anybody's, and the hash to compare with, if any."""

    user_id: int | None
    stored: str | None
    attempt_id: int


@dataclass(frozen=True, slots=True)
class NextStep:
    """The first factor was right; one of `factors` has to follow, with the ticket."""

    ticket: str
    factors: list[str]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session, and the token by which its device is known from now on."""

    session: sessions.Started
    device_token: str


async def guess(con: AsyncConnection, keyring: Keyring, email: str, visitor: Visitor) -> Guess:
    """Reserve a guess at the account of an e-mail, whether or not there is one. Raises TooMany."""
    found = await SQL.row(con, "users.of_email", email=email.strip())
    user_id = found["user_id"] if found else None
    await act_for(con, user_id)
    known = await sessions.is_known(con, user_id, visitor)
    account = keyring.digest(f"password of {email.strip().lower()}")
    attempt_id = await throttle.reserve(con, account, visitor, known_device=known)
    stored = await SQL.row(con, "factors.password")
    return Guess(user_id, stored["hash"] if stored else None, attempt_id)


async def guess_again(con: AsyncConnection, keyring: Keyring, user_id: int, visitor: Visitor) -> Guess:
    """Reserve a guess at the further factors, or again the password, of a user half-way or all the way in.

    Raises TooMany.
    """
    await act_for(con, user_id)
    known = await sessions.is_known(con, user_id, visitor)
    account = keyring.digest(f"factors of {user_id}")
    attempt_id = await throttle.reserve(con, account, visitor, known_device=known)
    stored = await SQL.row(con, "factors.password")
    return Guess(user_id, stored["hash"] if stored else None, attempt_id)


async def right(con: AsyncConnection, guess: Guess) -> None:
    """Take a guess back: it was right, so nothing is held against anybody."""
    await throttle.forgive(con, guess.attempt_id)


async def accept(con: AsyncConnection, user_id: int, by: sessions.By, visitor: Visitor) -> SignedIn | NextStep:
    """The first factor was right: a session, or a ticket for the second factor where the account has one.

    Raises NotSignedIn, in the words of a wrong password, for a user who is disabled or has no role.
    """
    await act_for(con, user_id)
    await _check_welcome(con)
    further = (await factors.of_user(con)).second
    if further and by != "passkey":
        return NextStep(await challenges.issue(con, "second factor", user_id, {"by": by}), further)
    return await _start(con, user_id, by, visitor)


async def pending(con: AsyncConnection, ticket: str) -> tuple[int, sessions.By]:
    """Whose sign-in a ticket continues, and how it began. Raises NotSignedIn when the ticket does not count."""
    challenge = await challenges.look(con, "second factor", ticket)
    if challenge is None or challenge["user_id"] is None:
        raise NotSignedIn("This sign-in has taken too long.", remedy="Start again with e-mail and password.")
    return challenge["user_id"], challenge["data"]["by"]


async def check_factor(
    con: AsyncConnection, keyring: Keyring, user_id: int, *, code: str | None, recovery_code: str | None
) -> bool:
    """Whether the code is right; it is used up if so. Acts for the user from here on."""
    await act_for(con, user_id)
    if code:
        return await factors.spend_totp(con, keyring, user_id, code)
    return bool(recovery_code) and await factors.spend_recovery_code(con, recovery_code or "")


async def complete(con: AsyncConnection, ticket: str, visitor: Visitor) -> SignedIn:
    """The second factor was right: the session the ticket stood for. Raises NotSignedIn when the ticket is gone."""
    challenge = await challenges.take(con, "second factor", ticket)
    if challenge is None:
        raise NotSignedIn("This sign-in has taken too long.", remedy="Start again with e-mail and password.")
    await act_for(con, challenge["user_id"])
    await _check_welcome(con)
    return await _start(con, challenge["user_id"], challenge["data"]["by"], visitor)


async def _start(con: AsyncConnection, user_id: int, by: sessions.By, visitor: Visitor) -> SignedIn:
    device_token = await sessions.know_device(con, user_id, visitor)
    return SignedIn(await sessions.start(con, user_id, by, visitor), device_token)


async def _check_welcome(con: AsyncConnection) -> None:
    if not await SQL.run(con, "principal.welcome"):
        raise NotSignedIn(WRONG, remedy="Try again, or ask an administrator for a new link.")
