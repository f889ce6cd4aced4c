"""How two small counts compare: exact tests and intervals."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betainc
from scipy.stats import poisson

from openhalo.language.translation import message
from openhalo.statistics.estimates import counts, normal_quantile
from openhalo.statistics.proportions import wilson
from openhalo.statistics.rate_ratio import EXPOSURE, INDEPENDENT, LIMIT
from openhalo.statistics.results import Refused, Result, whole

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
        raise Refused(
            message("the E-test is for small counts; above {n} events use the score interval", n=f"{_MOST:,}")
        )
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
        assumptions=(INDEPENDENT, EXPOSURE),
        citation=citation,
        limit=LIMIT,
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
