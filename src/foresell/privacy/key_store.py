"""The secrets of a home: 32 bytes each, in one file each, plain or encrypted by AWS KMS.

Layout: `home/keys/kek-<id>` (it wraps the data keys), `home/keys/index` (the key of blind indexes); with KMS the
names end in `.kms` and the files are useless without the right to decrypt. Readable by the owner only.
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from foresell.errors import DatabaseUnavailable, ForesellError
from foresell.secret_files import destroy, write_once

BYTES = 32


class KeyStore:
    """The secrets below one folder. `kms_key`: id, ARN or alias of the KMS key that encrypts new ones."""

    def __init__(self, folder: Path, kms_key: str | None = None) -> None:
        self.folder = folder
        self._kms_key = kms_key

    def make(self, name: str) -> None:
        """Create a secret; it is on disk when this returns. Of two processes creating it, the first wins."""
        if self._kms_key:
            blob = _kms().generate_data_key(KeyId=self._kms_key, KeySpec="AES_256", EncryptionContext=_context(name))
            write_once(self.folder / f"{name}.kms", blob["CiphertextBlob"])
        else:
            write_once(self.folder / name, secrets.token_bytes(BYTES))

    def read(self, name: str) -> bytes:
        """The secret itself. Raises ForesellError when its file is missing or damaged, or KMS refuses."""
        with suppress(FileNotFoundError):
            secret = (self.folder / name).read_bytes()
            if len(secret) != BYTES:
                raise ForesellError(f"The key {name} is damaged.", remedy=f"Restore {self.folder} from its backup.")
            return secret
        with suppress(FileNotFoundError):
            return _decrypt((self.folder / f"{name}.kms").read_bytes(), name)
        raise ForesellError(f"The key {name} is missing.", remedy=f"Restore {self.folder} from its backup.")

    def destroy(self, name: str) -> None:
        """Overwrite and delete a secret; data encrypted with it can never be opened again."""
        for file in (self.folder / name, self.folder / f"{name}.kms"):
            with suppress(FileNotFoundError):
                destroy(file)

    def names(self, pattern: str) -> set[str]:
        """The names of the secrets that match a regular expression in full."""
        return {name for file in self.folder.glob("*") if re.fullmatch(pattern, name := file.name.removesuffix(".kms"))}


def _context(name: str) -> dict[str, str]:
    return {"foresell": name}


def _kms() -> Any:
    try:
        import boto3
    except ImportError:
        raise ForesellError("FORESELL_KMS_KEY needs boto3.", remedy="Install it: pip install 'foresell[kms]'") from None
    return boto3.client("kms")


def _decrypt(blob: bytes, name: str) -> bytes:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        plain: bytes = _kms().decrypt(CiphertextBlob=blob, EncryptionContext=_context(name))["Plaintext"]
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "refused")
        raise ForesellError(f"AWS KMS does not open the key {name}: {code}.", remedy="Check its policy.") from None
    except BotoCoreError:
        raise DatabaseUnavailable("AWS KMS does not answer.", remedy="Try again; check the network.") from None
    return plain
