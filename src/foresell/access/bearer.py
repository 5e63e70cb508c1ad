"""From what a request brings in its Authorization header to who is asking."""

from __future__ import annotations

from foresell.access import api_keys, tokens
from foresell.access.keyring import Keyring
from foresell.access.principal import Principal, load_principal
from foresell.access.statements import Connection

LONGEST = 4096


async def principal_of(con: Connection, keyring: Keyring, authorization: str) -> Principal | None:
    """Who `Bearer <access token or API key>` stands for right now, or None. Acts for that user from here on.

    Session, user and roles are read anew: what was revoked a moment ago does not count.
    """
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or len(token) > LONGEST:
        return None
    if token.startswith(api_keys.PREFIX):
        return await api_keys.principal_of(con, token)
    said = tokens.read(keyring, token)
    return await load_principal(con, said.user_id, session_id=said.session_id) if said else None
