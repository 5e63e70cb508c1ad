"""Asks the vulnerability databases about every locked dependency: `make audit`.

For Python pip-audit asks OSV (elsewhere: PIP_AUDIT_OSV_URL), for the pages `npm audit` asks its registry. Both are first asked
about an old version with a well-known vulnerability: a database that does not know it, a proxy for example, audits nothing.

Exit code: 0 clean, 1 vulnerabilities found, 2 nothing audited, or not everything.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
#: Versions whose vulnerabilities every database lists (CVE-2019-10906, CVE-2019-10744).
KNOWN_BAD_PYTHON = ("jinja2", "2.10")
KNOWN_BAD_NPM = ("lodash", "4.17.4")


class NothingAuditedError(Exception):
    """No database answered, or not about everything."""


@dataclass(frozen=True, slots=True)
class Audit:
    """How many packages a database was asked about, and what it knows of them, a line for each vulnerable package."""

    packages: int
    vulnerable: list[str]


def audit_python(lock: Path) -> Audit:
    """Every line of a lock that applies to this machine. Raises NothingAuditedError."""
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control.txt"
        control.write_text("{}=={}\n".format(*KNOWN_BAD_PYTHON))
        _check_control(_ask_osv(control, "--no-deps").vulnerable, KNOWN_BAD_PYTHON)
    answer = _ask_osv(lock, "--require-hashes")
    if answer.packages < (locked := _count_locked(lock)):
        raise NothingAuditedError(f"{answer.packages} of {locked} packages were audited.")
    return answer


def audit_npm(frontend: Path) -> Audit:
    """Every package of package-lock.json. Raises NothingAuditedError."""
    with tempfile.TemporaryDirectory() as folder:
        name, version = KNOWN_BAD_NPM
        root = {"name": "control", "version": "0.0.0", "dependencies": {name: version}}
        lock = {"lockfileVersion": 3, "packages": {"": root, f"node_modules/{name}": {"version": version}}}
        Path(folder, "package.json").write_text(json.dumps(root))
        Path(folder, "package-lock.json").write_text(json.dumps({**root, **lock}))
        _check_control(_ask_npm(Path(folder)).vulnerable, KNOWN_BAD_NPM)
    locked = len(json.loads((frontend / "package-lock.json").read_text())["packages"]) - 1
    answer = _ask_npm(frontend)
    if not locked or answer.packages < locked:
        raise NothingAuditedError(f"{answer.packages} of {locked} packages were audited.")
    return answer


def _ask_osv(requirements: Path, how: str) -> Audit:
    tool = Path(sys.executable).with_name("pip-audit")
    options = [
        "--strict",
        "--disable-pip",
        "--vulnerability-service",
        "osv",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    ran = _run([str(tool), "--requirement", str(requirements), how, *options], requirements.parent)
    found = _read_json(ran).get("dependencies")
    if ran.returncode not in (0, 1) or not found:
        raise NothingAuditedError(_last_line(ran.stderr) or "pip-audit found no packages.")
    audited = [each for each in found if "skip_reason" not in each]
    return Audit(
        len(audited),
        [
            f"{each['name']} {each['version']}: {', '.join(bad['id'] for bad in each['vulns'])}"
            for each in audited
            if each["vulns"]
        ],
    )


def _ask_npm(folder: Path) -> Audit:
    if not shutil.which("npm"):
        raise NothingAuditedError("npm is not installed.")
    ran = _run(["npm", "audit", "--json", "--package-lock-only"], folder)
    found = _read_json(ran)
    if "vulnerabilities" not in found:
        raise NothingAuditedError(found.get("message") or _last_line(ran.stderr))
    return Audit(
        found["metadata"]["dependencies"]["total"],
        [f"{name} {each['range']}: {each['severity']}" for name, each in sorted(found["vulnerabilities"].items())],
    )


def _count_locked(lock: Path) -> int:
    lines = [line.removesuffix("\\") for line in lock.read_text().splitlines() if line[:1].isalnum()]
    locked = [Requirement(line) for line in lines]
    return sum(not each.marker or each.marker.evaluate() for each in locked)


def _check_control(vulnerable: list[str], control: tuple[str, str]) -> None:
    if not any(line.startswith(control[0]) for line in vulnerable):
        raise NothingAuditedError(f"The database knows of no vulnerability in {' '.join(control)}.")


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)


def _read_json(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    try:
        found = json.loads(ran.stdout)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(text: str) -> str:
    return next(iter(text.strip().splitlines()[::-1]), "")[:300]


def report(name: str, audit: Callable[[Path], Audit], place: Path) -> tuple[int, str]:
    """How an audit went: its exit code, and the sentence that says so."""
    try:
        found = audit(place.resolve())
    except NothingAuditedError as error:
        return 2, f"{name}: NOTHING AUDITED, so nothing is known. {error}"
    if found.vulnerable:
        lines = (f"{name}: {len(found.vulnerable)} of {found.packages} packages have KNOWN VULNERABILITIES:",)
        return 1, "\n  ".join((*lines, *found.vulnerable))
    return 0, f"{name}: clean: {found.packages} packages audited, no known vulnerability."


def main() -> int:
    """Audit both at once; the exit code of the worse one."""
    parser = argparse.ArgumentParser(description="Ask the vulnerability databases about every locked dependency.")
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    parser.add_argument("--frontend", type=Path, default=ROOT / "frontend")
    given = parser.parse_args()
    audits = (("Python", audit_python, given.lock), ("npm", audit_npm, given.frontend))
    with ThreadPoolExecutor() as pool:
        codes, sentences = zip(*pool.map(report, *zip(*audits, strict=True)), strict=True)
    print("\n".join(sentences))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
