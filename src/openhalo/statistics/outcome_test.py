"""Do searches of one group find something less often than searches of another?"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers, counts, normal_quantile
from openhalo.statistics.proportions import difference, equality, wilson
from openhalo.statistics.recording import refuse_uneven_recording
from openhalo.statistics.results import Assumption, Refused, Result, whole
from openhalo.statistics.shrinkage import Shrunk, beta_binomial

INFRAMARGINALITY = mark_for_translation(
    "Hit rates can differ between groups that are searched by one standard, if the groups differ in how many carry "
    "something beyond doubt (infra-marginality)."
)

_FEWEST = 30
"""Searches of a group below which its hit rate is not compared."""
_CITATION = "Knowles, Persico and Todd (2001), J. Political Economy 109, 203-229; Becker (1957)."


class Unrecorded(NamedTuple):
    """Searches whose group was not recorded: how many found something, how many were made."""

    hits: float
    searches: float


NONE_UNRECORDED = Unrecorded(0, 0)


@dataclass(frozen=True, kw_only=True)
class HitRateGap(Result):
    """Hit rate of a group less that of the reference group, in shares (−1 to 1).

    Attributes:
        group, reference: their names.
        way: "pooled", "within places" or "average of places".
    """

    group: str
    reference: str
    way: str


@dataclass(frozen=True)
class OutcomeTest:
    """Hit rates by group, and how they compare in three ways.

    Attributes:
        groups: names, the reference among them.
        rates, low, high: pooled hit rate of each group with its Wilson interval.
        statistic, freedom, p: Pearson's chi-squared of equal hit rates in all groups (Knowles, Persico and Todd).
        gaps: each other group against the reference, in three ways (fewer where no place holds both).
        by_place: shrunken hit rates of each group's places, in the order of the places; None where a group is
            searched in too few of them.
    """

    groups: tuple[str, ...]
    rates: Numbers
    low: Numbers
    high: Numbers
    statistic: float
    freedom: int
    p: float
    gaps: tuple[HitRateGap, ...]
    by_place: tuple[Shrunk | None, ...]

    def sentence(self) -> str:
        """Return what the whole test shows, and what it cannot."""
        shares = ", ".join(f"{group} {100 * rate:.1f} %" for group, rate in zip(self.groups, self.rates, strict=True))
        verdict = (
            f"Such differences would be rare if all groups' searches found something equally often (p = {self.p:.2g})."
            if self.p < 0.05
            else f"Chance alone could give such differences (p = {self.p:.2g}); that is no proof that there are none."
        )
        return f"Searches that found something: {shares}. {verdict} {INFRAMARGINALITY}"


def outcome_test(
    hits: ArrayLike,
    searches: ArrayLike,
    groups: tuple[str, ...],
    reference: str,
    *,
    discretionary: bool,
    unrecorded: Unrecorded = NONE_UNRECORDED,
    confidence: float = 0.95,
) -> OutcomeTest:
    """Return the outcome test of searches by group and place.

    Args:
        hits: (groups, places) searches that found something; one column if there are no places.
        searches: of the same shape, ≥ hits.
        groups: their names, in the order of the rows.
        reference: the group that the others are compared with.
        discretionary: whether only searches are counted that an officer was free to leave; searches that follow from
            an arrest, a warrant or an impounded car show nothing about whom officers choose.
        unrecorded: searches without a recorded group.
        confidence: 0 < confidence < 1.

    Raises:
        ValueError: shapes or names do not fit.
        Refused: searches are not all discretionary; the group was recorded more or less often where something was
            found, by more than 2 percentage points for sure; a group has fewer than 30 searches; or nothing (or
            always something) was found.

    Source: Knowles, Persico and Todd (2001); Anwar and Fang (2006), American Economic Review 96, 127-151, on its
    limits; within places, Mantel and Haenszel's difference with the variance of Greenland and Robins (1985),
    Biometrics 41, 55-68.
    """
    k, n = np.atleast_2d(counts(hits, "hits")), np.atleast_2d(counts(searches, "searches"))
    if k.shape != n.shape or len(k) != len(groups) or np.any(k > n):
        raise ValueError("hits and searches must be tables of groups by places, with hits at most searches")
    if reference not in groups or len(set(groups)) < len(groups):
        raise ValueError("groups must have different names, one of them the reference")
    normal_quantile(confidence)
    _refuse(k, n, groups, discretionary, unrecorded)
    total_k, total_n = k.sum(axis=1), n.sum(axis=1)
    rates = wilson(total_k, total_n, confidence)
    share = total_k.sum() / total_n.sum()
    statistic = float(np.sum((total_k - total_n * share) ** 2 / (total_n * share * (1 - share))))
    base = groups.index(reference)
    gaps = [
        gap
        for index in range(len(groups))
        if index != base
        for gap in hit_rate_gaps(k[index], n[index], k[base], n[base], groups[index], reference, confidence)
    ]
    return OutcomeTest(
        groups=groups,
        rates=rates.value,
        low=rates.low,
        high=rates.high,
        statistic=statistic,
        freedom=len(groups) - 1,
        p=float(chdtrc(len(groups) - 1, statistic)),
        gaps=tuple(gaps),
        by_place=tuple(_shrunk(a, b, confidence) for a, b in zip(k, n, strict=True)),
    )


def _refuse(k: Numbers, n: Numbers, groups: tuple[str, ...], discretionary: bool, unrecorded: Unrecorded) -> None:
    if not discretionary:
        raise Refused(
            "searches that an officer had to make are among these; what they find says nothing about whom officers "
            "choose to search"
        )
    small = [f"{group} ({made:.0f})" for group, made in zip(groups, n.sum(axis=1), strict=True) if made < _FEWEST]
    if small:
        text = mark_for_translation("fewer than {n} searches are too few to compare: {groups}")
        raise Refused(message(text, n=_FEWEST, groups=", ".join(small)))
    found, missed = k.sum(), (n - k).sum()
    if found == 0 or missed == 0:
        raise Refused("nothing was found in any search, or something in every one: hit rates cannot differ")
    lost, lost_misses = unrecorded.hits, unrecorded.searches - unrecorded.hits
    if lost < 0 or lost_misses < 0:
        raise ValueError("unrecorded hits must lie between 0 and unrecorded searches")
    refuse_uneven_recording(
        (found, found + lost), (missed, missed + lost_misses), mark_for_translation("searches that found something")
    )


def hit_rate_gaps(
    k: Numbers, n: Numbers, k0: Numbers, n0: Numbers, group: str, reference: str, confidence: float = 0.95
) -> list[HitRateGap]:
    """Return the hit rate of a group less that of the reference, in three ways (one where no place holds both).

    Args:
        k, n: (places,) hits and searches of the group.
        k0, n0: of the reference, in the same places.
        group, reference: their names.
        confidence: 0 < confidence < 1.
    """
    z = normal_quantile(confidence)
    ways = [
        _pooled(k, n, k0, n0, confidence),
        _within_places(k, n, k0, n0, z) if len(n) > 1 else None,
        _average_of_places(k, n, k0, n0, z),
    ]
    return [
        HitRateGap(
            what=f"The hit rate of searches of {group} less that of {reference} ({one.way})",
            n=whole(one.searches),
            unit="searches",
            estimate=one.value,
            low=one.low,
            high=one.high,
            confidence=confidence,
            method=one.method,
            assumptions=(
                one.holds,
                Assumption("only searches that officers were free to leave are counted", "met"),
                Assumption("groups do not differ in how many carry something beyond doubt", "not testable"),
            ),
            citation=_CITATION,
            limit=INFRAMARGINALITY,
            p=one.p,
            neutral=0.0,
            above=f"Searches of {group} find something more often than those of {reference}.",
            below=f"Searches of {group} find something less often than those of {reference}.",
            group=group,
            reference=reference,
            way=one.way,
        )
        for one in ways
        if one is not None
    ]


class _Gap(NamedTuple):
    """A difference of hit rates, in one way."""

    way: str
    value: float
    low: float
    high: float
    searches: float
    method: str
    holds: Assumption
    p: float


def _pooled(k: Numbers, n: Numbers, k0: Numbers, n0: Numbers, confidence: float) -> _Gap:
    pooled = difference(k.sum(), n.sum(), k0.sum(), n0.sum(), confidence)
    return _Gap(
        "pooled",
        float(pooled.value),
        float(pooled.low),
        float(pooled.high),
        n.sum() + n0.sum(),
        pooled.method,
        Assumption("groups are searched in the same kinds of places", "not testable"),
        float(equality(k.sum(), n.sum(), k0.sum(), n0.sum())),
    )


def _within_places(k: Numbers, n: Numbers, k0: Numbers, n0: Numbers, z: float) -> _Gap | None:
    """Return the difference within places that hold both groups; None where there is none, or no scatter."""
    both = (n > 0) & (n0 > 0)
    if not both.any():
        return None
    a, m, b, m0 = k[both], n[both], k0[both], n0[both]
    size = m + m0
    weight = m * m0 / size
    value = float(np.sum((a * m0 - b * m) / size) / weight.sum())
    spread = (a * (m - a) * m0**3 + b * (m0 - b) * m**3) / (m * m0 * size**2)
    error = math.sqrt(float(spread.sum())) / float(weight.sum())
    if error <= 0:
        return None
    return _Gap(
        "within places",
        value,
        value - z * error,
        value + z * error,
        size.sum(),
        message("Mantel-Haenszel difference within {n} places", n=int(both.sum())),
        Assumption("the difference is alike in all places, or its average is what matters", "not testable"),
        math.erfc(abs(value) / error / math.sqrt(2)),
    )


def _average_of_places(k: Numbers, n: Numbers, k0: Numbers, n0: Numbers, z: float) -> _Gap | None:
    """Return the plain average over places; None where fewer than two can carry it, or without scatter.

    It counts a place with three searches like one with thousands: only places with ten of both groups can carry it.
    """
    carried = (n >= 10) & (n0 >= 10)
    if carried.sum() < 2:
        return None
    a, m, b, m0 = k[carried], n[carried], k0[carried], n0[carried]
    gap = a / m - b / m0
    error = math.sqrt(float(np.sum(a * (m - a) / m**2 / (m - 1) + b * (m0 - b) / m0**2 / (m0 - 1)))) / len(m)
    value = float(gap.mean())
    if error <= 0:
        return None
    return _Gap(
        "average of places",
        value,
        value - z * error,
        value + z * error,
        (m + m0).sum(),
        message("unweighted mean of {n} places with 10 searches or more of both groups", n=len(m)),
        Assumption("each place counts alike, however few its searches", "met"),
        math.erfc(abs(value) / error / math.sqrt(2)),
    )


def _shrunk(k: Numbers, n: Numbers, confidence: float) -> Shrunk | None:
    try:
        return beta_binomial(k, n, confidence)
    except Refused:
        return None
