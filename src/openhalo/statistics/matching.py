"""What became of those who were helped, against equals who were not: an exact match that undoes regression to the mean.

Who is chosen for a high count falls afterwards without any help, because part of a high count is chance. Equals with
the same count fall as much, so the difference to them is what help can have done.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from openhalo.statistics.estimates import normal_quantile
from openhalo.statistics.results import Assumption, Refused, Result

FEWEST = 20
"""Helped units with equals below which nothing is said."""
_FEWEST_EQUALS = 5
"""Equals that a stratum needs."""


class Side(NamedTuple):
    """Units on one side: the stratum of each, which unit it is, and its events in a span before and one after."""

    stratum: ArrayLike
    unit: ArrayLike
    before: ArrayLike
    after: ArrayLike


@dataclass(frozen=True, kw_only=True)
class MatchedEffect(Result):
    """Events after help, less those of equals without it, per unit.

    Attributes:
        before, after: average events of the helped; equals_before, equals_after: of their equals, weighted like them.
        naive, naive_low, naive_high: the change of the helped alone, which regression to the mean makes look like help.
        equals: different units that served as equals; unmatched: helped units without enough equals, left out.
    """

    before: float
    after: float
    equals_before: float
    equals_after: float
    naive: float
    naive_low: float
    naive_high: float
    equals: int
    unmatched: int


def matched_effect(helped: Side, others: Side, confidence: float = 0.95) -> MatchedEffect:
    """Return the average effect on those helped, against others of the same stratum.

    Args:
        helped: each unit once, at the day on which help began.
        others: units that were not helped, once for each day on which they could be an equal.
        confidence: 0 < confidence < 1.

    Raises:
        Refused: fewer than 20 helped units have at least 5 equals each.
        ValueError: confidence out of its range.

    The variance takes the spread of equals for both sides, and an equal who serves in several strata as wholly
    dependent, so the interval is rather too wide than too narrow.

    Source: subclassification, Cochran (1968), Biometrics 24, 295-313; variance with reused equals, Abadie and Imbens
    (2006), Econometrica 74, 235-267; regression to the mean, Davis (1976), Am. J. Epidemiology 104, 493-498.
    """
    normal_quantile(confidence)
    codes, place = np.unique(
        np.concatenate([np.asarray(helped.stratum), np.asarray(others.stratum)]), return_inverse=True
    )
    mine, theirs = place[: len(np.asarray(helped.stratum))], place[len(np.asarray(helped.stratum)) :]
    size = np.bincount(theirs, minlength=len(codes))
    names, unit = np.unique(np.asarray(others.unit), return_inverse=True)
    people = np.bincount(np.unique(theirs * len(names) + unit) // len(names), minlength=len(codes))
    usable = people >= _FEWEST_EQUALS
    kept = usable[mine]
    n = int(kept.sum())
    if n < FEWEST:
        raise Refused("fewer than 20 of those who were helped have five equals who were not")
    before, after = (np.asarray(part, float)[kept] for part in (helped.before, helped.after))
    mean, variance = _moments(theirs, others.after, size)
    mean_before, _spread = _moments(theirs, others.before, size)
    weight = np.bincount(mine[kept], minlength=len(codes))
    expected = mean[mine[kept]]
    estimate = float((after - expected).mean())
    share = np.divide(weight * np.sqrt(variance), size, out=np.zeros(len(codes)), where=usable)
    borne = np.bincount(unit, share[theirs])
    error = math.sqrt(float(variance[mine[kept]].sum() + (borne**2).sum())) / n
    reach = float(stdtrit(n - 1, (1 + confidence) / 2))
    change = after - before
    naive, naive_error = float(change.mean()), float(change.std(ddof=1) / math.sqrt(n))
    return MatchedEffect(
        what="The difference to equals who were not helped",
        n=n,
        unit="units helped",
        estimate=estimate,
        low=estimate - reach * error,
        high=estimate + reach * error,
        confidence=confidence,
        method="exact match by stratum, difference of averages",
        neutral=0.0,
        p=float(2 * stdtr(n - 1, -abs(estimate) / error)) if error > 0 else math.nan,
        assumptions=(
            Assumption("equals are equal in all that decided who was helped", "not testable"),
            Assumption("those helped have equals who were not", "met" if n == len(kept) else "not met"),
        ),
        citation="Cochran (1968), Biometrics 24, 295-313; Abadie and Imbens (2006), Econometrica 74, 235-267.",
        above="Those helped had more events than equals: nothing shows that it helped.",
        below="Those helped had fewer events than equals.",
        limit="Equals are equal in what the records hold. What the records do not hold can still differ.",
        before=float(before.mean()),
        after=float(after.mean()),
        equals_before=float(mean_before[mine[kept]].mean()),
        equals_after=float(expected.mean()),
        naive=naive,
        naive_low=naive - reach * naive_error,
        naive_high=naive + reach * naive_error,
        equals=len(np.unique(unit[weight[theirs] * usable[theirs] > 0])),
        unmatched=len(kept) - n,
    )


def _moments(
    stratum: NDArray[np.int64], values: ArrayLike, size: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return average and sample variance of each stratum; the variance of fewer than two is 0."""
    numbers = np.asarray(values, float)
    mean = np.bincount(stratum, numbers, len(size)) / np.maximum(size, 1)
    apart = np.bincount(stratum, (numbers - mean[stratum]) ** 2, len(size))
    return mean, apart / np.maximum(size - 1, 1)
