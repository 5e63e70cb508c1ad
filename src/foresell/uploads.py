"""Uploaded files and the results of their inspections: one folder per import below the work folder, readable by its owner only.

A file's content is not in the database before it is loaded, so contact data is stored there only sealed.
Layout: `work/uploads/<import_id>/file/<name>`, `mapping-<revision>.toml`, `inspection-<revision>.json`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresell.errors import UploadGone
from foresell.settings import Settings


def get_uploads_folder(settings: Settings) -> Path:
    """The folder of all uploads; created if it is missing."""
    folder = settings.work / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@dataclass(frozen=True, slots=True)
class Upload:
    """The folder of one import."""

    folder: Path

    @staticmethod
    def of(settings: Settings, import_id: int) -> Upload:
        """The upload of an import, whether its folder exists or not."""
        return Upload(get_uploads_folder(settings) / str(import_id))

    @property
    def file(self) -> Path:
        """The uploaded file. Raises UploadGone when it does not exist."""
        files = list((self.folder / "file").glob("*"))
        if not files:
            raise UploadGone(remedy="Upload it again.")
        return files[0]

    def require_file(self) -> None:
        """Raises UploadGone when the uploaded file does not exist."""
        if not self.file.is_file():
            raise UploadGone(remedy="Upload it again.")

    def mapping_file(self, revision: int) -> Path:
        """The TOML file of a revision's mapping."""
        return self.folder / f"mapping-{revision}.toml"

    def read_inspection(self, revision: int) -> dict[str, Any] | None:
        """The result of an inspection, or None when it does not exist."""
        try:
            result: dict[str, Any] = json.loads(
                (self.folder / f"inspection-{revision}.json").read_text(encoding="utf-8")
            )
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return result

    def inspections(self) -> list[Path]:
        """The results of inspections: JSON, with samples of the file."""
        return sorted(self.folder.glob("inspection-*"))

    def save_inspection(self, revision: int, result: dict[str, Any]) -> None:
        """Save the result of an inspection."""
        draft = self.folder / f"inspection-{revision}.draft"
        draft.write_text(json.dumps(result, default=str, ensure_ascii=False), encoding="utf-8")
        draft.rename(self.folder / f"inspection-{revision}.json")

    def delete(self) -> None:
        """Delete the file, its mappings and inspections."""
        shutil.rmtree(self.folder, ignore_errors=True)
