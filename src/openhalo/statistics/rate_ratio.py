"""The rate of a group against that of others within the same strata."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import counts, normal_quantile
from openhalo.statistics.regression import fit
from openhalo.statistics.results import Assumption, Refused, Result, whole

INDEPENDENT = Assumption("events are independent of one another", "not testable")
EXPOSURE = Assumption("the denominator measures how often each group could have been counted", "not testable")
LIMIT = mark_for_translation("A difference in rates does not show its cause.")


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
        method=message(
            "quasi-Poisson regression, dispersion {dispersion}, {n} strata",
            dispersion=f"{found.dispersion:.3g}",
            n=len(k) // 2,
        ),
        assumptions=(
            EXPOSURE,
            Assumption("the ratio is the same in every stratum, up to the overdispersion allowed for", "not testable"),
            Assumption("every stratum holds both groups and an event", "not met" if left else "met"),
        ),
        citation="Wedderburn (1974), Biometrika 61, 439-447.",
        limit=LIMIT,
        p=p,
        neutral=1.0,
        above="The rate of the group is higher than that of the others.",
        below="The rate of the group is lower than that of the others.",
    )
