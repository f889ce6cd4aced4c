"""Several questions as one scale: an index from 0 to 100, and whether the answers hang together."""

import numpy as np
from numpy.typing import ArrayLike

from openhalo.language.translation import message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused

LEAST_RELIABLE = 0.7
"""Below this a scale is reported question by question (Nunnally 1978, Psychometric Theory, chapter 7)."""


def index(items: ArrayLike, lowest: float, highest: float, least_answered: int) -> Numbers:
    """Return each person's average over the questions that they answered, from 0 (lowest) to 100 (highest).

    Args:
        items: people × questions, each from `lowest` to `highest` and turned the same way; NaN: not answered.
        lowest, highest: ends of the answers' scale.
        least_answered: a person with fewer answers gets none (NaN).

    Raises:
        ValueError: an answer lies outside the scale.

    >>> index([[1, 5, 5], [3, np.nan, np.nan]], 1, 5, 2).round(1).tolist()
    [66.7, nan]
    """
    given = np.atleast_2d(np.asarray(items, float))
    if np.nanmin(given) < lowest or np.nanmax(given) > highest:
        raise ValueError(f"answers must lie from {lowest} to {highest}")
    answered = (~np.isnan(given)).sum(axis=1)
    sums = np.nansum(given - lowest, axis=1) / (highest - lowest)
    return np.where(answered >= max(least_answered, 1), 100 * sums / np.maximum(answered, 1), np.nan)


def alpha(items: ArrayLike) -> float:
    """Return Cronbach's alpha over people who answered every question; at most 1.

    Raises:
        Refused: fewer than two questions, or fewer than ten people who answered all.

    Source: Cronbach (1951), Psychometrika 16, 297-334. It assumes that every question is as close to the scale as
    any other; `omega` does not.
    """
    cov = _covariance(items)
    k = len(cov)
    return float(k / (k - 1) * (1 - np.trace(cov) / cov.sum()))


def omega(items: ArrayLike, rounds: int = 500) -> float:
    """Return McDonald's omega of one factor: the share of the sum's variance that the questions have in common.

    The factor is fitted by iterated principal axes to the covariances of people who answered every question.

    Raises:
        Refused: fewer than three questions, too few people, or no single factor that fits.

    Source: McDonald (1999), Test Theory, chapter 6.
    """
    cov = _covariance(items)
    if len(cov) < 3:
        raise Refused("omega needs at least three questions")
    own = np.diag(cov) / 2
    for _ in range(rounds):
        reduced = cov.copy()
        np.fill_diagonal(reduced, np.diag(cov) - own)
        values, vectors = np.linalg.eigh(reduced)
        loadings = vectors[:, -1] * np.sqrt(max(values[-1], 0.0))
        before, own = own, np.diag(cov) - loadings**2
        if np.abs(own - before).max() < 1e-10 * np.trace(cov):
            break
    if (own < 0).any():
        raise Refused("no single factor fits these questions")
    common = loadings.sum() ** 2
    return float(common / (common + own.sum()))


def _covariance(items: ArrayLike) -> Numbers:
    given = np.atleast_2d(np.asarray(items, float))
    whole = given[~np.isnan(given).any(axis=1)]
    if given.shape[1] < 2:
        raise Refused("a scale needs at least two questions")
    if len(whole) < 10:
        raise Refused(message("only {n} people answered every question; a scale needs at least ten", n=len(whole)))
    found = np.cov(whole.T)
    if found.sum() <= 0 or (np.diag(found) == 0).any():
        raise Refused("everyone gave the same answer to a question: it tells nothing")
    return np.asarray(found)
