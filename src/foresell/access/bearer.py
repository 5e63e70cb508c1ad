"""From the Authorization header of a request to its principal."""

from __future__ import annotations

from foresell.access import api_keys, tokens
from foresell.access.keyring import Keyring
from foresell.access.principal import Principal, load_principal
from foresell.access.tokens import AccessToken
from foresell.db import AsyncConnection

LONGEST = 4096


def parse_authorization(keyring: Keyring, authorization: str) -> AccessToken | str | None:
    """The content of `Bearer <access token or API key>`: a valid access token, a possible API key, or None."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or len(token) > LONGEST:
        return None
    return token if token.startswith(api_keys.PREFIX) else tokens.read(keyring, token)


async def principal_of(con: AsyncConnection, credential: AccessToken | str) -> Principal | None:
    """The principal of a credential, or None. Acts for that user from here on.

    Session, key, user and roles are read again, so a revocation takes effect at once.
    """
    if isinstance(credential, str):
        return await api_keys.principal_of(con, credential)
    return await load_principal(con, credential.user_id, session_id=credential.session_id)
