"""How two rates compare where the exact interval does not suffice: small counts, adjustment, estimated benchmarks."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import betainc
from scipy.stats import poisson, t

from openhalo.language.translation import filled, later
from openhalo.statistics.estimates import counts, normal_quantile
from openhalo.statistics.proportions import wilson
from openhalo.statistics.regression import fit
from openhalo.statistics.results import Assumption, Refused, Result, whole

_POISSON = Assumption("events are independent of one another", "not testable")
_EXPOSURE = Assumption("the denominator measures how often each group could have been counted", "not testable")
_LIMIT = later("A difference in rates does not show its cause.")
_SCORE = "Graham, Mayne and Li (2003), J. Clinical Epidemiology 56, 1150-1156."
_MID_P = "Lancaster (1961), JASA 56, 223-234."
_MOST = 20_000


def e_test(events: float, other_events: float, exposure: float = 1.0, other_exposure: float = 1.0) -> float:
    """Return the two-sided p-value of two equal Poisson rates, unconditional: stronger than the exact test.

    Args:
        events, other_events: counts ≥ 0, at most 20,000 in all.
        exposure, other_exposure: what they are counted against, > 0.

    Raises:
        Refused: no event at all, or so many that the score test says the same.

    Source: Krishnamoorthy and Thomson (2004), J. Statistical Planning and Inference 119, 23-35; with the variance
    pooled, as in R's ptools and in statsmodels.

    >>> round(e_test(6, 2), 7)
    0.1748748
    """
    a, b, t1, t0 = _rates(events, other_events, exposure, other_exposure)
    if a + b == 0:
        raise Refused("no event was counted on either side: nothing can be compared")
    if a + b > _MOST:
        raise Refused(filled("the E-test is for small counts; above {n} events use the score interval", n=f"{_MOST:,}"))
    pooled = (a + b) / (t1 + t0)
    seen = abs(a / t1 - b / t0) / math.sqrt(pooled)
    first, second = _support(t1 * pooled), _support(t0 * pooled)
    total = first[:, None] + second[None, :]
    gap = np.abs(first[:, None] / t1 - second[None, :] / t0)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(total > 0, gap / np.sqrt(total / (t1 + t0)), 0.0)
    beyond = statistic >= seen * (1 - 1e-12)
    chances = np.outer(poisson.pmf(first, t1 * pooled), poisson.pmf(second, t0 * pooled))
    return min(1.0, float(chances[beyond].sum())) if seen > 0 else 1.0


def score_ratio(
    events: float, exposure: float, other_events: float, other_exposure: float, confidence: float = 0.95
) -> Result:
    """Return the first rate divided by the other, with the score interval: close to nominal from about 5 events on.

    Args:
        events, other_events: counts ≥ 0.
        exposure, other_exposure: what they are counted against, > 0.
        confidence: 0 < confidence < 1.

    Raises:
        Refused: the other side has no event, so that the ratio has no finite estimate.

    Source: Graham, Mayne and Li (2003), J. Clinical Epidemiology 56, 1150-1156; Wilson's interval of the share of
    events that fell on the first side.
    """
    a, b, t1, t0 = _rates(events, other_events, exposure, other_exposure)
    _both(b)
    share = wilson(a, a + b, confidence)
    z = (a * t0 - b * t1) / math.sqrt((a + b) * t1 * t0)
    p = math.erfc(abs(z) / math.sqrt(2))
    return _ratio(a, b, t1, t0, float(share.low), float(share.high), confidence, p, "score", _SCORE)


def mid_p_ratio(
    events: float, exposure: float, other_events: float, other_exposure: float, confidence: float = 0.95
) -> Result:
    """Return the first rate divided by the other, with the mid-p interval: exact, without its excess of caution.

    Arguments and errors as in `score_ratio`.

    Source: Lancaster (1961), JASA 56, 223-234; Fagerland, Lydersen and Laake (2017), section 2.
    """
    a, b, t1, t0 = _rates(events, other_events, exposure, other_exposure)
    _both(b)
    normal_quantile(confidence)
    tail = (1 - confidence) / 2
    low = 0.0 if a == 0 else brentq(lambda x: _upper(a, b, x) - tail, 0, 1, xtol=1e-15, rtol=1e-14)
    high = brentq(lambda x: 1 - _upper(a, b, x) - tail, 0, 1, xtol=1e-15, rtol=1e-14)
    above = _upper(a, b, t1 / (t1 + t0))
    return _ratio(a, b, t1, t0, low, high, confidence, min(1.0, 2 * min(above, 1 - above)), "mid-p", _MID_P)


def adjusted_ratio(
    events: ArrayLike,
    exposure: ArrayLike,
    group: ArrayLike,
    strata: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Result:
    """Return the rate of a group divided by the others' within the same strata (places, periods), quasi-Poisson.

    Args:
        events: counts ≥ 0, a cell each; cells of the same group and stratum are summed first.
        exposure: of the same shape, > 0.
        group: true for the group in question.
        strata: what is held equal, any codes; none: one stratum.
        confidence: 0 < confidence < 1.

    Raises:
        Refused: no stratum holds both sides, a side has no event, or the model does not converge.

    The interval is widened by the overdispersion that the strata show (Pearson's chi-squared / degrees of freedom,
    never below 1), with Student's t.

    Source: Wedderburn (1974), Biometrika 61, 439-447; McCullagh and Nelder (1989), section 6.2.
    """
    k, e = counts(events, "events").ravel(), counts(exposure, "exposure").ravel()
    if np.any(e <= 0) or not np.all(np.isfinite(e)):
        raise ValueError("exposure must be above 0")
    inside = np.asarray(group, bool).ravel()
    codes = np.zeros(len(k), int) if strata is None else np.unique(np.asarray(strata).ravel(), return_inverse=True)[1]
    cells, cell = np.unique(codes * 2 + inside, return_inverse=True)
    k, e = np.bincount(cell, k).astype(float), np.bincount(cell, e).astype(float)
    place, dark = cells // 2, cells % 2
    useful = (np.bincount(place, k)[place] > 0) & (np.bincount(place)[place] == 2)
    if not np.any(useful):
        raise Refused("no place or period holds both groups, so they cannot be compared within it")
    left = int(np.unique(place[~useful]).size)
    k, e, place, dark = k[useful], e[useful], place[useful], dark[useful]
    if k[dark == 1].sum() == 0 or k[dark == 0].sum() == 0:
        raise Refused("one of the two sides has no event: the ratio has no finite estimate")
    found = fit(dark[:, None], k, "poisson", offset=np.log(e), absorb=place)
    spread = max(1.0, found.dispersion) if found.freedom else 1.0
    quantile = float(t.ppf((1 + confidence) / 2, found.freedom)) if found.freedom else normal_quantile(confidence)
    log, error = float(found.coefficients[0]), math.sqrt(spread) * float(found.errors[0])
    p = 2 * float(t.sf(abs(log / error), found.freedom)) if found.freedom else math.erfc(abs(log / error) / 2**0.5)
    return Result(
        what="The ratio of the two rates, within the same strata,",
        n=whole(k.sum()),
        unit="events",
        estimate=math.exp(log),
        low=math.exp(log - quantile * error),
        high=math.exp(log + quantile * error),
        confidence=confidence,
        method=filled(
            "quasi-Poisson regression, dispersion {dispersion}, {n} strata",
            dispersion=f"{found.dispersion:.3g}",
            n=len(k) // 2,
        ),
        assumptions=(
            _EXPOSURE,
            Assumption("the ratio is the same in every stratum, up to the overdispersion allowed for", "not testable"),
            Assumption("every stratum holds both groups and an event", "not met" if left else "met"),
        ),
        citation="Wedderburn (1974), Biometrika 61, 439-447.",
        limit=_LIMIT,
        p=p,
        neutral=1.0,
        above="The rate of the group is higher than that of the others.",
        below="The rate of the group is lower than that of the others.",
    )


def disparity_index(
    events: float, all_events: float, share: float, share_error: float = 0.0, confidence: float = 0.95
) -> Result:
    """Return a group's share of the events divided by its share of a benchmark.

    Args:
        events: of the group, 0 ≤ events ≤ all_events.
        all_events: of everybody, > 0.
        share: the group's share of the benchmark population, 0 < share ≤ 1.
        share_error: its standard error (a census margin of error divided by 1.645).
        confidence: 0 < confidence < 1.

    The interval is Wilson's, widened on the log scale by the error of the benchmark.

    >>> round(disparity_index(204420, 297150, 648846 / 1569657).estimate, 3)
    1.664
    """
    if not 0 < share <= 1 or share_error < 0:
        raise ValueError("share must lie above 0 and at most at 1, and its error must not be negative")
    if all_events <= 0:
        raise Refused("no event was counted: there is nothing to share out")
    found = wilson(events, all_events, confidence)
    value, low, high = (float(part) for part in found[:3])
    error = normal_quantile(confidence) * share_error / share
    if error and value:
        low = value * math.exp(-math.hypot(math.log(value / low), error))
        high = value * math.exp(math.hypot(math.log(high / value), error))
    elif error:
        high *= math.exp(error)
    return Result(
        what="The group's share of the events, divided by its share of the benchmark,",
        n=whole(all_events),
        unit="events",
        estimate=value / share,
        low=low / share,
        high=high / share,
        confidence=confidence,
        method="Wilson score" + (", with the benchmark's error" if error else ""),
        assumptions=(_EXPOSURE, _POISSON),
        citation="Wilson (1927), JASA 22, 209-212.",
        limit="Who lives in a place is not who can be stopped there: the index says nothing about cause.",
        neutral=1.0,
        above="The group's share of the events is larger than its share of the benchmark.",
        below="The group's share of the events is smaller than its share of the benchmark.",
    )


def weighted_displacement(
    control: tuple[float, float], treated: tuple[float, float], confidence: float = 0.9
) -> Result:
    """Return how many events a treated area changed by, less the change in a comparable one (WDD test).

    Args:
        control, treated: (before, after) counts of events in the two areas, over periods of the same length.
        confidence: 0 < confidence < 1.

    Raises:
        Refused: fewer than 10 events in all, where the normal approximation fails.

    Source: Wheeler and Ratcliffe (2018), Crime Science 7, 11.

    >>> found = weighted_displacement((20, 20), (20, 10))
    >>> round(found.estimate), round(found.low, 3), round(found.high, 3)
    (-10, -23.762, 3.762)
    """
    numbers = counts([*control, *treated], "events")
    if numbers.sum() < 10:
        raise Refused("fewer than 10 events in all are too few for this test")
    change = float(numbers[3] - numbers[2] - numbers[1] + numbers[0])
    error = math.sqrt(float(numbers.sum()))
    half = normal_quantile(confidence) * error
    return Result(
        what="The change in events, less the change in the comparison area,",
        n=whole(numbers.sum()),
        unit="events",
        estimate=change,
        low=change - half,
        high=change + half,
        confidence=confidence,
        method=f"weighted displacement difference, standard error {error:.4f}",
        assumptions=(
            _POISSON,
            Assumption("without the treatment both areas would have changed by the same number", "not testable"),
        ),
        citation="Wheeler and Ratcliffe (2018), Crime Science 7, 11.",
        limit="It holds only if the two areas would otherwise have changed alike.",
        p=math.erfc(abs(change) / error / math.sqrt(2)),
        neutral=0.0,
        above="Events rose by more than in the comparison area.",
        below="Events fell by more than in the comparison area.",
    )


def _ratio(
    a: float,
    b: float,
    t1: float,
    t0: float,
    low: float,
    high: float,
    confidence: float,
    p: float,
    name: str,
    citation: str,
) -> Result:
    """Turn the interval of the first side's share of the events into one of the ratio of rates."""
    scale = t0 / t1
    return Result(
        what="The ratio of the two rates",
        n=whole(a + b),
        unit="events",
        estimate=a / b * scale,
        low=low / (1 - low) * scale,
        high=high / (1 - high) * scale if high < 1 else math.inf,
        confidence=confidence,
        method=f"{name} interval of a Poisson rate ratio",
        assumptions=(_POISSON, _EXPOSURE),
        citation=citation,
        limit=_LIMIT,
        p=p,
        neutral=1.0,
        above="The first rate is higher than the other.",
        below="The first rate is lower than the other.",
    )


def _rates(a: float, b: float, t1: float, t0: float) -> tuple[float, float, float, float]:
    counts([a, b], "events")
    if not (t1 > 0 and t0 > 0):
        raise ValueError("exposure must be above 0")
    return float(a), float(b), float(t1), float(t0)


def _both(other: float) -> None:
    if other == 0:
        raise Refused("the other side has no event: the ratio has no finite estimate")


def _upper(a: float, b: float, share: float) -> float:
    """Return P(X > a) + P(X = a) / 2 of a binomial with a + b trials."""
    at_least = betainc(a, b + 1, share) if a > 0 else 1.0
    more = betainc(a + 1, b, share)
    return float((at_least + more) / 2)


def _support(mean: float) -> NDArray[np.float64]:
    """Return the counts that carry all but some 1e-20 of a Poisson's weight."""
    reach = 10 * math.sqrt(mean)
    return np.arange(max(0, math.floor(mean - reach)), math.ceil(mean + 1.2 * reach + 40), dtype=float)
