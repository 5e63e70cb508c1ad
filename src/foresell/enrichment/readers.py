"""Reads files of directories: OpenStreetMap, Overture places, GLEIF and Companies House, one entry after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from foresell.enrichment.fields import TERMS, Directory, Entry, Reading
from foresell.errors import BadInput, EmptySource, UsageError

#: Tags that make an object of OpenStreetMap a business.
BUSINESS_TAGS = ("shop", "office", "craft", "amenity", "tourism", "healthcare")
#: Overture's advice: places below are rather not there.
LEAST_CONFIDENCE = 0.5
#: Licences of Overture's contributors, by the dataset that a row names.
OVERTURE_LICENCES = {
    "meta": "CDLA-Permissive-2.0", "microsoft": "CDLA-Permissive-2.0", "foursquare": "Apache-2.0",
    "openstreetmap": "ODbL-1.0", "alltheplaces": "CC0-1.0",
}  # fmt: skip
_ROWS = 2_000
_CSV = "read_csv($file, header = true, all_varchar = true)"
#: Some amenities are no businesses.
_NO_BUSINESS = frozenset(
    {"bench", "parking", "waste_basket", "toilets", "bicycle_parking", "recycling", "atm", "post_box"}
)


def read_entries(path: Path, directory: Directory, reading: Reading) -> Iterator[Entry]:
    """The entries of a file; rows that cannot be used are counted in `reading`.

    osm: GeoJSON, PBF (needs the extra `directories`), CSV or Parquet of tags; overture: Parquet; gleif, companies-house:
    CSV or Parquet. Raises BadInput for a file that is not that, and EmptySource for one without rows.
    """
    if directory == "osm" and path.name.endswith((".osm.pbf", ".pbf", ".osm")):
        return _read_pbf(path, reading)
    if directory == "osm" and path.suffix in (".geojson", ".json"):
        return _read_geojson(path, reading)
    return _read_table(path, directory, reading)


def _read_table(path: Path, directory: Directory, reading: Reading) -> Iterator[Entry]:
    make = _MAKERS[directory]
    made_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("set timezone = 'UTC'")
        try:
            read = "read_parquet($file)" if path.suffix == ".parquet" else _CSV
            found = con.execute(f"select * from {read} limit 0", {"file": str(path)}).description or []
            names = [column[0].strip().lower().replace(" ", "").replace(".", "_") for column in found]
            missing = _NEEDED[directory] - set(names)
            if missing:
                raise BadInput(
                    f"{path.name} has no column {min(missing)}, so it is not a file of {directory}.",
                    remedy="Check the file and --kind.",
                )
            shown = "columns(*)" if directory == "overture" else "columns(*)::varchar"
            rows = con.execute(f"select {shown} from {read}", {"file": str(path)})
            while batch := rows.fetchmany(_ROWS):
                for row in batch:
                    entry = make(dict(zip(names, row, strict=True)), path.name, made_at, reading)
                    if entry is not None:
                        yield entry
        except duckdb.Error as error:
            raise BadInput(
                f"{path.name} cannot be read: {str(error).splitlines()[0][:200]}", remedy="Fetch the file again."
            ) from None


def _read_geojson(path: Path, reading: Reading) -> Iterator[Entry]:
    made_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path.name} is not GeoJSON.", remedy="Export it again as a FeatureCollection.") from None
    if not features:
        raise EmptySource(f"{path.name} has no features.")
    for feature in features:
        tags = dict(feature.get("properties") or {})
        key = str(feature.get("id") or tags.pop("@id", "") or tags.get("id", ""))
        geometry = feature.get("geometry") or {}
        place = geometry.get("coordinates") if geometry.get("type") == "Point" else None
        longitude, latitude = place[:2] if place else (None, None)
        entry = _make_osm(_flatten_tags(tags, key, latitude, longitude), path.name, made_at, reading)
        if entry is not None:
            yield entry


def _read_pbf(path: Path, reading: Reading) -> Iterator[Entry]:
    try:
        import osmium
    except ImportError:
        raise UsageError(
            "Reading PBF needs osmium.",
            remedy='Install it: pip install "foresell[directories]", or convert to GeoJSON.',
        ) from None
    made_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    processor = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter(*BUSINESS_TAGS))
    try:
        each: Any
        for each in processor:
            if each.is_relation() or "name" not in each.tags:
                continue
            latitude, longitude = _locate(each)
            kind = "n" if each.is_node() else "w"
            tags = _flatten_tags(dict(each.tags), f"{kind}{each.id}", latitude, longitude)
            tags["timestamp"] = str(each.timestamp)
            entry = _make_osm(tags, path.name, made_at, reading)
            if entry is not None:
                yield entry
    except RuntimeError as error:
        raise BadInput(f"{path.name} cannot be read: {error}", remedy="Fetch the extract again.") from None


def _locate(each: Any) -> tuple[float | None, float | None]:
    """Of a node its place; of a way the middle of its corners."""
    if each.is_node():
        return each.lat, each.lon
    corners = [(node.lat, node.lon) for node in each.nodes if node.location.valid()]
    if not corners:
        return None, None
    return sum(lat for lat, _ in corners) / len(corners), sum(lon for _, lon in corners) / len(corners)


def _flatten_tags(tags: Mapping[str, Any], key: str, latitude: float | None, longitude: float | None) -> dict[str, Any]:
    """Tags of OpenStreetMap under the names of the columns of a table of them."""
    renamed = {name.removeprefix("addr:").removeprefix("contact:"): value for name, value in sorted(tags.items())}
    return {**renamed, "id": key, "lat": latitude, "lon": longitude}


def _make_osm(row: Mapping[str, Any], file: str, made_at: datetime, reading: Reading) -> Entry | None:
    name, key = row.get("name"), row.get("id")
    kinds = {tag: row[tag] for tag in BUSINESS_TAGS if row.get(tag)}
    if not name or not key:
        return reading.reject("no name or key")
    if not kinds or set(kinds.values()) <= _NO_BUSINESS:
        return reading.reject("not a business")
    street = " ".join(filter(None, (row.get("street"), row.get("housenumber"))))
    tag, value = next(iter(kinds.items()))
    details = {
        "phone": _first(row.get("phone")), "website": _first(row.get("website")), "email": _first(row.get("email")),
        "opening_hours": row.get("opening_hours"), "category": f"{tag}={value}", "latitude": row.get("lat"),
        "longitude": row.get("lon"), "street": street, "city": row.get("city"), "postcode": row.get("postcode"),
        "country": row.get("country"),
    }  # fmt: skip
    return _make("osm", str(key), name, details, f"file {file}", made_at)


def _make_overture(row: Mapping[str, Any], file: str, made_at: datetime, reading: Reading) -> Entry | None:
    name = (row.get("names") or {}).get("primary")
    if not name or not row.get("id"):
        return reading.reject("no name or key")
    if (row.get("confidence") or 0.0) < LEAST_CONFIDENCE:
        return reading.reject("confidence below .5")
    if row.get("operating_status") in ("permanently_closed", "temporarily_closed"):
        return reading.reject("closed")
    sources = row.get("sources") or []
    licences = {each.get("license") or OVERTURE_LICENCES.get(_clear(each.get("dataset"))) for each in sources}
    if not licences or None in licences or "ODbL-1.0" in licences:
        return reading.reject("no licence known, or ODbL among others")
    place = (row.get("addresses") or [{}])[0] or {}
    details = {
        "phone": _first(row.get("phones")), "website": _first(row.get("websites")),
        "category": (row.get("categories") or {}).get("primary"), "latitude": row.get("lat"), "longitude": row.get("lon"),
        "street": place.get("freeform"), "city": place.get("locality"), "region": place.get("region"),
        "postcode": place.get("postcode"), "country": place.get("country"),
    }  # fmt: skip
    contributors = ", ".join(sorted({str(each.get("dataset")) for each in sources}))
    return Entry(
        "overture", str(row["id"]), name, _known(details), f"file {file}", " AND ".join(sorted(filter(None, licences))),
        f"{TERMS['overture'].attribution} ({contributors})", made_at,
    )  # fmt: skip


def _make_gleif(row: Mapping[str, Any], file: str, made_at: datetime, reading: Reading) -> Entry | None:
    """Of a sample with short names, or of the golden copy with its own."""
    name = row.get("legal_name") or row.get("entity_legalname")
    if not name or not row.get("lei"):
        return reading.reject("no name or key")
    if (row.get("entity_entitystatus") or "ACTIVE") != "ACTIVE":
        return reading.reject("closed")
    details = {
        "lei": row["lei"], "country": row.get("country") or row.get("entity_legaladdress_country"),
        "company_number": row.get("entity_registrationauthority_registrationauthorityentityid"),
        "street": row.get("entity_legaladdress_firstaddressline"), "city": row.get("entity_legaladdress_city"),
        "postcode": row.get("entity_legaladdress_postalcode"), "parent": row.get("parent_legal_name"),
    }  # fmt: skip
    return _make("gleif", str(row["lei"]), name, details, f"file {file}", made_at)


def _make_companies_house(row: Mapping[str, Any], file: str, made_at: datetime, reading: Reading) -> Entry | None:
    """The headers of the published file begin with spaces; numbers are text, some with leading zeros or letters."""
    name, number = row.get("companyname"), row.get("companynumber")
    if not name or not number:
        return reading.reject("no name or key")
    if not str(row.get("companystatus") or "Active").startswith("Active"):
        return reading.reject("closed")
    details = {
        "company_number": str(number), "street": row.get("regaddress_addressline1"), "city": row.get("regaddress_posttown"),
        "region": row.get("regaddress_county"), "postcode": row.get("regaddress_postcode"), "country": "GB",
        "category": row.get("siccode_sictext_1"),
    }  # fmt: skip
    return _make("companies-house", str(number), name, details, f"file {file}", made_at)


def _make(directory: Directory, key: str, name: str, details: dict[str, Any], origin: str, made_at: datetime) -> Entry:
    terms = TERMS[directory]
    return Entry(directory, key, name, _known(details), origin, terms.licence, terms.attribution, made_at)


def _known(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if value not in (None, "")}


def _first(values: Any) -> str | None:
    """The first of several values, in a list or separated by semicolons."""
    parts = values if isinstance(values, list) else str(values).split(";") if values else []
    return str(parts[0]).strip() if parts else None


def _clear(dataset: object) -> str:
    return "".join(filter(str.isalnum, str(dataset).lower()))


_Make = Callable[[Mapping[str, Any], str, datetime, Reading], Entry | None]
_MAKERS: Mapping[Directory, _Make] = {
    "osm": _make_osm, "overture": _make_overture, "gleif": _make_gleif, "companies-house": _make_companies_house,
}  # fmt: skip
#: The columns without which a table is not of that directory.
_NEEDED: Mapping[Directory, set[str]] = {
    "osm": {"id", "name"}, "overture": {"id", "names", "sources"}, "gleif": {"lei"},
    "companies-house": {"companyname", "companynumber"},
}  # fmt: skip
