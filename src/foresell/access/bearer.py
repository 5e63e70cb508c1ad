"""From what a request brings in its Authorization header to who is asking."""

from __future__ import annotations

from foresell.access import api_keys, tokens
from foresell.access.keyring import Keyring
from foresell.access.principal import Principal, load_principal
from foresell.access.tokens import AccessToken
from foresell.db import AsyncConnection

LONGEST = 4096


def shown(keyring: Keyring, authorization: str) -> AccessToken | str | None:
    """What `Bearer <access token or API key>` holds: a valid access token, something that looks like a key, or None."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or len(token) > LONGEST:
        return None
    return token if token.startswith(api_keys.PREFIX) else tokens.read(keyring, token)


async def principal_of(con: AsyncConnection, brought: AccessToken | str) -> Principal | None:
    """Who it stands for right now, or None. Acts for that user from here on.

    Session, key, user and roles are read anew: what was revoked a moment ago does not count.
    """
    if isinstance(brought, str):
        return await api_keys.principal_of(con, brought)
    return await load_principal(con, brought.user_id, session_id=brought.session_id)
