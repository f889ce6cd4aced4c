"""What every estimate carries, and the checks that all share."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Numbers = NDArray[np.float64]


class Intervals(NamedTuple):
    """Estimates with the ends of their intervals: float arrays of one shape, NaN where there is no estimate."""

    value: Numbers
    low: Numbers
    high: Numbers
    method: str


def normal_quantile(confidence: float) -> float:
    """Return z such that a standard normal lies within ±z with this probability.

    Raises:
        ValueError: confidence does not lie between 0 and 1.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1; got {confidence}")
    return float(ndtri((1 + confidence) / 2))


def counts(values: ArrayLike, name: str) -> Numbers:
    """Return counts as floats.

    Raises:
        ValueError: one of them is negative.
    """
    found = np.asarray(values, float)
    if np.any(found < 0):
        raise ValueError(f"{name} must not be negative")
    return found


def holm(p: ArrayLike) -> Numbers:
    """Return p-values adjusted for how many comparisons were made, in the order given.

    Rejecting those below α keeps the chance of any false rejection below α, whatever the dependence.

    Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    found = np.asarray(p, float)
    order = np.argsort(found)
    steps = np.maximum.accumulate(found[order] * np.arange(found.size, 0, -1))
    adjusted = np.empty_like(found)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted
