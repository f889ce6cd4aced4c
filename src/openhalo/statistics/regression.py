"""Binomial and Poisson regression on aggregated cells, by iteratively reweighted least squares."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import expit

from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused

_ROUNDS = 60
_FAR = 25.0
"""A linear predictor beyond this is a share that equals 0 or 1 to a dozen digits."""
_EDGE = 1e-7
"""A fitted share this close to 0 or 1 (or a fitted count to 0) means that a coefficient runs off to infinity."""


class Fit(NamedTuple):
    """A fitted regression. The effects of an absorbed factor are estimated, but not listed."""

    coefficients: Numbers
    covariance: Numbers
    """Of the coefficients, at dispersion 1; times `dispersion` it is the quasi-likelihood one."""
    fitted: Numbers
    """Expected successes or events, a cell each."""
    dispersion: float
    """Pearson's chi-squared divided by its degrees of freedom; NaN where none are left."""
    freedom: int

    @property
    def errors(self) -> Numbers:
        """Standard errors at dispersion 1."""
        found: Numbers = np.sqrt(np.diag(self.covariance))
        return found


def fit(
    design: ArrayLike,
    response: ArrayLike,
    family: Literal["binomial", "poisson"],
    *,
    trials: ArrayLike = 1.0,
    offset: ArrayLike = 0.0,
    absorb: NDArray[np.integer] | None = None,
) -> Fit:
    """Return the maximum likelihood fit of a logit (binomial) or log (poisson) model.

    Args:
        design: (cells, columns) matrix, with its column of ones unless a factor is absorbed.
        response: successes or events of each cell, ≥ 0.
        family: which likelihood.
        trials: of each cell, for "binomial"; a cell without trials is left out.
        offset: added to the linear predictor: log exposure, for "poisson".
        absorb: codes 0, 1, … of one factor with many levels, whose effects are removed from the weighted columns at
            each step (Frisch, Waugh and Lovell) instead of standing as columns; the other coefficients and their
            errors are exactly those of the model with a column a level.

    Raises:
        Refused: too few cells, a column that the others determine, no convergence, or complete separation.

    Source: McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., section 2.5.
    """
    x, y = np.asarray(design, float), np.asarray(response, float)
    m, shift = np.broadcast_to(np.asarray(trials, float), y.shape), np.broadcast_to(np.asarray(offset, float), y.shape)
    if family == "binomial" and not np.all(m > 0):
        kept = m > 0
        x, y, m, shift = x[kept], y[kept], m[kept], shift[kept]
        absorb = None if absorb is None else absorb[kept]
    levels = 0
    if absorb is not None:
        absorb = np.unique(absorb, return_inverse=True)[1]
        levels = int(absorb.max()) + 1
    freedom = len(y) - x.shape[1] - levels
    if freedom < 0:
        raise Refused(f"{len(y)} cells are too few for a model with {x.shape[1] + levels} terms")
    scale = np.sqrt(np.mean(x * x, axis=0))
    if np.any(scale == 0):
        raise Refused("a term of the model never occurs in these data")
    x = x / scale
    eta = _start(family, y, m)
    settled = False
    for _ in range(_ROUNDS):
        mean, weight = _moments(family, eta, m)
        working = eta - shift + (y - mean) / weight
        columns, target, sums = x, working, None
        if absorb is not None:
            sums = _sums(weight, absorb, levels)
            columns = x - np.stack([_means(c, weight, sums, absorb) for c in x.T], axis=1)[absorb]
            target = working - _means(working, weight, sums, absorb)[absorb]
        factor = _factor(columns.T @ (columns * weight[:, None]))
        beta = cho_solve(factor, columns.T @ (weight * target))
        last, eta = eta, x @ beta + shift
        if absorb is not None and sums is not None:
            eta = eta + _means(working - x @ beta, weight, sums, absorb)[absorb]
        if settled:
            break
        # Steps shrink quadratically: one more after a small one, and the covariance belongs to the estimate too.
        settled = bool(np.max(np.abs(eta - last)) < 1e-6)
        if np.max(np.abs(eta)) > _FAR and family == "binomial":
            raise _separated()
    else:
        raise Refused("the model did not converge; an estimate from it would mean nothing")
    mean, weight = _moments(family, eta, m)
    edge = np.minimum(mean, m - mean) / m if family == "binomial" else mean
    if np.any(edge < _EDGE):
        raise _separated()
    pearson = float(np.sum((y - mean) ** 2 / weight))
    covariance = cho_solve(factor, np.eye(len(beta))) / np.outer(scale, scale)
    return Fit(beta / scale, covariance, mean, pearson / freedom if freedom else np.nan, freedom)


def informative(codes: NDArray[np.integer], successes: Numbers, trials: Numbers) -> NDArray[np.bool_]:
    """Return which cells lie in a level where some succeeded and some did not; the others tell nothing about slopes."""
    hits, all_ = np.bincount(codes, successes), np.bincount(codes, trials)
    found: NDArray[np.bool_] = ((hits > 0) & (hits < all_))[codes]
    return found


def _separated() -> Refused:
    return Refused(
        "one term tells the outcome apart without exception (separation): its effect has no finite estimate; "
        "merge small groups or places first"
    )


def _start(family: str, y: Numbers, m: Numbers) -> Numbers:
    """Return a first linear predictor, from the counts themselves."""
    share = (y + 0.5) / (m + 1)
    found: Numbers = np.log(y + 0.1) if family == "poisson" else np.log(share / (1 - share))
    return found


def _factor(cross: Numbers) -> tuple[Numbers, bool]:
    """Return the Cholesky factor of the weighted cross product.

    Raises:
        Refused: it is singular.
    """
    size = np.sqrt(np.diag(cross))
    if not np.all(np.isfinite(cross)) or np.any(size == 0):
        raise _separated()
    values = np.linalg.eigvalsh(cross / np.outer(size, size))
    if values[0] < 1e-11 * values[-1]:
        raise Refused("a term of the model is determined by the others; its effect cannot be told apart")
    try:
        found: tuple[Numbers, bool] = cho_factor(cross)
    except LinAlgError:
        raise _separated() from None
    return found


def _sums(values: Numbers, codes: NDArray[np.integer], levels: int) -> Numbers:
    found: Numbers = np.bincount(codes, values, levels).astype(float)
    return found


def _means(values: Numbers, weight: Numbers, sums: Numbers, codes: NDArray[np.integer]) -> Numbers:
    found: Numbers = np.bincount(codes, weight * values, len(sums)) / sums
    return found


def _moments(family: str, eta: Numbers, m: Numbers) -> tuple[Numbers, Numbers]:
    """Return mean and variance of each cell."""
    if family == "poisson":
        mean = np.exp(np.minimum(eta, 700.0))
        return mean, np.maximum(mean, 1e-300)
    p = expit(eta)
    return m * p, np.maximum(m * p * expit(-eta), 1e-300)
