"""Rates: how many events for how much exposure; and how two rates compare."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincc, betaincinv, gammaincinv

from openhalo.statistics.estimates import Intervals, Numbers, counts, normal_quantile


def rate(events: ArrayLike, exposure: ArrayLike = 1.0, cv: ArrayLike = 0.0, confidence: float = 0.95) -> Intervals:
    """Return events per unit of exposure with exact Poisson intervals.

    Args:
        events: counts ≥ 0.
        exposure: what they are counted against, > 0; 0 or NaN gives NaN. 1 leaves a plain count.
        cv: standard error of the exposure divided by the exposure, where it is an estimate. The interval is then
            widened on the log scale: variances of numerator and denominator add up there, so it is never narrower
            than the exact one.
        confidence: 0 < confidence < 1.

    Raises:
        ValueError: an argument out of its range.

    Source: Garwood (1936), Biometrika 28, 437-442; for the sum of the two, Zou and Donner (2008), Statistics in
    Medicine 27, 1693-1702.

    >>> [x.round(8).item() for x in rate(137, 24.19893)[1:3]]
    [4.7531248, 6.69270933]
    """
    k, t = counts(events, "events"), counts(exposure, "exposure")
    z, tail = normal_quantile(confidence), (1 - confidence) / 2
    t = np.where(t == 0, np.nan, t)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(k == 0, 0.0, gammaincinv(np.maximum(k, 1), tail)) / t
        high = gammaincinv(k + 1, 1 - tail) / t
    return _widen(k / t, low, high, z * counts(cv, "cv"), "Garwood exact Poisson")


def ratio(
    events: ArrayLike,
    exposure: ArrayLike,
    other_events: ArrayLike,
    other_exposure: ArrayLike,
    cv: ArrayLike = 0.0,
    other_cv: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> Intervals:
    """Return the first rate divided by the other, with the exact conditional interval.

    Given the sum of both counts, the first is binomial; Clopper and Pearson's interval of its share turns into one
    of the ratio. Arguments as in `rate`. NaN where an exposure is 0 or the other rate has no event.

    Source: Przyborowski and Wilenski (1940), Biometrika 31, 313-323; Clopper and Pearson (1934).

    >>> [x.round(8).item() for x in ratio(11, 800, 21, 3011)[:3]]
    [1.9714881, 0.8584264, 4.27726594]
    """
    a, b = counts(events, "events"), counts(other_events, "other_events")
    t, t0 = counts(exposure, "exposure"), counts(other_exposure, "other_exposure")
    z, tail = normal_quantile(confidence), (1 - confidence) / 2
    refused = (t == 0) | (t0 == 0) | (b == 0) | np.isnan(t) | np.isnan(t0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = t0 / t
        value = a / b * scale
        p_low = np.where(a == 0, 0.0, betaincinv(np.maximum(a, 1), b + 1, tail))
        q_high = betaincinv(np.maximum(b, 1), a + 1, tail)
        low, high = p_low / (1 - p_low) * scale, (1 - q_high) / q_high * scale
    value, low, high = (np.where(refused, np.nan, part) for part in (value, low, high))
    both = np.hypot(counts(cv, "cv"), counts(other_cv, "other_cv"))
    return _widen(value, low, high, z * both, "exact conditional")


def equality(events: ArrayLike, exposure: ArrayLike, other_events: ArrayLike, other_exposure: ArrayLike) -> Numbers:
    """Return two-sided p-values of equal rates: twice the smaller tail of the conditional binomial.

    Arguments as in `rate`; NaN where an exposure is 0.

    Source: Przyborowski and Wilenski (1940), Biometrika 31, 313-323.
    """
    a, b = counts(events, "events"), counts(other_events, "other_events")
    t, t0 = counts(exposure, "exposure"), counts(other_exposure, "other_exposure")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = t / (t + t0)
        below = np.where(b == 0, 1.0, betaincc(a + 1, np.maximum(b, 1), share))
        above = np.where(a == 0, 1.0, betainc(np.maximum(a, 1), b + 1, share))
    return np.where((t == 0) | (t0 == 0), np.nan, np.minimum(1.0, 2 * np.minimum(below, above)))


def _widen(value: Numbers, low: Numbers, high: Numbers, error: Numbers, method: str) -> Intervals:
    """Add a normal error on the log scale to an interval; a rate of 0 has no log and takes the full error."""
    if not np.any(error > 0):
        return Intervals(value, low, high, method)
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.where(value == 0, 0.0, value * np.exp(-np.hypot(np.log(value / low), error)))
        up = np.where(value == 0, high * np.exp(error), value * np.exp(np.hypot(np.log(high / value), error)))
    widened = error > 0
    return Intervals(
        value, np.where(widened, down, low), np.where(widened, up, high), f"{method}, with the denominator's error"
    )
