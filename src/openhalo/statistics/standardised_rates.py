"""Rates made comparable between populations of a different make-up."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaincc, gammaincinv

from openhalo.language.translation import mark_for_translation
from openhalo.statistics.estimates import counts, normal_quantile
from openhalo.statistics.rates import rate
from openhalo.statistics.results import Assumption, Refused, Result, whole

_WITHIN = Assumption("within a stratum everybody is exposed alike", "not testable")


def direct(events: ArrayLike, exposure: ArrayLike, standard: ArrayLike, confidence: float = 0.95) -> Result:
    """Return the rate that a population would have if its strata had the standard's sizes, with the gamma interval.

    Args:
        events: counts ≥ 0, a stratum each (age bands, places).
        exposure: of the same shape, > 0.
        standard: sizes of the strata in the standard population, ≥ 0; their scale does not matter.
        confidence: 0 < confidence < 1.

    Raises:
        Refused: a stratum of the standard has no exposure here, or no event was counted.

    The interval keeps at least its nominal coverage in all known cases, and is Garwood's where all weights are equal.

    Source: Fay and Feuer (1997), Statistics in Medicine 16, 791-801.
    """
    k, e, s = (
        np.atleast_1d(counts(v, name))
        for v, name in ((events, "events"), (exposure, "exposure"), (standard, "standard"))
    )
    normal_quantile(confidence)
    tail = (1 - confidence) / 2
    if np.any((e == 0) & (s > 0)):
        raise Refused("a stratum of the standard population has nobody in these data: its rate is not known")
    kept = s > 0
    k, e, s = k[kept], e[kept], s[kept]
    if k.sum() == 0:
        raise Refused("no event was counted: a standardised rate has no interval then")
    weight = s / s.sum() / e
    value, variance, most = float(weight @ k), float(weight**2 @ k), float(weight.max())
    low = variance / value * float(gammaincinv(value**2 / variance, tail))
    upper, wider = value + most, variance + most**2
    high = wider / upper * float(gammaincinv(upper**2 / wider, 1 - tail))
    return Result(
        what="The standardised rate",
        n=whole(k.sum()),
        unit="events",
        estimate=value,
        low=low,
        high=high,
        confidence=confidence,
        method=mark_for_translation("direct standardisation, gamma interval"),
        assumptions=(_WITHIN,),
        citation="Fay and Feuer (1997), Statistics in Medicine 16, 791-801.",
        limit="It describes no real population: it serves comparison with others standardised alike.",
    )


def indirect(events: float, exposure: ArrayLike, standard_rates: ArrayLike, confidence: float = 0.95) -> Result:
    """Return observed events divided by those expected at the standard's rates, with the exact interval.

    Args:
        events: all that were counted, ≥ 0.
        exposure: of each stratum, ≥ 0.
        standard_rates: events per exposure of each stratum in the standard population, ≥ 0, taken as known.
        confidence: 0 < confidence < 1.

    Raises:
        Refused: no event is expected.

    Source: Breslow and Day (1987), Statistical Methods in Cancer Research II, section 2.3; Garwood (1936).
    """
    expected = float(np.sum(counts(exposure, "exposure") * counts(standard_rates, "standard_rates")))
    if expected == 0:
        raise Refused("no event is expected at the standard's rates: there is nothing to compare with")
    found = rate(events, expected, confidence=confidence)
    return Result(
        what="Observed divided by expected events",
        n=whole(events),
        unit="events",
        estimate=float(found.value),
        low=float(found.low),
        high=float(found.high),
        confidence=confidence,
        method="indirect standardisation, Garwood exact Poisson",
        assumptions=(_WITHIN, Assumption("the standard's rates are known without error", "not testable")),
        citation="Breslow and Day (1987), Statistical Methods in Cancer Research II, section 2.3.",
        limit="Two ratios of this kind must not be compared with each other: each has a population of its own.",
        p=min(
            1.0, 2 * min(float(gammaincc(events + 1, expected)), float(gammainc(events, expected)) if events else 1.0)
        ),
        neutral=1.0,
        above="More events were counted than expected at the standard's rates.",
        below="Fewer events were counted than expected at the standard's rates.",
    )
