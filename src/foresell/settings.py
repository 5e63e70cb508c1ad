"""Settings: read once by the entry point and passed on. Importing this module reads nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from foresell.errors import UsageError


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider that users may sign in with. `name` is part of addresses, `label` is on the button."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Folders, addresses and limits of one installation.

    `home` holds everything Foresell writes (database, snapshots, rejected rows, keys): two homes share nothing.
    `database_url` is a PostgreSQL URL of the user's own server, or None for the embedded one below `home`.
    `kms_key` is the AWS KMS key that encrypts the keys of contact data, or None for files of the home.
    `memory_gib` caps each DuckDB engine (a load uses half of it), `threads` its workers.
    `port` is where `foresell up` and `serve` listen, with `web_workers` processes.
    `upload_mib` bounds one uploaded file.
    `public_url` is where browsers reach the API when that is not this machine; passkeys and cookies are bound to it.
    `hosts` are further names by which it is reached, besides that of `public_url`, localhost and IP addresses.
    `cors_origins` are other sites whose pages may call the API; normally none.
    `user_rate` and `address_rate` bound the requests a minute of a user, and of an address without a signed-in user.
    `traces_url` is the address of an OpenTelemetry collector (OTLP over HTTP), or None.
    `single_user`: as long as there is only one user, no role requires a second factor; `foresell up` sets it for the
    embedded database served to this machine only.
    """

    home: Path
    database_url: str | None = None
    owner_url: str | None = None
    memory_gib: float = 3.0
    threads: int = 2
    port: int = 8000
    web_workers: int = 1
    upload_mib: int = 512
    public_url: str | None = None
    providers: tuple[Provider, ...] = ()
    kms_key: str | None = None
    hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    user_rate: int = 3_000
    address_rate: int = 600
    traces_url: str | None = None
    single_user: bool = False

    @property
    def snapshots(self) -> Path:
        """The folder of published snapshot files."""
        return self.home / "snapshots"

    @property
    def keys(self) -> Path:
        """The folder of secrets; readable by its owner only, and backed up separately from the database."""
        return self.home / "keys"

    @property
    def rejects(self) -> Path:
        """The folder of rejected rows, one file per load that had any."""
        return self.home / "rejects"

    @property
    def backups(self) -> Path:
        """The folder of the backups that upgrades make; nothing in it is ever deleted."""
        return self.home / "backups"

    @property
    def work(self) -> Path:
        """The folder of temporary files; each belongs to a running command or may be deleted."""
        return self.home / "work"


def read_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Settings from the environment over an optional `.env` file in the current folder.

    Raises UsageError naming the variable for an invalid value.
    """
    file = env_file or Path(".env")
    values: dict[str, str | None] = {**(dotenv_values(file) if file.is_file() else {}), **(environ or os.environ)}

    def number(name: str, default: float, *, whole: bool = False) -> float:
        raw = values.get(name) or ""
        try:
            result = float(raw) if raw else default
        except ValueError:
            result = 0
        if not 0 < result < 1e6 or (whole and result != int(result)):
            raise UsageError(
                f"{name} is {raw!r}, which is not a positive {'whole ' if whole else ''}number.",
                remedy=f"Unset {name} or correct it.",
            )
        return result

    return Settings(
        home=Path(values.get("FORESELL_HOME") or "var").absolute(),
        database_url=values.get("DATABASE_URL") or None,
        owner_url=values.get("FORESELL_OWNER_URL") or values.get("DATABASE_URL") or None,
        memory_gib=number("FORESELL_MEMORY_GIB", 3.0),
        kms_key=values.get("FORESELL_KMS_KEY") or None,
        threads=int(number("FORESELL_THREADS", os.cpu_count() or 2, whole=True)),
        port=int(number("FORESELL_PORT", 8000, whole=True)),
        web_workers=int(number("FORESELL_WEB_WORKERS", min(2, os.cpu_count() or 1), whole=True)),
        upload_mib=int(number("FORESELL_UPLOAD_MIB", 512, whole=True)),
        public_url=_origin("FORESELL_PUBLIC_URL", values.get("FORESELL_PUBLIC_URL")),
        hosts=tuple((values.get("FORESELL_HOSTS") or "").lower().replace(",", " ").split()),
        cors_origins=tuple(
            origin
            for text in (values.get("FORESELL_CORS_ORIGINS") or "").replace(",", " ").split()
            if (origin := _origin("FORESELL_CORS_ORIGINS", text))
        ),
        user_rate=int(number("FORESELL_USER_RATE", 3_000, whole=True)),
        address_rate=int(number("FORESELL_ADDRESS_RATE", 600, whole=True)),
        traces_url=values.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
        providers=tuple(
            _provider(name, values) for name in (values.get("FORESELL_OIDC") or "").replace(",", " ").split()
        ),
    )


def _origin(name: str, text: str | None) -> str | None:
    """Scheme, host and port of an address. Raises UsageError for anything else."""
    if not text:
        return None
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/") or url.query or url.fragment:
        raise UsageError(
            f"{name} is {text!r}, which is not an address.",
            remedy="Write it as https://sales.example.com.",
        )
    return f"{url.scheme}://{url.netloc}"


def _provider(name: str, values: Mapping[str, str | None]) -> Provider:
    """One of FORESELL_OIDC. Raises UsageError naming the variable that is missing."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,29}", name):
        raise UsageError(f"FORESELL_OIDC names {name!r}.", remedy="Use lower-case letters and digits.")
    prefix = f"FORESELL_OIDC_{name.upper()}_"
    found = {part: values.get(prefix + part) or "" for part in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")}
    if missing := [part for part, value in found.items() if not value]:
        raise UsageError(f"{prefix}{missing[0]} is not set.", remedy=f"Set it, or take {name} out of FORESELL_OIDC.")
    label = values.get(prefix + "LABEL") or name.capitalize()
    return Provider(name, label, found["ISSUER"].rstrip("/"), found["CLIENT_ID"], found["CLIENT_SECRET"])
