"""Lock-out that slows the attacker and not the owner.

An attempt is recorded before it is verified, and cleared when it succeeds. From unknown devices at most 10 attempts per
account are verified in any 15 minutes, 5 of them from one network; one network gets 50 over all accounts. A device that the
owner signed in on before has 10 of its own.
"""

from __future__ import annotations

from foresell.access.client_info import ClientInfo
from foresell.db import AsyncConnection, AsyncStatements
from foresell.errors import TooMany

SQL = AsyncStatements("foresell.access")

PER_ACCOUNT = 10
PER_ACCOUNT_AND_NETWORK = 5
PER_NETWORK = 50
PER_DEVICE = 10


async def record_attempt(con: AsyncConnection, account: bytes, client_info: ClientInfo, *, known_device: bool) -> int:
    """Record an attempt on an account (its keyed hash) before it is verified. Returns its id, for `clear_attempt`.

    Raises TooMany, and records nothing, when the account, the network or the device has no attempts left.
    """
    device = client_info.device_hash if known_device else None
    place = {"account": account, "network": client_info.network, "device": device}
    await SQL.run(con, "throttle.lock_account", **place)
    await SQL.run(con, "throttle.delete_old_attempts")
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
            remedy="Wait, use a passkey, or sign in on a device you have used before.",
            retry_after=counted["seconds"],
        )
    reserved = await SQL.row(con, "throttle.insert_attempt", **place)
    assert reserved
    return int(reserved["attempt_id"])


async def clear_attempt(con: AsyncConnection, attempt_id: int) -> None:
    """Clear an attempt that succeeded."""
    await SQL.run(con, "throttle.clear_attempt", attempt_id=attempt_id)
