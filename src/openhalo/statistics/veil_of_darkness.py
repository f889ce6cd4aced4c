"""Are drivers of a group stopped less often, among those stopped, once officers can hardly see who drives?"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers, normal_quantile
from openhalo.statistics.regression import fit, informative
from openhalo.statistics.results import Assumption, Refused, Result, whole
from openhalo.statistics.splines import natural_spline

Variant = Literal["rounded", "strict"]

_FEWEST = 100
_CITATION = "Grogger and Ridgeway (2006), JASA 101, 878-887; Pierson et al. (2020), Nature Human Behaviour 4, 736-745."
_LIMIT = mark_for_translation(
    "It compares stops with stops: it cannot see disparity that is the same by day and by night, and street lighting "
    "or cars that tell of their driver hide some of it."
)


@dataclass(frozen=True, kw_only=True)
class VeilOfDarkness(Result):
    """The log odds ratio of darkness: below 0, the group makes up less of the stops in the dark than in daylight.

    Attributes:
        error: standard error of the estimate.
        window: first and last minute since midnight that were compared.
        light, dark: (stops of the group, of the others) in daylight and in darkness.
        raw: log odds ratio without any term for time, place or season, and its standard error.
        left_out: stops outside of the window, in twilight, or in places where all stops are of one group.
    """

    error: float
    window: tuple[float, float]
    light: tuple[int, int]
    dark: tuple[int, int]
    raw: tuple[float, float]
    left_out: int


def raw_log_odds(light: tuple[float, float], dark: tuple[float, float]) -> tuple[float, float]:
    """Return the log odds ratio of a 2 × 2 table, dark against light, and its standard error.

    Args:
        light, dark: (stops of the group, of the others), each > 0.

    Raises:
        Refused: a cell is empty.

    >>> [round(x, 4) for x in raw_log_odds((1029, 2038), (766, 1414))]
    [0.0704, 0.059]
    """
    cells = np.array([*light, *dark], float)
    if np.any(cells <= 0):
        raise Refused("one of the two groups was never stopped in light or never in darkness")
    return float(np.log(dark[0] / dark[1]) - np.log(light[0] / light[1])), float(np.sqrt(np.sum(1 / cells)))


def veil_of_darkness(
    minute: ArrayLike,
    sunset: ArrayLike,
    dusk: ArrayLike,
    in_group: ArrayLike,
    *,
    place: ArrayLike | None = None,
    season: ArrayLike | None = None,
    variant: Variant = "rounded",
    df: int = 6,
    confidence: float = 0.95,
) -> VeilOfDarkness:
    """Return how darkness changes the group's share of the stops, at the same time on the clock.

    Args:
        minute: time of each stop, minutes since local midnight.
        sunset, dusk: of the stop's date and place, in the same unit (see `sun.evening`); NaN leaves the stop out.
        in_group: true for the group asked about; only stops of it and of those it is compared with may be given.
        place, season: codes ≥ 0 of what is held equal besides the time (whole numbers, small ones).
        variant: "rounded" – a stop at dusk counts as dark, all from sunset to dusk are dropped, and times are rounded
            to five minutes in the curve, as in the national analyses; "strict" – only after dusk is dark, only
            strictly between the two is dropped, times stay as they are, as in the published tutorial.
        df: degrees of freedom of the curve over time.
        confidence: 0 < confidence < 1.

    Returns:
        The estimate is a log odds ratio. The inter-twilight window runs from the earliest to the latest dusk given.

    Raises:
        ValueError: arguments of different lengths or out of range.
        Refused: fewer than 100 comparable stops, an empty side, separation, or no convergence.

    For the test around clock changes give only the stops of `sun.clock_changes`, with a season for each change.

    Source: Grogger and Ridgeway (2006); for the two variants, the Stanford Open Policing Project.
    """
    cells = _cells(minute, sunset, dusk, in_group, place, season, variant)
    total = cells.n.sum()
    if total < _FEWEST:
        text = mark_for_translation("{n} stops at times that are light on some days and dark on others are too few")
        raise Refused(message(text, n=f"{total:.0f}"))
    dark, light = cells.totals(1), cells.totals(0)
    raw = raw_log_odds(light, dark)
    absorb = None
    kept = np.ones(len(cells.n), bool)
    if place is not None:
        kept = informative(cells.place, cells.k, cells.n)
        absorb = cells.place[kept]
    k, n = cells.k[kept], cells.n[kept]
    spread, at = np.unique(cells.minute, return_inverse=True)
    # Knots come from every stop in the window, so that they do not move with what a place happens to hold.
    curve = natural_spline(spread, df, np.bincount(at, cells.n))[at]
    columns = [cells.dark, *curve.T, *_dummies(cells.season[kept], cells.season)]
    if absorb is None:
        columns.insert(1, np.ones(len(cells.n)))
    found = fit(np.column_stack([c[kept] for c in columns]), k, "binomial", trials=n, absorb=absorb)
    estimate, error = float(found.coefficients[0]), float(found.errors[0])
    half = normal_quantile(confidence) * error
    lost = total - n.sum()
    return VeilOfDarkness(
        what="The log odds ratio of darkness",
        n=whole(n.sum()),
        unit="stops at times that are light on some days and dark on others",
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        confidence=confidence,
        method=_describe(variant, df, place is not None, season is not None),
        assumptions=_assumptions(lost, total),
        citation=_CITATION,
        limit=_LIMIT,
        p=math.erfc(abs(estimate) / error / math.sqrt(2)),
        neutral=0.0,
        above="The group makes up more of the stops in darkness than at the same clock time in daylight.",
        below="The group makes up less of the stops in darkness than at the same clock time in daylight.",
        error=error,
        window=cells.window,
        light=(whole(light[0]), whole(light[1])),
        dark=(whole(dark[0]), whole(dark[1])),
        raw=raw,
        left_out=cells.given - whole(n.sum()),
    )


@dataclass(frozen=True)
class _Cells:
    minute: Numbers
    dark: Numbers
    place: NDArray[np.int64]
    season: NDArray[np.int64]
    k: Numbers
    n: Numbers
    window: tuple[float, float]
    given: int

    def totals(self, dark: int) -> tuple[float, float]:
        """Return stops of the group and of the others, in daylight or in darkness."""
        side = self.dark == dark
        hits = float(self.k[side].sum())
        return hits, float(self.n[side].sum()) - hits


def _cells(
    minute: ArrayLike,
    sunset: ArrayLike,
    dusk: ArrayLike,
    in_group: ArrayLike,
    place: ArrayLike | None,
    season: ArrayLike | None,
    variant: Variant,
) -> _Cells:
    """Count stops by time, darkness, place and season: the model needs no single stop."""
    at, down, dark_from = np.asarray(minute), np.asarray(sunset, float), np.asarray(dusk, float)
    group = np.asarray(in_group, bool)
    if variant not in ("rounded", "strict"):
        raise ValueError(f"variant must be 'rounded' or 'strict'; got {variant!r}")
    if not len(at) == len(down) == len(dark_from) == len(group):
        raise ValueError("minute, sunset, dusk and in_group must have the same length")
    if not len(at) or not np.any(np.isfinite(dark_from)):
        raise Refused("no stop has a date and a place with a dusk")
    first, last = float(np.nanmin(dark_from)), float(np.nanmax(dark_from))
    is_dark = at >= dark_from if variant == "rounded" else at > dark_from
    twilight = (at >= down) & (at <= dark_from) if variant == "rounded" else (at > down) & (at < dark_from)
    kept = np.flatnonzero((at >= first) & (at <= last) & ~twilight & np.isfinite(down) & np.isfinite(dark_from))
    time = at[kept]
    clock, time_code = _codes(5 * np.round(time / 5) if variant == "rounded" else time)
    places, seasons = _given(place, kept, len(at), "place"), _given(season, kept, len(at), "season")
    wide, deep = int(places.max(initial=0)) + 1, int(seasons.max(initial=0)) + 1
    code = ((time_code * wide + places) * deep + seasons) * 2 + is_dark[kept]
    size = len(clock) * wide * deep * 2
    if size <= max(4 * len(at), 1_000_000):
        n, k = np.bincount(code, minlength=size), np.bincount(code[group[kept]], minlength=size)
        cell = np.flatnonzero(n)
        n, k = n[cell], k[cell]
    else:
        cell, spot = np.unique(code, return_inverse=True)
        n, k = np.bincount(spot), np.bincount(spot[group[kept]], minlength=len(cell))
    rest = cell // 2
    return _Cells(
        minute=clock[rest // deep // wide],
        dark=(cell % 2).astype(float),
        place=rest // deep % wide,
        season=rest % deep,
        k=k.astype(float),
        n=n.astype(float),
        window=(first, last),
        given=len(at),
    )


def _codes(time: NDArray[np.generic]) -> tuple[Numbers, NDArray[np.int64]]:
    """Return the distinct times and each stop's code among them; whole minutes need no sort."""
    whole_minutes = time.astype(np.int64)
    if len(time) and np.array_equal(whole_minutes, time):
        start = whole_minutes.min()
        seen = np.bincount(whole_minutes - start)
        code = np.cumsum(seen > 0) - 1
        return (np.flatnonzero(seen) + start).astype(float), code[whole_minutes - start]
    values, found = np.unique(time, return_inverse=True)
    return values.astype(float), found


def _given(codes: ArrayLike | None, kept: NDArray[np.int64], length: int, name: str) -> NDArray[np.int64]:
    if codes is None:
        return np.zeros(len(kept), np.int64)
    found = np.asarray(codes)
    if len(found) != length or not np.issubdtype(found.dtype, np.integer) or (length and found.min() < 0):
        raise ValueError(f"{name} must hold a whole number ≥ 0 for each stop")
    return found[kept].astype(np.int64)


def _dummies(present: NDArray[np.int64], codes: NDArray[np.int64]) -> list[Numbers]:
    return [(codes == level).astype(float) for level in np.unique(present)[1:]]


def _describe(variant: Variant, df: int, place: bool, season: bool) -> str:
    texts = {
        (False, False): mark_for_translation(
            "binomial regression, natural spline of the time with {df} degrees of freedom, {times}"
        ),
        (True, False): mark_for_translation(
            "binomial regression, natural spline of the time with {df} degrees of freedom, place held equal, {times}"
        ),
        (False, True): mark_for_translation(
            "binomial regression, natural spline of the time with {df} degrees of freedom, season held equal, {times}"
        ),
        (True, True): mark_for_translation(
            "binomial regression, natural spline of the time with {df} degrees of freedom, place and season held "
            "equal, {times}"
        ),
    }
    times = {"rounded": mark_for_translation("rounded times"), "strict": mark_for_translation("strict times")}
    return message(texts[place, season], df=df, times=times[variant])


def _assumptions(lost: float, total: float) -> tuple[Assumption, ...]:
    return (
        Assumption("at the same clock time the mix of drivers does not change with the season", "not testable"),
        Assumption("officers see who drives less well in darkness", "not testable"),
        Assumption(
            "stops in places where all are of one group are few (under 5 %)",
            "met" if lost < 0.05 * total else "not met",
        ),
    )
