"""What a shop must have before a model is tried, and the sentence it gets when it has not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from foresell.errors import NotReady
from foresell.scores.churn.score import CHURN
from foresell.scores.purchase.score import PURCHASE
from foresell.scores.training.readiness import readiness
from foresell.scores.training.service_gate import NoBetter
from foresell.scores.training.train_task import TrainingContext, train_task
from tests.spec.scores.shop import Order, believable_shop, shop

AS_OF = date(2021, 12, 31)


def ago(days: int) -> str:
    return (AS_OF - timedelta(days=days)).isoformat()


def many(count: int, *days: int, amount: float = 20) -> list[Order]:
    """Customers, each with an order on each of these days before as_of."""
    return [(f"c{who}", ago(day + who % 20), amount) for who in range(count) for day in days]


REFUSED = {
    "one customer": (many(1, 10, 100, 300), "Only 1 customer has"),
    "one order each, spread over a year": ([(f"c{i}", ago(1 + i % 365), 9) for i in range(900)], "more than one day"),
    "all bought yesterday": ([(f"c{i}", ago(1), 9) for i in range(900)], "Orders cover 1 day;"),
    "no order in the last year": (many(300, 400, 500, 600), "newer sales"),
    "a year of zeros": (many(300, 10, 100, 300, amount=0), "positive amount"),
    "nothing but returns": (many(300, 10, 100, 300, amount=-5), "positive amount"),
    "only dates in the future": ([(f"c{i}", "2022-02-01", 9) for i in range(300)], "positive amount"),
}


@pytest.mark.parametrize("shop_of", REFUSED)
def test_a_shop_without_the_means_is_refused_in_words(shop_of: str) -> None:
    orders, words = REFUSED[shop_of]
    con = shop(orders)
    with pytest.raises(NotReady, match=words) as refusal:
        train_task(TrainingContext(con, AS_OF), PURCHASE)
    assert refusal.value.remedy


def test_one_purchase_shops_hear_that_propensity_is_off_and_why() -> None:
    orders = [(f"c{i}", ago(1 + i % 365), 9) for i in range(970)] + many(30, 10, 100, 200)
    gate = readiness(shop([(f"x{o[0]}" if i >= 970 else o[0], *o[1:]) for i, o in enumerate(orders)]), AS_OF, PURCHASE)
    assert gate.level == "off"
    assert gate.failed_checks[0].startswith("Only 3% of customers bought on more than one day")


def test_few_customers_get_bgnbd_and_the_reason() -> None:
    con, as_of = believable_shop(customers=300)
    trained = train_task(TrainingContext(con, as_of), PURCHASE)
    assert trained.model.kind == "bgnbd"
    assert "fewer than 500 customers (300)" in trained.card["served_because"]


def test_eleven_months_are_enough_to_learn_thirty_days_but_not_ninety() -> None:
    con, as_of = believable_shop(days=330)
    purchase, churn = readiness(con, as_of, PURCHASE), readiness(con, as_of, CHURN)
    assert (purchase.level, churn.level) == ("ml", "statistical")
    assert "until there are 8 (2 more of 30 days each)" in churn.failed_checks[-1]


def test_everyone_coming_back_leaves_nothing_to_learn_apart() -> None:
    con = shop(many(600, *range(1, 460, 20)))
    gate = readiness(con, AS_OF, PURCHASE)
    assert gate.level == "statistical"
    assert gate.failed_checks == (
        "In the last 30 days 600 of 600 customers ordered; machine learning needs at least 50 who did and 50 who did not, "
        "so BG/NBD is used.",
    )


def test_a_shop_where_everyone_always_comes_back_needs_no_model_and_says_so() -> None:
    con = shop(many(600, *range(1, 460, 20)))
    with pytest.raises(NoBetter, match=r"no better than “the same for every customer”\. More than twice the error"):
        train_task(TrainingContext(con, AS_OF), PURCHASE)


def test_a_shop_of_one_product_and_one_price_works() -> None:
    con, as_of = believable_shop()
    con.execute("update orders set net_amount = 10; update lines set amount = 10, product_id = 1")
    trained = train_task(TrainingContext(con, as_of), PURCHASE)
    assert trained.backtest.value(trained.model.kind, "roc_auc") > 0.6
