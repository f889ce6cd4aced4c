"""Which of many places lie further from the rest than chance and their usual differences explain."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import gammaincc, ndtr, ndtri, stdtr
from scipy.stats import false_discovery_control

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers, counts, normal_quantile
from openhalo.statistics.results import Refused

_FEWEST = 10


@dataclass(frozen=True)
class Funnel:
    """Each unit's ratio of observed to expected events, and how far chance reaches.

    Attributes:
        ratio: observed / expected, a unit each.
        z: how many standard errors each lies from 1, before and after allowing for overdispersion.
        dispersion: φ, the mean of the squared, winsorised z; 1 would be chance alone.
        between: τ, standard deviation of units' own levels on the transformed scale.
        p: two-sided, after allowing for overdispersion.
        adjusted: p-values by Benjamini and Hochberg.
    """

    ratio: Numbers
    z: tuple[Numbers, Numbers]
    dispersion: float
    between: float
    p: Numbers
    adjusted: Numbers
    method: str = mark_for_translation("funnel plot, additive random effects, winsorised z")
    citation: str = "Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202."

    def sentence(self, rate: float = 0.05) -> str:
        """Return how many units stand out, and what that does not mean."""
        out = int(np.sum(self.adjusted < rate))
        return (
            f"{out} of {len(self.ratio)} units differ from the rest by more than chance and their usual differences "
            f"explain; at most about {100 * rate:g} % of those are expected to be there by chance. It does "
            "not say why, and it is no ranking."
        )


def funnel(observed: ArrayLike, expected: ArrayLike, winsor: float = 0.1) -> Funnel:
    """Return the funnel of observed against expected counts, allowing for overdispersion.

    Args:
        observed: (units,) counts ≥ 0.
        expected: (units,) > 0, for units doing the same work.
        winsor: share of the z at each end drawn in to the nearest quantile before the overdispersion is estimated,
            so that the units which stand out do not hide themselves, 0 ≤ winsor < 0.5.

    Raises:
        Refused: fewer than 10 units.

    z is 2 (√o − √e) on the square-root scale, whose standard error s is 1 / (2 √e) for the ratio. τ² is the one at
    which the drawn-in scores allowing for it, away / √(s² + τ²), scatter as normal ones do (Paule and Mandel's
    condition; 0 where they scatter less than that without any). The published moment formula with winsorised z has τ
    too small, because drawing in takes away a third of what even ordinary units scatter: it calls out too many units
    that all differ alike (see docs/coverage.md). Since τ is estimated, p comes from Student's t where it is above 0.
    `dispersion` is as published.

    Source: Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202; Paule and Mandel (1982), J. Research of the
    National Bureau of Standards 87, 377-385.
    """
    o, e = counts(observed, "observed"), counts(expected, "expected")
    if o.shape != e.shape or o.ndim != 1 or np.any(e <= 0) or not 0 <= winsor < 0.5:
        raise ValueError("observed and expected must be columns of one length, expected above 0, winsor below 0.5")
    if len(o) < _FEWEST:
        raise Refused(message("fewer than {n} units are too few to say how much such units usually differ", n=_FEWEST))
    error = 1 / (2 * np.sqrt(e))
    away = np.sqrt(o / e) - 1
    z = away / error
    drawn = np.clip(z, *np.quantile(z, [winsor, 1 - winsor]))
    size = len(o)
    dispersion = float(np.mean(drawn**2))
    between = _between(away, error, winsor)
    allowed = away / np.hypot(error, between)
    p = 2 * (stdtr(size - 1, -np.abs(allowed)) if between else ndtr(-np.abs(allowed)))
    return Funnel(
        ratio=o / e,
        z=(z, allowed),
        dispersion=dispersion,
        between=between,
        p=p,
        adjusted=false_discovery_control(p),
    )


def funnel_limits(expected: ArrayLike, between: float = 0.0, confidence: float = 0.998) -> tuple[Numbers, Numbers]:
    """Return the ratios between which chance alone leaves a unit with so many expected events.

    With `between` = 0 they are exact Poisson limits (a count beyond one is at most as likely as said);
    otherwise those of the square-root scale of `funnel`, widened by it.
    """
    e = counts(expected, "expected")
    z = normal_quantile(confidence)
    if between == 0:
        tail = (1 - confidence) / 2
        # Interpolated between whole counts by the gamma function; the one more keeps the upper tail within its share.
        return _poisson_quantile(e, tail) / e, (_poisson_quantile(e, 1 - tail) + 1) / e
    reach = z * np.sqrt(1 / (4 * e) + between**2)
    return np.maximum(1 - reach, 0.0) ** 2, (1 + reach) ** 2


def _between(away: Numbers, error: Numbers, winsor: float) -> float:
    """Return the τ at which scores that allow for it scatter like normal ones, both drawn in alike; 0 if none does."""

    def excess(tau: float) -> float:
        z = away / np.hypot(error, tau)
        return float(np.mean(np.clip(z, *np.quantile(z, [winsor, 1 - winsor])) ** 2)) - _drawn_in(winsor)

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, 10 * float(np.max(np.abs(away))) + 10.0, xtol=1e-9))


def _drawn_in(winsor: float) -> float:
    """Return the mean square of standard normal scores of which this share is drawn in at each end."""
    if winsor == 0:
        return 1.0
    end = float(ndtri(1 - winsor))
    density = float(np.exp(-(end**2) / 2) / np.sqrt(2 * np.pi))
    return 1 - 2 * winsor - 2 * end * density + 2 * winsor * end**2


def _poisson_quantile(mean: Numbers, share: float) -> Numbers:
    """Return the x at which a Poisson's distribution function, made smooth by the gamma function, reaches a share."""
    low, high = np.zeros(mean.shape), mean + 20 * np.sqrt(mean) + 40
    for _ in range(80):
        x = (low + high) / 2
        below = gammaincc(x + 1, mean) < share
        low, high = np.where(below, x, low), np.where(below, high, x)
    found: Numbers = (low + high) / 2
    return found
