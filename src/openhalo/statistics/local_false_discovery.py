"""Who among many is unlikely to be ordinary: the local false discovery rate with its null learnt from all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from openhalo.language.translation import message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.regression import fit
from openhalo.statistics.results import Refused
from openhalo.statistics.splines import natural_spline

_FEWEST_FOR_NULL = 200


@dataclass(frozen=True)
class LocalRates:
    """How likely each unit is one of the ordinary ones, given its z.

    Attributes:
        local: f₀(z) / f(z), at most 1, a unit each.
        centre, spread: of the empirical null, a normal fitted to the middle of the z.
        ordinary: estimated share of units that belong to it.
    """

    local: Numbers
    centre: float
    spread: float
    ordinary: float
    method: str = "local false discovery rate, empirical null by central matching"
    citation: str = "Efron (2004), JASA 99, 96-104."


def local_false_discovery(z: ArrayLike, df: int = 7) -> LocalRates:
    """Return local false discovery rates, with the null distribution learnt from the bulk of the units.

    Args:
        z: (units,) finite scores, standard normal for a unit like its peers if all assumptions were true.
        df: degrees of freedom of the curve of the log density, 3 to 12.

    Raises:
        Refused: fewer than 200 units, or no bulk in the middle that looks like a normal.

    The density of all z comes from Poisson regression of their histogram on a natural spline (Lindsey's method); the
    null from a parabola fitted to the log of it between the quartiles and a little beyond.

    Source: Efron (2004), JASA 99, 96-104; Efron (2007), Annals of Statistics 35, 1351-1377.
    """
    score = np.asarray(z, float)
    if not np.all(np.isfinite(score)) or score.ndim != 1:
        raise ValueError("z must be a column of finite numbers")
    if len(score) < _FEWEST_FOR_NULL:
        raise Refused(
            message("fewer than {n} units are too few to learn what is ordinary among them", n=_FEWEST_FOR_NULL)
        )
    bins = 120
    low, centre, high = np.quantile(score, [0.25, 0.5, 0.75])
    # Far out the density is next to nothing anyway; gaps there would only bend its curve.
    drawn = np.clip(score, centre - 5 * (high - low), centre + 5 * (high - low))
    height, edges = np.histogram(drawn, bins)
    middle = (edges[1:] + edges[:-1]) / 2
    width = float(edges[1] - edges[0])
    design = np.column_stack([np.ones(bins), natural_spline(middle, df)])
    density = fit(design, height, "poisson").fitted
    inside = np.abs(middle - centre) <= (high - low) * 0.75
    if inside.sum() < 5:
        raise Refused("a few units lie so far out that the middle cannot be seen; look at those first")
    curve = np.polyfit(middle[inside] - centre, np.log(density[inside]), 2)
    if curve[0] >= 0:
        raise Refused("the middle of the units does not look like one ordinary group")
    spread = float(np.sqrt(-1 / (2 * curve[0])))
    shift = float(-curve[1] / (2 * curve[0]))
    peak = float(np.polyval(curve, shift))
    null = np.exp(peak - (score - centre - shift) ** 2 / (2 * spread**2))
    ordinary = float(np.exp(peak) * spread * np.sqrt(2 * np.pi) / (len(score) * width))
    everyone = np.exp(np.interp(drawn, middle, np.log(density)))
    return LocalRates(np.minimum(1.0, null / everyone), float(centre) + shift, spread, min(1.0, ordinary))
