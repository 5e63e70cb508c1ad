"""Passkeys (WebAuthn): bound to one site, verified on the device, and each signature is accepted once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from foresell.access import challenges, factors
from foresell.access.principal import act_for
from foresell.db import AsyncConnection, AsyncStatements, Row
from foresell.errors import NotReady, UsageError

SQL = AsyncStatements("foresell.access")

MOST = 20
LONGEST = 16_384


@dataclass(frozen=True, slots=True)
class Site:
    """Where this Foresell is reached by browsers, such as `https://sales.example`: passkeys are bound to it."""

    origin: str

    @property
    def domain(self) -> str:
        """The relying party's id: the host without port."""
        return urlsplit(self.origin).hostname or "localhost"


async def registration_options(
    con: AsyncConnection, site: Site, user_id: int, email: str, name: str
) -> tuple[str, dict[str, Any]]:
    """A ticket, and what `navigator.credentials.create` needs."""
    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name="Foresell",
        user_id=str(user_id).encode(),
        user_name=email,
        user_display_name=name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=row["credential_id"])
            for row in await SQL.rows(con, "passkeys.list_passkeys")
        ],
    )
    return await _issue_ticket(con, "new passkey", user_id, options.challenge), json.loads(
        webauthn.options_to_json(options)
    )


async def register(
    con: AsyncConnection, site: Site, user_id: int, ticket: str, credential: dict[str, Any], name: str
) -> tuple[Row, list[str]]:
    """Keep a new passkey. Returns it, and recovery codes where there were none.

    Raises UsageError when it does not answer the ticket's challenge on this site, NotReady when there are too many.
    """
    challenge = await challenges.consume_challenge(con, "new passkey", ticket)
    if challenge is None or challenge["user_id"] != user_id:
        raise UsageError("This took too long.", remedy="Start again.", parameter="ticket")
    try:
        verified = webauthn.verify_registration_response(
            credential=_without_padding(credential),
            expected_challenge=bytes.fromhex(challenge["data"]["challenge"]),
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception:  # a hostile credential may raise anything inside the library: it is invalid
        raise UsageError(
            "The passkey could not be registered.", remedy="Start again.", parameter="credential"
        ) from None
    had = await factors.load_factors(con)
    if had.passkeys >= MOST:
        raise NotReady(f"You already have {MOST} passkeys.", remedy="Remove one first.")
    row = await SQL.row(
        con,
        "passkeys.add",
        credential_id=verified.credential_id,
        user_id=user_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=name,
    )
    if row is None:
        raise NotReady("This passkey is already registered.")
    return row, [] if had.recovery_codes else await factors.new_recovery_codes(con, user_id)


async def sign_in_options(con: AsyncConnection, site: Site) -> tuple[str, dict[str, Any]]:
    """A ticket, and what `navigator.credentials.get` needs to offer the passkeys of this site."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain, user_verification=UserVerificationRequirement.REQUIRED
    )
    return await _issue_ticket(con, "passkey", None, options.challenge), json.loads(webauthn.options_to_json(options))


async def verify_assertion(con: AsyncConnection, site: Site, ticket: str, credential: dict[str, Any]) -> int | None:
    """Whose passkey answered the ticket's challenge on this site, or None. Acts for that user from here on."""
    challenge = await challenges.consume_challenge(con, "passkey", ticket)
    try:
        plain = _without_padding(credential)
        credential_id = base64url_to_bytes(plain["id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    owner = await SQL.row(con, "passkeys.find_owner", credential_id=credential_id)
    if challenge is None or owner is None or owner["user_id"] is None:
        return None
    await act_for(con, owner["user_id"])
    row = await SQL.row(con, "passkeys.find_passkey", credential_id=credential_id)
    if row is None:
        return None
    try:
        verified = webauthn.verify_authentication_response(
            credential=plain,
            expected_challenge=bytes.fromhex(challenge["data"]["challenge"]),
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=row["public_key"],
            credential_current_sign_count=row["sign_count"],
            require_user_verification=True,
        )
    except Exception:  # as above
        return None
    await SQL.run(con, "passkeys.record_use", credential_id=credential_id, sign_count=verified.new_sign_count)
    return int(owner["user_id"])


async def list_passkeys(con: AsyncConnection) -> list[Row]:
    """The user's passkeys; `passkey_id` is the credential id as base64url."""
    rows = await SQL.rows(con, "passkeys.list_passkeys")
    return [{"passkey_id": bytes_to_base64url(row.pop("credential_id")), **row} for row in rows]


async def remove(con: AsyncConnection, passkey_id: str) -> bool:
    """Forget one. Raises NotReady when the user may not go without it."""
    try:
        removed = bool(await SQL.run(con, "passkeys.remove", credential_id=base64url_to_bytes(passkey_id)))
    except ValueError:
        return False
    if removed:
        await factors.check_remaining_factors(con)
    return removed


async def _issue_ticket(con: AsyncConnection, kind: challenges.Kind, user_id: int | None, challenge: bytes) -> str:
    return await challenges.issue_challenge(con, kind, user_id, {"challenge": challenge.hex()})


def _without_padding(credential: dict[str, Any]) -> dict[str, Any]:
    """The credential, if it is of believable size. Raises ValueError."""
    if len(json.dumps(credential)) > LONGEST:
        raise ValueError
    return credential
