"""Rates and shares of many small units, drawn towards what they have in common (empirical Bayes)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, digamma, gammaincinv, gammaln, xlog1py, xlogy

from openhalo.statistics.estimates import Numbers, counts, normal_quantile
from openhalo.statistics.results import Refused

_FEWEST = 5


class Prior(NamedTuple):
    """What the units have in common: their mean, and how many trials (or how much exposure) it weighs like."""

    mean: float
    weight: float


@dataclass(frozen=True)
class Shrunk:
    """Estimates of many units, each between its own value and the mean of all.

    Attributes:
        value, low, high: a unit each; the interval is that of the posterior, at the prior's estimate.
        own: what each unit shows by itself; NaN without trials.
        prior: what they were drawn towards.
        method: in words.
        citation: its source.
    """

    value: Numbers
    low: Numbers
    high: Numbers
    own: Numbers
    prior: Prior
    confidence: float
    method: str
    citation: str


def beta_binomial(successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95) -> Shrunk:
    """Return shares of many units, shrunk by a beta prior fitted to all of them.

    Args:
        successes: (units,) counts, 0 ≤ successes ≤ trials.
        trials: (units,) counts; a unit with none gets the prior itself.
        confidence: 0 < confidence < 1.

    Raises:
        ValueError: counts out of range.
        Refused: fewer than 5 units with trials, or no success (or no failure) anywhere.

    Source: Skellam (1948), J. Royal Statistical Society B 10, 257-261; Morris (1983), JASA 78, 47-55.
    """
    k, n = counts(successes, "successes"), counts(trials, "trials")
    if k.shape != n.shape or k.ndim != 1 or np.any(k > n):
        raise ValueError("successes and trials must be columns of one length, with successes at most trials")
    normal_quantile(confidence)
    _enough(n)
    if not 0 < k.sum() < n.sum():
        raise Refused("everywhere or nowhere a success: what the places have in common cannot be fitted")

    def cost(at: Numbers) -> tuple[float, Numbers]:
        mean, weight = 1 / (1 + np.exp(-at[0])), np.exp(at[1])
        a, b = mean * weight, (1 - mean) * weight
        both = digamma(a + b + n) - digamma(a + b)
        up = float(np.sum(digamma(a + k) - digamma(a) - both))
        down = float(np.sum(digamma(b + n - k) - digamma(b) - both))
        slope = np.array([(up - down) * mean * (1 - mean) * weight, up * a + down * b])
        return -float(np.sum(betaln(a + k, b + n - k) - betaln(a, b))), -slope

    pooled = k.sum() / n.sum()
    at = _best(cost, float(np.log(pooled / (1 - pooled))), np.log(max(n[n > 0].mean(), 2.0)))
    prior = Prior(float(1 / (1 + np.exp(-at[0]))), float(np.exp(at[1])))
    a, b = prior.mean * prior.weight + k, (1 - prior.mean) * prior.weight + n - k
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        own = np.where(n > 0, k / np.maximum(n, 1), np.nan)
    return Shrunk(
        value=a / (a + b),
        low=np.asarray(betaincinv(a, b, tail), float),
        high=np.asarray(betaincinv(a, b, 1 - tail), float),
        own=own,
        prior=prior,
        confidence=confidence,
        method="empirical Bayes, beta-binomial",
        citation="Morris (1983), JASA 78, 47-55.",
    )


def gamma_poisson(events: ArrayLike, exposure: ArrayLike, confidence: float = 0.95) -> Shrunk:
    """Return rates of many units, shrunk by a gamma prior fitted to all of them.

    Args:
        events: (units,) counts ≥ 0.
        exposure: (units,) ≥ 0: shifts, stops, or events expected; a unit with none gets the prior itself.
        confidence: 0 < confidence < 1.

    Raises:
        ValueError: numbers out of range.
        Refused: fewer than 5 units with exposure, or no event anywhere.

    Source: Robbins (1956); Clayton and Kaldor (1987), Biometrics 43, 671-681.
    """
    k, e = counts(events, "events"), counts(exposure, "exposure")
    if k.shape != e.shape or k.ndim != 1 or np.any((e == 0) & (k > 0)):
        raise ValueError("events and exposure must be columns of one length, without events where there is no exposure")
    normal_quantile(confidence)
    _enough(e)
    if k.sum() == 0:
        raise Refused("no event was counted anywhere: what the units have in common cannot be fitted")
    unit = e.sum() / k.sum()
    t = e / unit

    def cost(at: Numbers) -> tuple[float, Numbers]:
        mean, weight = np.exp(at[0]), np.exp(at[1])
        shape = mean * weight
        terms = gammaln(shape + k) - gammaln(shape) - xlog1py(shape, t / weight) - xlogy(k, weight + t)
        by_shape = float(np.sum(digamma(shape + k) - digamma(shape) - np.log1p(t / weight))) * shape
        by_weight = float(np.sum((shape * t / weight - k) / (weight + t))) * weight
        return -float(np.sum(terms)), -np.array([by_shape, by_shape + by_weight])

    at = _best(cost, 0.0, np.log(max(t[t > 0].mean(), 1e-3)))
    mean, weight = float(np.exp(at[0])), float(np.exp(at[1]))
    shape, scale = mean * weight + k, weight + t
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(e > 0, k / e, np.nan)
    return Shrunk(
        value=shape / scale / unit,
        low=gammaincinv(shape, tail) / scale / unit,
        high=gammaincinv(shape, 1 - tail) / scale / unit,
        own=own,
        prior=Prior(mean / unit, weight * unit),
        confidence=confidence,
        method="empirical Bayes, gamma-Poisson",
        citation="Clayton and Kaldor (1987), Biometrics 43, 671-681.",
    )


def _enough(sizes: Numbers) -> None:
    if np.sum(sizes > 0) < _FEWEST:
        raise Refused(f"fewer than {_FEWEST} units are too few to learn what they have in common")


def _best(cost: Callable[[Numbers], tuple[float, Numbers]], centre: float, weight: float) -> Numbers:
    """Return the place of the smallest cost; units without any spread drive the prior's weight to its bound."""
    tries = (
        minimize(
            cost,
            np.array([centre, start]),
            method="L-BFGS-B",
            jac=True,
            bounds=[(centre - 10, centre + 10), (-12.0, 12.0)],
            options={"ftol": 1e-12, "gtol": 1e-6, "maxiter": 200, "maxls": 20},
        )
        for start in (weight, weight + 3)
    )
    place: Numbers = min(tries, key=lambda one: float(one.fun)).x
    return place
