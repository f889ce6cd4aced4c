"""How much of what is counted the few hold who have the most of it."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit

from openhalo.statistics.estimates import Intervals, Numbers, counts, normal_quantile

METHOD = "Lorenz ordinate (influence function, logit)"


def top_share(held: ArrayLike, holders: ArrayLike, top: float = 0.1, confidence: float = 0.95) -> Intervals:
    """Return the share of everything that is held by the top part of the holders.

    Where several holders at the border have the same, as much of them counts as is needed for the part, so no holder
    is picked by chance.

    Args:
        held: (kinds,) how much a holder has, > 0.
        holders: (kinds,) how many holders have that much, ≥ 0.
        top: which part of the holders, 0 < top < 1.
        confidence: 0 < confidence < 1.

    Returns:
        Arrays of shape (1,): NaN without holders; no interval with fewer than 2, or where all have the same.

    Raises:
        ValueError: an argument out of its range.

    Source: Beach and Davidson (1983), Review of Economic Studies 50, 723-735 (the share is one ordinate of a Lorenz
    curve; its variance is distribution-free). The holders count as a sample of independent ones; with few, or a few who
    have nearly all, the interval is too narrow.

    >>> [x.round(4).item() for x in top_share([1, 2, 5, 20], [50, 30, 15, 5])[:3]]
    [0.4386, 0.3293, 0.5542]
    """
    z = normal_quantile(confidence)
    if not 0 < top < 1:
        raise ValueError(f"top must lie between 0 and 1; got {top}")
    amount, many = np.asarray(held, float), counts(holders, "holders")
    if np.any(amount <= 0):
        raise ValueError("held must be above 0")
    n = many.sum()
    if n == 0:
        return Intervals(np.array([np.nan]), np.array([np.nan]), np.array([np.nan]), METHOD)
    mean = float(amount @ many / n)
    border = _border(amount, many, top)
    above = np.maximum(amount - border, 0)
    share = float(above @ many / n + border * top) / mean
    influence = (above + border * top - share * amount) / mean
    spread = float(influence**2 @ many) / n
    error = np.sqrt(spread / (n - 1)) if n > 1 and spread > 1e-18 and share < 1 else np.nan
    ends = expit(logit(share) + np.array([-z, z]) * error / (share * (1 - share))) if share < 1 else [np.nan, np.nan]
    return Intervals(np.array([share]), np.array([ends[0]]), np.array([ends[1]]), METHOD)


def by_chance(mean: float, top: float = 0.1) -> float:
    """Return the share that the top part would hold if all holders were alike and only chance told them apart.

    Among holders who have at least one, alike holders have a Poisson number above zero. It is what a share is to be
    compared with: some always have more than others.

    Args:
        mean: how much a holder has on average, ≥ 1.
        top: which part of the holders, 0 < top < 1.

    Raises:
        ValueError: a mean below 1.

    >>> round(by_chance(1.5), 4)
    0.2167
    """
    if mean < 1:
        raise ValueError(f"every holder has at least 1; got a mean of {mean}")
    if mean < 1 + 1e-9:
        return top
    rate = brentq(lambda x: x / -np.expm1(-x) - mean, 1e-12, mean)
    from scipy.stats import poisson  # slow to import, and few measures are concentrations

    amount = np.arange(1, int(poisson.isf(1e-12, rate)) + 2)
    chance = poisson.pmf(amount, rate) / -np.expm1(-rate)
    border = _border(amount.astype(float), chance, top)
    return float((np.maximum(amount - border, 0) @ chance + border * top) / (amount @ chance))


def _border(amount: Numbers, many: Numbers, top: float) -> float:
    """Return how much the last holder of the top part has."""
    order = np.argsort(-amount)
    beyond = np.cumsum(many[order]) / many.sum()
    return float(amount[order][np.searchsorted(beyond, top - 1e-12)])
