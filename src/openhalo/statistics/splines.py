"""Natural cubic splines, the same numbers as R's `ns()`."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BSpline

from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused


def natural_spline(values: ArrayLike, df: int, counts: ArrayLike | None = None) -> Numbers:
    """Return the basis of a natural cubic spline without intercept.

    Args:
        values: where to evaluate it, one a row of the answer.
        df: number of columns, 1 to 12. Inner knots are the quantiles of type 7 (Hyndman and Fan) of all the values,
            repeated ones included; outer knots the smallest and largest value.
        counts: how often each value occurs, if they are distinct ones of a longer column; the knots are those of
            the long column.

    Returns:
        (len(values), df) matrix. Its columns are those of R, not merely their span.

    Raises:
        ValueError: df out of range.
        Refused: fewer distinct values than columns + 1.

    Source: Hastie (1992), in Statistical Models in S, chapter 7; de Boor (1978), A Practical Guide to Splines.
    """
    if not 1 <= df <= 12:
        raise ValueError(f"df must lie between 1 and 12; got {df}")
    x = np.asarray(values, float)
    if len(np.unique(x)) <= df:
        raise Refused(f"fewer than {df + 1} different times are too few for a curve with {df} degrees of freedom")
    inner = _quantiles(x, np.ones(len(x)) if counts is None else np.asarray(counts, float), np.arange(1, df) / df)
    low, high = x.min(), x.max()
    knots = np.concatenate([[low] * 4, inner, [high] * 4])
    basis = BSpline.design_matrix(x, knots, 3).toarray()[:, 1:]
    # A natural spline is straight beyond its outer knots: its second derivative is 0 there.
    curve = BSpline(knots, np.eye(len(knots) - 4), 3).derivative(2)
    bends = np.stack([curve(low), curve(high)])[:, 1:]
    turn = np.linalg.qr(bends.T, mode="complete")[0]
    found: Numbers = (basis @ turn)[:, 2:]
    return found


def _quantiles(x: Numbers, counts: Numbers, shares: Numbers) -> Numbers:
    """Return quantiles of type 7 of values that occur `counts` times."""
    order = np.argsort(x, kind="stable")
    ends = np.cumsum(counts[order])
    place = (ends[-1] - 1) * shares
    below = np.floor(place + 4 * np.finfo(float).eps)
    first = x[order][np.searchsorted(ends, below, side="right")]
    second = x[order][np.searchsorted(ends, np.minimum(below + 1, ends[-1] - 1), side="right")]
    found: Numbers = first + (place - below) * (second - first)
    return found
