"""Lock-out that slows the attacker and not the owner.

A guess is counted before it is evaluated, and taken back when it was right. From devices the account does not know at
most 10 are evaluated per account in any 15 minutes, 5 of them from one network; one network gets 50 over all accounts.
A device the owner signed in on before has 10 of its own.
"""

from __future__ import annotations

from foresell.access.client_info import Visitor
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import TooMany

SQL = AsyncStatements("foresell.access")

PER_ACCOUNT = 10
PER_ACCOUNT_AND_NETWORK = 5
PER_NETWORK = 50
PER_DEVICE = 10


async def reserve(con: AsyncConnection, account: bytes, visitor: Visitor, *, known_device: bool) -> int:
    """Count a guess at an account (its keyed hash) that is about to be evaluated. Returns its id, for `forgive`.

    Raises TooMany, and counts nothing, when the account, the network or the device has used up its guesses.
    """
    device = visitor.device_hash if known_device else None
    place = {"account": account, "network": visitor.network, "device": device}
    await SQL.run(con, "throttle.one_at_a_time", **place)
    await SQL.run(con, "throttle.forget_old")
    counted = await SQL.row(
        con,
        "throttle.seconds_to_wait",
        **place,
        per_account=PER_ACCOUNT,
        per_account_and_network=PER_ACCOUNT_AND_NETWORK,
        per_network=PER_NETWORK,
        per_device=PER_DEVICE,
    )
    if counted and counted["seconds"]:
        raise TooMany(
            "Too many attempts.",
            remedy="Wait, or sign in on a device you used before or with a passkey.",
            retry_after=counted["seconds"],
        )
    reserved = await SQL.row(con, "throttle.count", **place)
    assert reserved
    return int(reserved["attempt_id"])


async def forgive(con: AsyncConnection, attempt_id: int) -> None:
    """Take a guess back: it was right."""
    await SQL.run(con, "throttle.forgive", attempt_id=attempt_id)
