"""BG/NBD: how often customers come back, and when they stop coming (Fader, Hardie & Lee, Marketing Science 2005).

While a customer is alive, purchases follow a Poisson process with a rate drawn from Gamma(r, alpha); after each repeat
purchase the customer leaves permanently with a probability drawn from Beta(a, b). Three numbers per customer suffice:
`x` repeat purchases, `t_x` the time of the last one and `T` the age, all counted from the first purchase.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import scipy  # loads its parts when they are used
from numpy.typing import ArrayLike, NDArray

from foresell.errors import BadInput, NotReady

Floats = NDArray[np.float64]

#: Fewer repeat buyers than this leave four parameters at the mercy of single customers.
FEWEST_REPEATERS = 30

#: Above this many distinct summaries, times are put into bins: a million customers then cost what these rows cost.
MOST_ROWS = 50_000

#: Parameters stay within exp(-9) ... exp(9) of the rescaled problem: where no customer ever leaves, a/b would run off.
_LIMIT = 9.0

_STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, -1.0, -0.5, 1.0))
_NODES = 40


@dataclass(frozen=True, slots=True)
class BgNbd:
    """A fitted BG/NBD model. Times given to its methods are in `unit`s, the one it was fitted in.

    The methods take arrays (or numbers) that broadcast against each other and return float64 arrays of that shape,
    one value per customer. They stay finite for thousands of purchases.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    converged: bool
    unit: str = "day"

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:
        """Probability that the customer has not left yet; 1 for one who never came back (Fader & Hardie 2008)."""
        x, t_x, T = _floats(x, t_x, T)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_odds = (
                np.log(self.a) - np.log(self.b + x - 1) + (self.r + x) * np.log((self.alpha + T) / (self.alpha + t_x))
            )
        return np.asarray(np.where(x > 0, scipy.special.expit(-log_odds), 1.0), dtype=np.float64)

    def probability_any(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Floats:
        """Probability of at least one purchase in the `horizon` after `T`."""
        x, t_x, T, horizon = _floats(x, t_x, T, horizon)
        silent_while_alive = -(self.r + x) * np.log1p(horizon / (self.alpha + T))
        return -np.expm1(silent_while_alive) * self.p_alive(x, t_x, T)

    def expected_purchases(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Floats:
        """Expected number of purchases in the `horizon` after `T`.

        Equal to eq. (10) of the paper, but integrated over the leaving probability, which given "alive" is
        Beta(a, b + x), by Gauss-Jacobi quadrature: the paper's 2F1 overflows for heavy buyers and is 0/0 at a = 1.
        """
        x, t_x, T, horizon = _floats(x, t_x, T, horizon)
        expected = np.empty(x.shape)
        stretch = horizon / (self.alpha + T)
        order = np.argsort(x, axis=None, kind="stable")
        ordered = x.ravel()[order]
        for same_x in np.split(order, np.flatnonzero(np.diff(ordered)) + 1) if order.size else ():
            repeats = float(x.flat[same_x[0]])
            leaving, weight = _beta_quadrature(self.a, self.b + repeats)
            silent = np.log1p(np.multiply.outer(stretch.flat[same_x], leaving)) * -(self.r + repeats)
            expected.flat[same_x] = -np.expm1(silent) @ (weight / leaving)
        return expected * self.p_alive(x, t_x, T)

    def to_json(self) -> str:
        """The model as JSON, exact to the last bit."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> BgNbd:
        """The model that `to_json` wrote."""
        return cls(**json.loads(text))


def fit(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
    unit: str = "day",
    most_rows: int = MOST_ROWS,
) -> BgNbd:
    """The maximum-likelihood BG/NBD of customers given as equally long arrays; `weights` counts equal customers.

    Customers are grouped first (see `grouped`), so that the cost hardly grows with their number. Raises NotReady when
    fewer than FEWEST_REPEATERS bought on a second occasion or the likelihood has no summit, BadInput for summaries
    that contradict themselves.
    """
    count = np.ones(np.shape(x)) if weights is None else weights
    x, t_x, T, count = _check_summaries(*_floats(x, t_x, T, count))
    repeaters = int(count[x > 0].sum())
    if repeaters < FEWEST_REPEATERS:
        raise NotReady(
            f"Only {repeaters} customers bought on more than one day; at least {FEWEST_REPEATERS} are needed "
            "to learn how customers come back.",
            remedy="Load a longer history, or wait until more customers have come back.",
        )
    customers = count.sum()
    rows = group_customers(x, t_x, T, count, most_rows)
    scale = float(T @ count / customers)
    best = _climb(rows[0], rows[1] / scale, rows[2] / scale, rows[3] / customers)
    r, alpha, a, b = (float(value) for value in np.exp(best.x))
    return BgNbd(
        r=r,
        alpha=alpha * scale,
        a=a,
        b=b,
        log_likelihood=float(-best.fun * customers - np.log(scale) * (x @ count)),
        customers=int(customers),
        converged=bool(best.success or np.abs(best.jac).max() < 1e-5),
        unit=unit,
    )


def group_customers(
    x: Floats, t_x: Floats, T: Floats, count: Floats, most_rows: int = MOST_ROWS
) -> tuple[Floats, Floats, Floats, Floats]:
    """Customers with equal `x` and nearly equal times as one: (x, mean t_x, mean T, count), about `most_rows` of them.

    Few customers are returned as they are. The bins are even in what the likelihood sees: the logarithm of the age,
    and the silence (log T against log t_x), which speaks louder the more often a customer has come. They double until
    the rows are few enough; the means inside a bin cancel the first-order error. Measured: parameters move by < 1 %.
    """
    near = float(T @ count / count.sum()) / 30
    width = 1 / 64
    while len(x) > most_rows and width < 4:
        age = np.log1p(T / near) / width
        silence = (1 + x) * np.log((near + T) / (near + t_x)) / width
        group, first = _same(x, age, np.where(x > 0, silence, 0.0))
        total = np.bincount(group, weights=count).astype(np.float64)
        t_x = np.bincount(group, weights=count * t_x) / total
        T = np.bincount(group, weights=count * T) / total
        x, count, width = x[first], total, width * 1.5
    return x, t_x, T, count


def _same(x: Floats, age: Floats, silence: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of each row's group, and the first row of each group, for rows equal in all three whole parts."""
    key = (x.astype(np.int64) * (int(age.max()) + 1) + age.astype(np.int64)) * (int(silence.max()) + 1)
    _, first, group = np.unique(key + silence.astype(np.int64), return_index=True, return_inverse=True)
    return group, first


def _floats(*values: ArrayLike) -> tuple[Floats, ...]:
    """The values as float64 arrays of one common shape."""
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))


def _check_summaries(x: Floats, t_x: Floats, T: Floats, count: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Only customers that count, or BadInput naming the first that cannot be."""
    sound = (x >= 0) & (x == np.floor(x)) & (t_x >= 0) & (t_x <= T) & (T > 0) & np.isfinite(T) & (count >= 0)
    if not sound.all():
        at = int(np.argmin(sound))
        raise BadInput(
            f"Purchase summary {at + 1} contradicts itself: x={x[at]:g}, t_x={t_x[at]:g}, T={T[at]:g} "
            f"(expected whole x >= 0 and 0 <= t_x <= T, T > 0)."
        )
    keep = count > 0
    return x[keep], t_x[keep], T[keep], count[keep]


def _climb(x: Floats, t_x: Floats, T: Floats, share: Floats) -> scipy.optimize.OptimizeResult:
    """The better of the summits reached from each start, in the logs of (r, alpha, a, b)."""
    tries = [
        scipy.optimize.minimize(
            _negative_log_likelihood,
            start,
            args=(x, t_x, T, share),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_LIMIT, _LIMIT)] * 4,
            options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
        )
        for start in _STARTS
    ]
    best = min(tries, key=lambda result: float(result.fun))
    if not np.isfinite(best.fun):
        raise NotReady("The repeat-purchase model found no fit to this history.", remedy="Load a longer history.")
    return best


def _negative_log_likelihood(logs: Floats, x: Floats, t_x: Floats, T: Floats, share: Floats) -> tuple[float, Floats]:
    """Minus the mean log-likelihood per customer (eq. 6) and its gradient in the logs of (r, alpha, a, b)."""
    r, alpha, a, b = np.exp(logs)
    returned = x > 0
    b_x = np.where(returned, b + x - 1, 1.0)
    log_T, log_t = np.log(alpha + T), np.log(alpha + t_x)
    alive = -(r + x) * log_T
    gone = np.where(returned, np.log(a) - np.log(b_x) - (r + x) * log_t, -np.inf)
    either = np.logaddexp(alive, gone)
    is_gone = np.exp(gone - either)
    is_alive = 1 - is_gone
    rates, leaving, staying, constant = _of_counts(r, a, b, x, share)
    value = _dot(share, either) + r * np.log(alpha) + constant
    slope = (
        rates + np.log(alpha) - _dot(share, is_alive * log_T + is_gone * log_t),
        r / alpha - _dot(share, (r + x) * (is_alive / (alpha + T) + is_gone / (alpha + t_x))),
        leaving + _dot(share, is_gone) / a,
        leaving + staying - _dot(share, is_gone / b_x),
    )
    return -float(value), -np.array(slope) * np.exp(logs)


def _of_counts(r: float, a: float, b: float, x: Floats, share: Floats) -> tuple[float, float, float, float]:
    """The terms that know only how often: mean slopes in r, in a and b, in b, and the mean value.

    Gamma functions are the dear part of the likelihood; there are far fewer counts than customers.
    """
    digamma, gammaln = scipy.special.digamma, scipy.special.gammaln
    share = np.bincount(x.astype(np.int64), weights=share).astype(np.float64)
    x = np.arange(len(share), dtype=np.float64)
    value = gammaln(r + x) - gammaln(r) + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    return (
        float(share @ (digamma(r + x) - digamma(r))),
        float(share @ (digamma(a + b) - digamma(a + b + x))),
        float(share @ (digamma(b + x) - digamma(b))),
        float(share @ value),
    )


def _dot(share: Floats, values: Floats) -> float:
    """The weighted sum, without the threads of BLAS: on a busy machine they wait for each other ten times as long."""
    return float(np.einsum("i,i->", share, values))


def _beta_quadrature(a: float, b: float) -> tuple[Floats, Floats]:
    """Gauss nodes and weights (summing to 1) of the Beta(a, b) density on (0, 1), by Golub & Welsch (1969)."""
    n = np.arange(1, _NODES, dtype=np.float64)
    total = a + b
    middle = np.empty(_NODES)
    middle[0] = a / total
    twice = 2 * n + total - 2
    middle[1:] = 0.5 * (1 + (a - b) * (total - 2) / (twice * (twice + 2)))
    squares = n * (n + a - 1) * (n + b - 1) / (twice**2 * (twice + 1))
    # At n = 1 the last factor is (total - 1) / (total - 1), also where total is 1.
    squares[1:] *= (n[1:] + total - 2) / (twice[1:] - 1)
    nodes, vectors = scipy.linalg.eigh_tridiagonal(middle, np.sqrt(squares))
    return np.clip(nodes, np.finfo(float).tiny, 1.0), vectors[0] ** 2
