"""Uploaded files and what was found in them: one folder per import below the work folder, readable by its owner only.

Nothing of a file's content goes to the database before it is loaded, so its contact data is there only sealed.
Layout: `work/uploads/<import_id>/file/<name>`, `mapping-<revision>.toml`, `found-<revision>.json`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.errors import UploadGone
from foresell.settings import Settings


def folder_of(settings: Settings) -> Path:
    """Where all uploads are."""
    folder = settings.work / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@dataclass(frozen=True, slots=True)
class Upload:
    """The folder of one import."""

    folder: Path

    @staticmethod
    def of(settings: Settings, import_id: int) -> Upload:
        """The upload of an import, there or not."""
        return Upload(folder_of(settings) / str(import_id))

    @property
    def file(self) -> Path:
        """The uploaded file. Raises UploadGone when it is not there."""
        files = list((self.folder / "file").glob("*"))
        if not files:
            raise UploadGone(remedy="Upload it again.")
        return files[0]

    def require_file(self) -> None:
        """Raises UploadGone when the uploaded file is not there."""
        if not self.file.is_file():
            raise UploadGone(remedy="Upload it again.")

    def mapping(self, revision: int) -> Path:
        """The mapping of a revision, as TOML."""
        return self.folder / f"mapping-{revision}.toml"

    def found(self, revision: int) -> dict[str, Any] | None:
        """What an inspection found, or None when there is nothing (any more)."""
        try:
            found: dict[str, Any] = json.loads((self.folder / f"found-{revision}.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return found

    def keep_found(self, revision: int, found: dict[str, Any]) -> None:
        """Keep what an inspection found."""
        draft = self.folder / f"found-{revision}.draft"
        draft.write_text(json.dumps(found, default=str, ensure_ascii=False), encoding="utf-8")
        draft.rename(self.folder / f"found-{revision}.json")

    def drop(self) -> None:
        """Delete the file and all that was found."""
        shutil.rmtree(self.folder, ignore_errors=True)
