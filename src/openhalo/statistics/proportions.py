"""Shares: how many of those that could, did."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri


class Intervals(NamedTuple):
    """Estimates with the ends of their intervals: float arrays of one shape, NaN where there is no estimate."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    method: str


def wilson(successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95) -> Intervals:
    """Return shares with Wilson score intervals.

    Args:
        successes: counts, 0 ≤ successes ≤ trials.
        trials: counts of the same shape; 0 gives NaN.
        confidence: 0 < confidence < 1.

    Source: Wilson (1927), JASA 22, 209-212.

    >>> wilson(5826, 43699).low.round(4).item()
    0.1302
    """
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    _check(k, n, confidence)
    z2 = ndtri((1 + confidence) / 2) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        centre = (k + z2 / 2) / (n + z2)
        half = np.sqrt(z2) * np.sqrt(share * (1 - share) * n + z2 / 4) / (n + z2)
        low = np.where(k == 0, 0.0, centre - half)
        high = np.where(k == n, 1.0, centre + half)
    empty = n == 0
    return Intervals(share, np.where(empty, np.nan, low), np.where(empty, np.nan, high), "Wilson score")


def _check(k: NDArray[np.float64], n: NDArray[np.float64], confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1; got {confidence}")
    if np.any(k < 0) or np.any(k > n):
        raise ValueError("successes must lie between 0 and trials")
