"""Shares: how many of those that could, did; and how two shares differ."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from openhalo.statistics.estimates import Intervals, Numbers, normal_quantile

_STEPS = 80
"""Halvings of the bracket: from 120 down to less than one unit in the last place."""


def wilson(successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95) -> Intervals:
    """Return shares with Wilson score intervals.

    Args:
        successes: counts, 0 ≤ successes ≤ trials.
        trials: counts of the same shape; 0 gives NaN.
        confidence: 0 < confidence < 1.

    Raises:
        ValueError: an argument out of its range.

    Source: Wilson (1927), JASA 22, 209-212.

    >>> wilson(5826, 43699).low.round(4).item()
    0.1302
    """
    k, n = _pair(successes, trials)
    z2 = normal_quantile(confidence) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        centre = (k + z2 / 2) / (n + z2)
        half = np.sqrt(z2) * np.sqrt(share * (1 - share) * n + z2 / 4) / (n + z2)
        low = np.where(k == 0, 0.0, centre - half)
        high = np.where(k == n, 1.0, centre + half)
    empty = n == 0
    return Intervals(share, np.where(empty, np.nan, low), np.where(empty, np.nan, high), "Wilson score")


def difference(
    successes: ArrayLike,
    trials: ArrayLike,
    other_successes: ArrayLike,
    other_trials: ArrayLike,
    confidence: float = 0.95,
) -> Intervals:
    """Return the first share minus the other, with Newcombe's interval (made of two Wilson intervals).

    Arguments as in `wilson`; a side with 0 trials gives NaN.

    Source: Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    >>> difference(56, 70, 48, 80).low.round(4).item(), difference(56, 70, 48, 80).high.round(4).item()
    (0.0524, 0.3339)
    """
    one, two = wilson(successes, trials, confidence), wilson(other_successes, other_trials, confidence)
    value = one.value - two.value
    low = value - np.hypot(one.value - one.low, two.high - two.value)
    high = value + np.hypot(one.high - one.value, two.value - two.low)
    return Intervals(value, low, high, "Newcombe hybrid score")


def ratio(
    successes: ArrayLike,
    trials: ArrayLike,
    other_successes: ArrayLike,
    other_trials: ArrayLike,
    confidence: float = 0.95,
) -> Intervals:
    """Return the first share divided by the other, with Koopman's score interval.

    Arguments as in `wilson`. NaN where a side has no trials, or the other share is 0: the ratio has no finite
    estimate then.

    Source: Koopman (1984), Biometrics 40, 513-517.

    >>> [x.round(2).item() for x in ratio(36, 40, 16, 80)[:3]]
    [4.5, 2.94, 7.15]
    """
    k, n = _pair(successes, trials)
    k0, n0 = _pair(other_successes, other_trials)
    k, n, k0, n0 = np.broadcast_arrays(k, n, k0, n0)
    z = normal_quantile(confidence)
    refused = (n == 0) | (n0 == 0) | (k0 == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (k / n) / (k0 / n0)
        low = np.where(k == 0, 0.0, np.exp(_solve(k, n, k0, n0, z)))
        high = np.exp(_solve(k, n, k0, n0, -z))
    value, low, high = (np.where(refused, np.nan, part) for part in (value, low, high))
    return Intervals(value, low, high, "Koopman score")


def equality(successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike) -> Numbers:
    """Return two-sided p-values of equal shares (pooled score test, the chi-squared test without correction).

    Arguments as in `wilson`; NaN where a side has no trials, 1 where nobody or everybody did.

    Source: Pearson (1900); Wilson score test of a 2 × 2 table.
    """
    k, n = _pair(successes, trials)
    k0, n0 = _pair(other_successes, other_trials)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (k + k0) / (n + n0)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n0))
        z = np.where(error == 0, 0.0, (k / n - k0 / n0) / error)
    p: Numbers = np.where((n == 0) | (n0 == 0), np.nan, 2 * ndtr(-np.abs(z)))
    return p


def _solve(k: Numbers, n: Numbers, k0: Numbers, n0: Numbers, target: float) -> Numbers:
    """Return the log ratio at which the score statistic, which falls as the ratio rises, meets the target."""
    below, above = np.full(k.shape, -60.0), np.full(k.shape, 60.0)
    for _ in range(_STEPS):
        middle = (below + above) / 2
        higher = _score(np.exp(middle), k, n, k0, n0) > target
        below, above = np.where(higher, middle, below), np.where(higher, above, middle)
    found: Numbers = (below + above) / 2
    return found


def _score(ratio: Numbers, k: Numbers, n: Numbers, k0: Numbers, n0: Numbers) -> Numbers:
    """Return the score statistic of a ratio, at the likeliest pair of shares that has this ratio."""
    a, b, c = (n + n0) * ratio, n * ratio + k + n0 + k0 * ratio, k + k0
    other = np.minimum(2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0.0))), np.minimum(1.0, 1 / ratio))
    share = ratio * other
    error = np.sqrt(share * np.maximum(1 - share, 0.0) / n + ratio**2 * other * (1 - other) / n0)
    gap = k / n - ratio * k0 / n0
    found: Numbers = np.where(error > 0, gap / error, np.sign(gap) * np.inf)
    return found


def _pair(successes: ArrayLike, trials: ArrayLike) -> tuple[Numbers, Numbers]:
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    if np.any(k < 0) or np.any(k > n):
        raise ValueError("successes must lie between 0 and trials")
    return k, n
