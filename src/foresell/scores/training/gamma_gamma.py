"""Gamma-Gamma: what a customer's next purchase is worth (Fader & Hardie, "The Gamma-Gamma model of monetary value", 2013).

A customer's purchases scatter as Gamma(p, nu) around a level of their own, nu ~ Gamma(q, v) across customers. The level
is assumed independent of how often they come; `correlation` says how far the data agree. The expected value leans from
the customer's own mean towards the shop's, the more so the fewer purchases speak for it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import scipy  # loads its parts when they are used
from numpy.typing import ArrayLike, NDArray

from foresell.errors import BadInput, NotReady

Floats = NDArray[np.float64]

#: Fewer customers than this leave three parameters at the mercy of single customers.
FEWEST_CUSTOMERS = 30

#: Means above this quantile count as the quantile when fitting: one 80,995-piece order would bend the whole curve.
CAP = 0.99

#: Above this many customers, equal ones are grouped: a million then cost what some tens of thousands cost.
MOST_ROWS = 50_000

#: A correlation beyond this breaks the model's assumption visibly (practice: Fader & Hardie look at .1 on CDNOW).
CORRELATED = 0.3

# Logs of (p, q - 1, v) in units of the mean; q > 1 because below it the shop's mean would be infinite.
_BOUNDS = [(-7.0, 12.0), (-4.0, 12.0), (-12.0, 12.0)]
_STARTS = ((0.0, 0.0, 0.0), (1.5, 1.0, -1.0))


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """A fitted Gamma-Gamma model; money in the currency of the values it was fitted on."""

    p: float
    q: float
    v: float
    cap: float | None
    correlation: float
    log_likelihood: float
    customers: int
    converged: bool

    @property
    def mean_value(self) -> float:
        """The shop's mean purchase value: what is expected of a customer nothing is known about."""
        return self.p * self.v / (self.q - 1)

    def expected_order_value(self, x: ArrayLike, mean_value: ArrayLike) -> Floats:
        """Expected value of the next purchase after `x` purchases worth `mean_value` on average (x = 0: the shop's mean).

        Arrays or numbers that broadcast; float64 out. The own mean enters uncapped: it is what the customer did.
        """
        x, mean_value = np.asarray(x, dtype=np.float64), np.asarray(mean_value, dtype=np.float64)
        spent = np.where(x > 0, x * mean_value, 0.0)
        return np.asarray(self.p * (self.v + spent) / (self.p * x + self.q - 1), dtype=np.float64)

    def to_json(self) -> str:
        """The model as JSON, exact to the last bit."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> GammaGamma:
        """The model that `to_json` wrote."""
        return cls(**json.loads(text))


def fit(x: ArrayLike, mean_value: ArrayLike, weights: ArrayLike | None = None, cap: float | None = CAP) -> GammaGamma:
    """The maximum-likelihood Gamma-Gamma of customers with `x` purchases worth `mean_value` on average.

    Customers without purchases or with a mean of nothing are left out; `weights` counts equal customers; `cap` is the
    quantile at which means are cut off (None: nowhere). Raises NotReady when fewer than FEWEST_CUSTOMERS remain,
    BadInput for a value that is not a number.
    """
    x, value = np.asarray(x, dtype=np.float64), np.asarray(mean_value, dtype=np.float64)
    count = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if not np.isfinite(value[x > 0]).all():
        raise BadInput("The mean value of a customer is not a number.", remedy="Check the amounts of the orders.")
    keep = (x > 0) & (value > 0) & (count > 0)
    x, value, count = x[keep], value[keep], count[keep]
    if count.sum() < FEWEST_CUSTOMERS:
        raise NotReady(
            f"Only {int(count.sum())} customers have purchases above zero; at least {FEWEST_CUSTOMERS} are needed "
            "to learn what a purchase is worth.",
            remedy="Load a longer history, or wait until more customers have bought.",
        )
    if np.ptp(value) <= 1e-9 * value.max():
        return _single_price(float(value[0]), int(count.sum()), cap)
    ceiling = np.quantile(value, cap) if cap is not None else np.inf
    capped = np.minimum(value, ceiling)
    scale, customers = float(np.average(capped, weights=count)), count.sum()
    best = _climb(*_group_customers(x, capped / scale, count / customers))
    p, above_one, v = (float(number) for number in np.exp(best.x))
    return GammaGamma(
        p=p,
        q=1 + above_one,
        v=v * scale,
        cap=cap,
        correlation=_correlation(x, capped, count),
        log_likelihood=float(-best.fun * customers - np.log(scale) * customers),
        customers=int(customers),
        converged=bool(best.success or np.abs(best.jac).max() < 1e-5),
    )


def _single_price(price: float, customers: int, cap: float | None) -> GammaGamma:
    """The model of a shop where every customer spends the same: next time they will again."""
    return GammaGamma(
        p=1e4, q=1e4 + 1, v=price, cap=cap, correlation=0.0, log_likelihood=0.0, customers=customers, converged=True
    )


def _group_customers(x: Floats, value: Floats, share: Floats) -> tuple[Floats, Floats, Floats]:
    """Customers with equal `x` and means within 2 % of each other as one row, where there are more than MOST_ROWS."""
    if len(x) <= MOST_ROWS:
        return x, value, share
    step = np.floor(np.log(np.maximum(value, 1e-9)) * 50)
    key = x.astype(np.int64) * 10_000 + (step - step.min()).astype(np.int64)
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    total = np.bincount(group, weights=share).astype(np.float64)
    return x[first], np.bincount(group, weights=share * value) / total, total


def _climb(x: Floats, value: Floats, share: Floats) -> scipy.optimize.OptimizeResult:
    """The better of the summits reached from each start, in the logs of (p, q - 1, v)."""
    tries = [
        scipy.optimize.minimize(
            _negative_log_likelihood,
            start,
            args=(x, value, share),
            jac=True,
            method="L-BFGS-B",
            bounds=_BOUNDS,
            options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
        )
        for start in _STARTS
    ]
    return min(tries, key=lambda result: float(result.fun))


def _negative_log_likelihood(logs: Floats, x: Floats, value: Floats, share: Floats) -> tuple[float, Floats]:
    """Minus the mean log-likelihood per customer (eq. 1a of the note) and its gradient in the logs of (p, q - 1, v)."""
    digamma, gammaln = scipy.special.digamma, scipy.special.gammaln
    p, above_one, v = np.exp(logs)
    q = 1 + above_one
    px, spent = p * x, x * value
    log_sum = np.log(v + spent)
    terms = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v) - np.log(value) + px * np.log(spent)
    slope = (
        _dot(share, x * (digamma(px + q) - digamma(px) + np.log(spent) - log_sum)) * p,
        _dot(share, digamma(px + q) - digamma(q) + np.log(v) - log_sum) * above_one,
        _dot(share, q / v - (px + q) / (v + spent)) * v,
    )
    return -_dot(share, terms - (px + q) * log_sum), -np.array(slope)


def _dot(share: Floats, values: Floats) -> float:
    """The weighted sum, without the threads of BLAS: on a busy machine they wait for each other ten times as long."""
    return float(np.einsum("i,i->", share, values))


def _correlation(x: Floats, value: Floats, count: Floats) -> float:
    """Pearson's correlation of how often and how much; 0 where all come equally often."""
    spread = np.cov(np.vstack([x, value]), aweights=count)
    deviation = float(np.sqrt(spread[0, 0] * spread[1, 1]))
    return float(spread[0, 1] / deviation) if deviation > 0 else 0.0
