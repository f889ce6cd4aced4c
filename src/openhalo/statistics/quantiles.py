"""Medians of numbers that many records share, such as days."""

import numpy as np
from numpy.typing import ArrayLike

from openhalo.statistics.estimates import Intervals, counts, normal_quantile

METHOD = "order statistics (binomial)"


def median(values: ArrayLike, times: ArrayLike, confidence: float = 0.95) -> Intervals:
    """Return the median of values that each occur so many times, with a distribution-free interval.

    Args:
        values: (kinds,) distinct values, in any order.
        times: (kinds,) how often each occurs, ≥ 0.
        confidence: 0 < confidence < 1.

    Returns:
        Arrays of shape (1,): NaN without values; no interval below 6 values at 95 %.

    Raises:
        ValueError: a negative count, or confidence out of its range.

    Source: Conover (1999), Practical Nonparametric Statistics, 3rd ed., section 3.2: the interval runs between two
    order statistics whose ranks the binomial distribution gives, whatever the values' distribution; it keeps at least
    its confidence for independent values.

    >>> [float(part[0]) for part in median(range(1, 11), [1] * 10)[:3]]
    [5.5, 2.0, 9.0]
    """
    from scipy.stats import binom  # slow to import, and few measures are medians

    normal_quantile(confidence)
    order = np.argsort(np.asarray(values, float), kind="stable")
    held = np.asarray(values, float)[order]
    upto = np.cumsum(counts(times, "times")[order])
    n = int(upto[-1]) if upto.size else 0

    def ranked(rank: int) -> float:
        """Return the value of a rank, counted from 1."""
        return float(held[np.searchsorted(upto, rank)]) if 1 <= rank <= n else np.nan

    middle = (ranked((n + 1) // 2) + ranked(n // 2 + 1)) / 2 if n else np.nan
    rank = int(binom.ppf((1 - confidence) / 2, n, 0.5)) if n else 0
    low, high = (ranked(rank), ranked(n - rank + 1)) if rank else (np.nan, np.nan)
    return Intervals(np.array([middle]), np.array([low]), np.array([high]), METHOD)
