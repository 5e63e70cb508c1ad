"""Reviews that customers of the demo shop could have written: most in English, some in German, with and without a rating."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from foresell.demo.rng import RandomChoices
from foresell.demo.shop import Shop, stream

#: One order line of this number is reviewed.
ONE_IN = 60
COLUMNS = ("review_id", "customer_id", "product", "rating", "text", "date")
GOOD = (
    "I love it, exactly as described and beautifully made.", "Great quality for the price. Would buy again!",
    "Arrived the next day, well packed. Very happy with it.", "My third one, and it still makes me smile.",
    "A lovely present, my sister was delighted.", "Not bad at all, better than I expected.",
)  # fmt: skip
MIXED = (
    "It is okay. The colour differs a little from the picture.", "Does what it should.",
    "Nice, but smaller than I thought.", "Took two weeks to arrive. The thing itself is fine.",
)  # fmt: skip
BAD = (
    "Broke after two days. Very disappointed.", "Not worth the money, the finish is poor.",
    "Arrived damaged and my e-mail was not answered.", "The worst I have bought here, it does not even stand upright.",
)  # fmt: skip
GERMAN_GOOD = ("Sehr schön, gerne wieder.", "Gute Qualität, schneller Versand.")
GERMAN_BAD = ("Leider kam es beschädigt an.", "Den Preis nicht wert.")


def write_reviews(shop: Shop, orders: Path, products: Path, file: Path) -> int:
    """Write reviews of the shop's orders as CSV, and return how many. The same shop gives the same file.

    `orders`, `products`: files of write_shop. Grain: one review of one order line.
    """
    with products.open(encoding="utf-8", newline="") as read:
        names = {row["sku"]: row["product"] for row in csv.DictReader(read) if row["kind"] == "product"}
    with orders.open(encoding="utf-8", newline="") as read, file.open("w", encoding="utf-8", newline="") as written:
        writer = csv.writer(written)
        writer.writerow(COLUMNS)
        rows = list(_draw_reviews(RandomChoices(stream(shop, "reviews")), csv.DictReader(read), names))
        writer.writerows(rows)
    return len(rows)


def _draw_reviews(
    choices: RandomChoices, lines: csv.DictReader[str], names: dict[str, str]
) -> Iterator[tuple[str, str, str, str, str, str]]:
    for n, line in enumerate(lines):
        if not line["customer_no"] or line["sku"] not in names or choices.number(ONE_IN):
            continue
        rating = (5, 5, 5, 4, 4, 3, 2, 1)[choices.number(8)]
        texts: tuple[str, ...] = GOOD if rating > 3 else MIXED if rating == 3 else BAD
        if choices.chance(0.08):
            texts = GERMAN_GOOD if rating > 3 else GERMAN_BAD
        shown = "" if choices.chance(0.2) else str(rating)
        yield f"R{n}", line["customer_no"], names[line["sku"]], shown, choices.pick(texts), line["ordered_at"][:10]
