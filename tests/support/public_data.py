"""The public data sets the tests use: found in a folder, or fetched from their publishers and brought into its form."""

from __future__ import annotations

import io
import urllib.request
import zipfile
from pathlib import Path

import polars as pl

ONLINE_RETAIL = "https://archive.ics.uci.edu/static/public/352/online+retail.zip"
ONLINE_RETAIL_II = "https://archive.ics.uci.edu/static/public/502/online+retail+ii.zip"
CDNOW_SAMPLE = "https://www.brucehardie.com/datasets/CDNOW_sample.zip"
NEEDED = (
    "online_retail/online_retail.parquet",
    "online_retail_ii/online_retail_ii.parquet",
    "cdnow/cdnow_summary_39w.parquet",
    "cdnow/cdnow_sample.parquet",
)
NAMES = ["invoice", "stock_code", "description", "quantity", "invoice_date", "price", "customer_id", "country"]
SHEETS = {"Year 2009-2010": "2009-2010", "Year 2010-2011": "2010-2011"}


def find_or_fetch(folder: Path, cache: Path) -> tuple[Path | None, str]:
    """(folder with the data, "") or (None, why not)."""
    for place in (folder, cache):
        if all((place / file).exists() for file in NEEDED):
            return place, ""
    try:
        _fetch_all(cache)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, pl.exceptions.PolarsError) as error:
        return None, f"not in {folder.name}, and fetching failed ({type(error).__name__})"
    return cache, ""


def _fetch_all(cache: Path) -> None:
    for file in NEEDED:
        (cache / file).parent.mkdir(parents=True, exist_ok=True)
    [book] = _sheets(ONLINE_RETAIL, {"Online Retail": ""}).values()
    book.write_parquet(cache / NEEDED[0])
    frames = [frame.with_columns(sheet=pl.lit(name)) for name, frame in _sheets(ONLINE_RETAIL_II, SHEETS).items()]
    pl.concat(frames).write_parquet(cache / NEEDED[1])
    _cdnow(cache / "cdnow")


def _open(url: str) -> zipfile.ZipFile:
    with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310  (one of the constants above)
        return zipfile.ZipFile(io.BytesIO(answer.read()))


def _sheets(url: str, wanted: dict[str, str]) -> dict[str, pl.DataFrame]:
    archive = _open(url)
    content = archive.read(next(name for name in archive.namelist() if name.endswith(".xlsx")))
    found = {}
    for sheet, name in wanted.items():
        frame = pl.read_excel(io.BytesIO(content), sheet_name=sheet, engine="calamine", infer_schema_length=None)
        frame.columns = NAMES
        found[name] = frame.with_columns(
            pl.col("invoice", "stock_code").cast(pl.String),
            pl.col("customer_id").cast(pl.Int32),
            pl.col("quantity").cast(pl.Int32),
        )
    return found


def _cdnow(folder: Path) -> None:
    """The published 1/10 sample, and the 39-week summary (repeat days, weeks) Fader and Hardie fit on."""
    archive = _open(CDNOW_SAMPLE)
    text = archive.read(next(name for name in archive.namelist() if name.endswith(".txt"))).decode()
    rows = [line.split() for line in text.splitlines() if line.strip()]
    columns = list(zip(*rows, strict=True))
    sample = pl.DataFrame(
        {
            "customer_id": [int(value) for value in columns[0]],
            "sample_id": [int(value) for value in columns[1]],
            "date": columns[2],
            "cds": [int(value) for value in columns[3]],
            "amount": [float(value) for value in columns[4]],
        }
    ).with_columns(pl.col("date").str.to_date("%Y%m%d"))
    sample.write_parquet(folder / "cdnow_sample.parquet")
    summarise_cdnow(sample).write_parquet(folder / "cdnow_summary_39w.parquet")


def summarise_cdnow(sample: pl.DataFrame) -> pl.DataFrame:
    """(ID, frequency, recency, T) of the first 39 weeks, times in weeks to two decimals."""
    days = sample.filter(pl.col("date") <= pl.date(1997, 9, 30)).select("sample_id", "date").unique()
    return (
        days.group_by("sample_id")
        .agg(
            frequency=pl.len().cast(pl.Int64) - 1,
            recency=((pl.col("date").max() - pl.col("date").min()).dt.total_days() / 7).round(2),
            T=((pl.date(1997, 9, 30) - pl.col("date").min()).dt.total_days() / 7).round(2),
        )
        .rename({"sample_id": "ID"})
        .sort("ID")
    )
