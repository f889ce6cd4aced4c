"""Averages of a number."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from openhalo.statistics.estimates import Intervals, Numbers, counts, normal_quantile


def mean(average: ArrayLike, variance: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> Intervals:
    """Return averages with Student's t intervals.

    Args:
        average: arithmetic means.
        variance: sample variances (divisor n − 1), ≥ 0.
        n: how many values each rests on; below 2 there is no interval (NaN).
        confidence: 0 < confidence < 1.

    Raises:
        ValueError: an argument out of its range.

    Source: Student (1908), Biometrika 6, 1-25. The values count as a sample of independent ones; with few and very
    skewed ones the interval is too narrow.

    >>> [x.round(4).item() for x in mean(5.5, 55 / 6, 10)[:3]]
    [5.5, 3.3341, 7.6659]
    """
    normal_quantile(confidence)
    m, s2, size = np.asarray(average, float), counts(variance, "variance"), counts(n, "n")
    with np.errstate(divide="ignore", invalid="ignore"):
        half = stdtrit(np.maximum(size - 1, 1), (1 + confidence) / 2) * np.sqrt(s2 / size)
    half = np.where(size < 2, np.nan, half)
    return Intervals(np.where(size < 1, np.nan, m), m - half, m + half, "Student's t")


def equality(
    average: ArrayLike,
    variance: ArrayLike,
    n: ArrayLike,
    other: ArrayLike,
    other_variance: ArrayLike,
    other_n: ArrayLike,
) -> Numbers:
    """Return two-sided p-values of equal averages, variances not assumed equal; NaN below two values a side.

    Source: Welch (1947), Biometrika 34, 28-35.
    """
    m, m0 = np.asarray(average, float), np.asarray(other, float)
    size, size0 = counts(n, "n"), counts(other_n, "other_n")
    with np.errstate(divide="ignore", invalid="ignore"):
        e, e0 = counts(variance, "variance") / size, counts(other_variance, "other_variance") / size0
        freedom = (e + e0) ** 2 / (e**2 / (size - 1) + e0**2 / (size0 - 1))
        t = np.abs(m - m0) / np.sqrt(e + e0)
        p = 2 * stdtr(freedom, -t)
    p = np.where((e + e0) == 0, np.where(m == m0, 1.0, 0.0), p)
    return np.where((size < 2) | (size0 < 2), np.nan, p)
