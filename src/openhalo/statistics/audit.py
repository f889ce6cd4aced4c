"""What the way of recording can feign: gaps, drift, heaps, spikes, new codes, recording that depends on the outcome.

These are audits: they say where to look before any figure or test is believed. None is a test of conduct."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from openhalo.statistics.estimates import Numbers, counts
from openhalo.statistics.proportions import difference
from openhalo.statistics.recording import TOLERANCE
from openhalo.statistics.results import Refused

_FEWEST_MONTHS = 3


class Shift(NamedTuple):
    """The largest lasting change of a monthly share: before and after position `at`, which opens the later part."""

    at: int
    before: float
    after: float
    sure: bool
    """Whether it is larger than the tolerance beyond chance, with all positions tried."""


def thin_months(known: ArrayLike, total: ArrayLike, least: float = 0.5) -> list[int]:
    """Return the positions of months in which less than this share of the records says the field.

    Source: the Stanford Open Policing project leaves such months out (lib/eligibility.R).
    """
    k, n = counts(known, "known"), counts(total, "total")
    return [int(place) for place in np.flatnonzero((n > 0) & (k < least * n))]


def largest_shift(known: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> Shift | None:
    """Return where a monthly share changed most, with three months or more on each side; None with too few months.

    Args:
        known: (months,) records that say the field, or have a code.
        total: (months,) all records.
        confidence: of the verdict, shared out over all positions tried (Bonferroni).
    """
    k, n = counts(known, "known"), counts(total, "total")
    places = range(_FEWEST_MONTHS, len(k) - _FEWEST_MONTHS + 1)
    sums = [(k[:at].sum(), n[:at].sum(), k[at:].sum(), n[at:].sum()) for at in places]
    usable = [(at, *one) for at, one in zip(places, sums, strict=True) if one[1] > 0 and one[3] > 0]
    if not usable:
        return None
    at, k0, n0, k1, n1 = max(usable, key=lambda one: abs(one[1] / one[2] - one[3] / one[4]))
    gap = difference(k1, n1, k0, n0, 1 - (1 - confidence) / len(usable))
    sure = float(gap.low) > TOLERANCE or float(gap.high) < -TOLERANCE
    return Shift(at, float(k0 / n0), float(k1 / n1), sure)


def heaping(minutes: ArrayLike) -> tuple[float, float]:
    """Return how many times as many records as expected lie on full and half hours, and z of that excess.

    Args:
        minutes: (60,) records by minute past the hour.

    Raises:
        Refused: no record at all.

    >>> heaping([40] + [10] * 29 + [40] + [10] * 29)[0].__round__(2)
    3.64
    """
    n = counts(minutes, "minutes")
    if n.shape != (60,):
        raise ValueError("minutes must hold 60 counts")
    if n.sum() == 0:
        raise Refused("no record has a time of day")
    share, expected = float((n[0] + n[30]) / n.sum()), 1 / 30
    return share / expected, (share - expected) / float(np.sqrt(expected * (1 - expected) / n.sum()))


def spikes(events: ArrayLike, chance: float = 0.01) -> list[int]:
    """Return the positions of periods with far more records than the others: beyond chance and usual scatter.

    Args:
        events: (periods,) counts, in order.
        chance: that any of the periods is called out although all are alike.

    The scatter, on the scale of square roots, is the larger of Poisson's and 1.4826 times the median absolute
    deviation.

    Source: Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers.
    """
    n = counts(events, "events")
    if len(n) < 2 * _FEWEST_MONTHS:
        return []
    root = 2 * np.sqrt(n)
    away = root - np.median(root)
    scatter = max(1.0, 1.4826 * float(np.median(np.abs(away))))
    return [int(place) for place in np.flatnonzero(away > float(ndtri(1 - chance / len(n))) * scatter)]


def new_or_gone(shares: Numbers, small: float = 0.001, large: float = 0.02) -> list[tuple[int, int]]:
    """Return codes that appear or vanish: (code, month from which on), with three months or more on each side.

    Args:
        shares: (codes, months) share of the month's records with each code.
        small: average share that counts as absent.
        large: average share that counts as present.
    """
    found = []
    months = shares.shape[1]
    for code, row in enumerate(shares):
        best: tuple[float, int] | None = None
        for at in range(_FEWEST_MONTHS, months - _FEWEST_MONTHS + 1):
            low, high = sorted((float(row[:at].mean()), float(row[at:].mean())))
            if low < small and high > large and (best is None or high - low > best[0]):
                best = (high - low, at)
        if best is not None:
            found.append((code, best[1]))
    return found
