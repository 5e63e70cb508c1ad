"""Writes what Foresell is made of to build/sbom/ (CycloneDX): python.cdx.json of this environment, npm.cdx.json of the pages.

Fails unless the files list every installed distribution and every package of package-lock.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "sbom"
FRONTEND = ROOT / "frontend"
PRODUCT = "foresell"

#: A package and its version.
Package = tuple[str, str]


def describe_python() -> str:
    """CycloneDX of the distributions installed for this Python. `required`: Foresell runs with it; `optional`: tools."""
    installed = {canonicalize_name(found.name): found for found in metadata.distributions()}
    needed = _closure(installed)
    parts = {name: _component(found, is_needed=name in needed) for name, found in installed.items()}
    bom = Bom(components=[part for name, part in parts.items() if name != PRODUCT])
    bom.metadata.component = parts[PRODUCT]
    for name, found in installed.items():
        others = {canonicalize_name(each.name) for each in _requirements(found)} & set(parts)
        bom.register_dependency(parts[name], [parts[other] for other in sorted(others)])
    return JsonV1Dot6(bom).output_as_string(indent=1)


def describe_npm() -> str:
    """CycloneDX of package-lock.json, written by npm itself; nothing is downloaded."""
    command = ["npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]
    return subprocess.run(command, cwd=FRONTEND, capture_output=True, check=True, text=True).stdout


def find_missing(bom: str, expected: Iterable[Package]) -> list[str]:
    """The packages that a bill of materials does not list, by name and version."""
    listed = {
        ("/".join(filter(None, (part.get("group"), part["name"]))), part["version"])
        for part in json.loads(bom)["components"]
    }
    return sorted(f"{name} {version}" for name, version in set(expected) - listed)


def list_installed() -> list[Package]:
    """The distributions that uv finds in this environment, without Foresell itself."""
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "list", "--format", "json", "--python", sys.executable]
    found = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return [(each["name"], each["version"]) for each in found if each["name"] != PRODUCT]


def list_locked() -> list[Package]:
    """The packages of package-lock.json, by the names under which they are imported."""
    packages = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    return [(place.rpartition("node_modules/")[2], each["version"]) for place, each in packages.items() if place]


def _component(found: metadata.Distribution, *, is_needed: bool) -> Component:
    name, licence = canonicalize_name(found.name), found.metadata.get("License-Expression")
    url = PackageURL("pypi", name=name, version=found.version)
    return Component(
        name=name,
        version=found.version,
        type=ComponentType.APPLICATION if name == PRODUCT else ComponentType.LIBRARY,
        scope=ComponentScope.REQUIRED if is_needed else ComponentScope.OPTIONAL,
        licenses=[DisjunctiveLicense(name=licence)] if licence else None,
        bom_ref=url.to_string(),
        purl=url,
    )


def _requirements(found: metadata.Distribution, extras: frozenset[str] = frozenset()) -> list[Requirement]:
    """What a distribution with these extras needs on this machine."""
    all_ = [Requirement(text) for text in found.requires or ()]
    return [
        each
        for each in all_
        if not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def _closure(installed: dict[str, metadata.Distribution]) -> set[str]:
    """The distributions that Foresell without its extras needs, directly or not."""
    reached, waiting = set[tuple[str, frozenset[str]]](), [(PRODUCT, frozenset[str]())]
    while waiting:
        name, extras = each = waiting.pop()
        if name in installed and each not in reached:
            reached.add(each)
            needed = _requirements(installed[name], extras)
            waiting += [(canonicalize_name(other.name), frozenset(other.extras)) for other in needed]
    return {name for name, _ in reached}


def main() -> None:
    """Write both files, then look for what is not in them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, bom, expected in (
        ("python", describe_python(), list_installed()),
        ("npm", describe_npm(), list_locked()),
    ):
        file = FOLDER / f"{name}.cdx.json"
        file.write_text(bom, encoding="utf-8")
        if missing := find_missing(bom, expected):
            sys.exit(f"{file.relative_to(ROOT)} does not list: {', '.join(missing)}")
        print(f"{file.relative_to(ROOT)}: {len(expected)} packages, all that are there")


if __name__ == "__main__":
    main()
