"""Loads the sample data, a made-up shop, and removes it."""

from __future__ import annotations

from pathlib import Path

from foresell.database import Database
from foresell.demo import Shop, write_shop
from foresell.demo.reviews import write_reviews
from foresell.settings import Settings
from foresell.store.batches import list_first_sample_batches
from foresell.types import Batch, BeforeCommit, Progress, no_progress
from foresell.workflows.load import load_file
from foresell.workflows.reviews import ReviewLoad, ReviewOptions, load_reviews
from foresell.workflows.undo import undo_load


def load_sample_data(
    settings: Settings,
    database: Database,
    shop: Shop,
    *,
    progress: Progress = no_progress,
    before_last_commit: BeforeCommit | None = None,
) -> list[Batch]:
    """Write the shop's files and load each as a batch; its contact details come from a second source, a CRM.

    Safe to repeat: what is loaded already stays. Raises what `progress` and `before_last_commit` raise; batches loaded before
    then stay loaded (`remove_sample_data` undoes them).
    """
    files = write_shop(shop, _folder_of(settings, shop), progress=progress)
    source = _source_of(shop)
    sources = {files.customers: source, files.products: source, files.orders: source, files.contacts: f"{source}-crm"}
    return [
        load_file(
            settings,
            database,
            file,
            source=of_source,
            progress=progress,
            before_commit=before_last_commit if file == files.contacts else None,
        )
        for file, of_source in sources.items()
    ]


def load_sample_reviews(settings: Settings, database: Database, shop: Shop) -> ReviewLoad:
    """Load made-up reviews of the shop's orders, after `load_sample_data`. Safe to repeat."""
    folder, source = _folder_of(settings, shop), _source_of(shop)
    file = folder / "reviews.csv"
    write_reviews(shop, folder / "orders.csv", folder / "products.csv", file)
    terms = ReviewOptions(f"{source}-reviews", "made up for the demo", "legitimate interest", customers_of=source)
    return load_reviews(settings, database, file, terms)


def _folder_of(settings: Settings, shop: Shop) -> Path:
    return settings.home / "demo" / f"{shop.customers}-{shop.seed}"


def _source_of(shop: Shop) -> str:
    return f"demo-{shop.customers}-{shop.seed}"


def remove_sample_data(database: Database) -> list[int]:
    """Undo every batch of the sample data, the last first. Returns their numbers; none when no sample data is loaded."""
    return [
        undone
        for first in list_first_sample_batches(database)
        for undone in undo_load(database.settings, database, first, with_later=True)
    ]
