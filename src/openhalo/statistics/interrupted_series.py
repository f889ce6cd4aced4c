"""Did the level or the slope of a monthly count change when something began?"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import toeplitz
from scipy.stats import norm, t

from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers, counts, normal_quantile
from openhalo.statistics.regression import Fit, fit
from openhalo.statistics.results import Assumption, Refused, Result, whole

_FEWEST = 8
_MOST_CARRIED = 0.5
"""Up to about here the interval is known to hold as often as it says (docs/coverage.md)."""

_METHOD = mark_for_translation(
    "{family} regression on the time, {harmonics} pairs of seasonal terms, dispersion {dispersion}"
)
_LINKED = mark_for_translation(
    "{family} regression on the time, {harmonics} pairs of seasonal terms, dispersion {dispersion}, Newey-West errors "
    "over {lags} periods"
)
_CARRIED = mark_for_translation(
    "{family} regression on the time, {harmonics} pairs of seasonal terms, dispersion {dispersion}, errors that carry "
    "over from period to period"
)


@dataclass(frozen=True, kw_only=True)
class InterruptedSeries(Result):
    """The level after the start divided by the level that the earlier trend leads to.

    Attributes:
        dispersion: Pearson's chi-squared divided by its degrees of freedom; 1 would be Poisson.
        trend: growth per period before the start, as a ratio.
        slope: by how much that growth changed at the start, as a ratio; NaN if no change of slope was asked for.
        autocorrelation: of neighbouring Pearson residuals.
        expected: events of each period had nothing changed, by the model.
    """

    dispersion: float
    trend: float
    slope: float
    autocorrelation: float
    expected: Numbers


def interrupted_series(
    events: ArrayLike,
    after: ArrayLike,
    exposure: ArrayLike = 1.0,
    *,
    harmonics: int = 0,
    period: float = 12.0,
    season_start: float = 1.0,
    slope: bool = False,
    dispersion: bool = True,
    lags: int = 0,
    student: bool = True,
    confidence: float = 0.95,
) -> InterruptedSeries:
    """Return the rate ratio of the start, with trend and season held equal.

    Args:
        events: counts ≥ 0, one a period, in order and without a gap.
        after: true from the start on; at least 8 periods on each side.
        exposure: population or activity of each period, > 0.
        harmonics: pairs of sine and cosine terms for the season, 0 to 4.
        period: periods in a year.
        season_start: place of the first period in its year, 1 for January.
        slope: whether the trend may change at the start too; the ratio is then the one at the start.
        dispersion: widen the interval by the overdispersion seen (quasi-Poisson); false gives the Poisson interval.
        lags: periods over which errors may be linked; above 0 the interval rests on the widest of the one above, the
            sandwich of Newey and West (Bartlett weights, no small-sample factor) and that of `linked_error`. The
            sandwich alone is too narrow in series of some years (see docs/coverage.md).
        student: take Student's t for an interval that rests on estimated scatter; false gives the normal quantile of
            the published examples, which holds a little less often than it says.
        confidence: 0 < confidence < 1.

    Raises:
        Refused: fewer than 8 periods or no event on a side, or the model does not converge.

    Source: Bernal, Cummins and Gasparrini (2017), Int. J. Epidemiology 46, 348-355; Newey and West (1987),
    Econometrica 55, 703-708.
    """
    y, post, size = _checked(events, after, exposure, harmonics, lags)
    design = _design(post, harmonics, period, season_start, slope)
    found = fit(design, y, "poisson", offset=np.log(size))
    log = float(found.coefficients[1])
    way, error, carried = _widest(found, design, y, dispersion, lags)
    scattered = student and (dispersion or bool(lags))
    half = error * (float(t.ppf((1 + confidence) / 2, found.freedom)) if scattered else normal_quantile(confidence))
    residual = (y - found.fitted) / np.sqrt(found.fitted)
    linked = float(np.sum(residual[1:] * residual[:-1]) / np.sum(residual**2))
    without = design @ found.coefficients - log * post
    if slope:
        without = without - design[:, -1] * found.coefficients[-1]
    independent = abs(linked) < float(norm.ppf(0.975)) / math.sqrt(len(y))
    return InterruptedSeries(
        what="The level after the start, divided by what the earlier trend leads to,",
        n=whole(y.sum()),
        unit=f"events in {len(y)} periods",
        estimate=math.exp(log),
        low=math.exp(log - half),
        high=math.exp(log + half),
        confidence=confidence,
        method=message(
            way,
            family="quasi-Poisson" if dispersion else "Poisson",
            harmonics=harmonics,
            dispersion=f"{found.dispersion:.3f}",
            lags=lags,
        ),
        assumptions=_assumptions(
            _carrying_over(carried) if lags else _independence(independent), dispersion or found.dispersion < 1.5
        ),
        citation="Bernal, Cummins and Gasparrini (2017), Int. J. Epidemiology 46, 348-355.",
        limit=mark_for_translation("Anything else that changed at the same time counts too."),
        p=float(2 * (t.sf(abs(log) / error, found.freedom) if scattered else norm.sf(abs(log) / error))),
        neutral=1.0,
        above="The level after the start is higher than the earlier trend leads to.",
        below="The level after the start is lower than the earlier trend leads to.",
        dispersion=found.dispersion,
        trend=math.exp(float(found.coefficients[2]) / len(y)),
        slope=math.exp(float(found.coefficients[-1]) / len(y)) if slope else math.nan,
        autocorrelation=linked,
        expected=np.exp(without) * size,
    )


def _checked(
    events: ArrayLike, after: ArrayLike, exposure: ArrayLike, harmonics: int, lags: int
) -> tuple[Numbers, NDArray[np.bool_], Numbers]:
    """Return counts, whether each period lies after the start, and exposures: (periods,) each."""
    y, post = counts(events, "events"), np.asarray(after, bool)
    size = np.broadcast_to(counts(exposure, "exposure"), y.shape)
    if y.shape != post.shape or y.ndim != 1:
        raise ValueError("events and after must be columns of the same length")
    if np.any(size <= 0) or not 0 <= harmonics <= 4 or not 0 <= lags < len(y):
        raise ValueError("exposure must be above 0, harmonics between 0 and 4, lags from 0 to the number of periods")
    if np.any(post[:-1] & ~post[1:]):
        raise ValueError("after must stay true once it is true")
    if min(post.sum(), (~post).sum()) < _FEWEST:
        raise Refused(message("a change of level needs {n} periods before the start and {n} after it", n=_FEWEST))
    if not (y[post].sum() > 0 and y[~post].sum() > 0):
        raise Refused("no event was counted on one side of the start: the ratio has no finite estimate")
    return y, post, size


def _design(post: NDArray[np.bool_], harmonics: int, period: float, season_start: float, slope: bool) -> Numbers:
    """Return the (periods, columns) matrix: level, start, trend, season, and last the trend's change where asked."""
    time = np.arange(1.0, len(post) + 1)
    angle = 2 * np.pi * (time - 1 + season_start) / period
    columns = [np.ones(len(post)), post.astype(float), time / len(post)]
    columns += [part(h * angle) for h in range(1, harmonics + 1) for part in (np.sin, np.cos)]
    if slope:
        columns.append(np.where(post, time - time[post][0], 0.0) / len(post))
    return np.column_stack(columns)


def _widest(found: Fit, design: Numbers, events: Numbers, dispersion: bool, lags: int) -> tuple[str, float, float]:
    """Return how the widest error of the start is made, the error, and how much of an error carries over."""
    spread = max(found.dispersion, 1.0) if dispersion else 1.0
    ways, carried = {_METHOD: float(found.errors[1]) * math.sqrt(spread)}, 0.0
    if lags:
        ways[_LINKED] = math.sqrt(float(newey_west(found, design, events, lags)[1, 1]))
        ways[_CARRIED], carried = linked_error(found, design, events, 1)
    way, error = max(ways.items(), key=lambda one: one[1])
    return way, error, carried


def _assumptions(linked: Assumption, scatter: bool) -> tuple[Assumption, ...]:
    return (
        Assumption("without the start the earlier trend would have gone on", "not testable"),
        Assumption("events were recorded alike before and after", "not testable"),
        linked,
        Assumption(
            "the counts are no more scattered than the interval allows for",
            "met" if scatter else "not met",
        ),
    )


def _independence(holds: bool) -> Assumption:
    return Assumption("neighbouring periods are independent, given trend and season", "met" if holds else "not met")


def _carrying_over(carried: float) -> Assumption:
    text = mark_for_translation("errors carry over from period to period by half or less, given trend and season")
    return Assumption(text, "met" if carried <= _MOST_CARRIED else "not met")


def newey_west(found: Fit, design: Numbers, events: Numbers, lags: int) -> Numbers:
    """Return the covariance of the coefficients that holds with errors linked over so many periods.

    Args:
        found: a Poisson fit.
        design: its (periods, columns) matrix.
        events: the counts that it was fitted to, in order.
        lags: ≥ 0; weights fall evenly from 1 at lag 0 to 1 / (lags + 1).

    Source: Newey and West (1987), Econometrica 55, 703-708.
    """
    score = design * (events - found.fitted)[:, None]
    middle = score.T @ score
    for lag in range(1, lags + 1):
        cross = score[lag:].T @ score[:-lag]
        middle += (1 - lag / (lags + 1)) * (cross + cross.T)
    covariance: Numbers = found.covariance @ middle @ found.covariance
    return covariance


def linked_error(found: Fit, design: Numbers, events: Numbers, column: int) -> tuple[float, float]:
    """Return the standard error of one coefficient where each period's error carries over into the next, and how much.

    The carry-over ρ, 0 to 0.9, is the one at which residuals of such a series would on average be as alike from period
    to period as they are here: the fit itself takes some of it away, most in short series, and that is allowed for.
    One standard error is added to it, since a link that is taken for too small makes the interval too narrow.
    Scatter beyond Poisson is estimated together with it and is never taken to be below 1.

    Args:
        found: a Poisson fit.
        design: its (periods, columns) matrix.
        events: the counts that it was fitted to, in order.
        column: which coefficient.

    Source: first-order autoregression, Cochrane and Orcutt (1949), JASA 44, 32-61; its moments matched as in Prais and
    Winsten's setting, to the expectation of the residuals' quadratic forms.
    """
    root = np.sqrt(found.fitted)
    half = design * root[:, None]
    own = np.eye(len(root)) - half @ found.covariance @ half.T
    residual = (events - found.fitted) / root
    seen = float(residual[1:] @ residual[:-1] / (residual @ residual))
    next_to = np.eye(len(root), k=1)
    # tr(own next_to own Σ) / tr(own Σ), for all ρ from the sums along the diagonals of two fixed matrices.
    powers = np.arange(len(root))

    def by_distance(matrix: Numbers) -> Numbers:
        both = matrix + matrix.T
        return np.array([np.trace(both, k) for k in powers]) * np.where(powers == 0, 0.5, 1.0)

    alike, scatter = by_distance(own @ next_to @ own), by_distance(own)
    tried = np.linspace(0, 0.9, 91)
    expected = np.array([(rho**powers @ alike) / (rho**powers @ scatter) for rho in tried])
    rho = float(tried[np.argmin(np.abs(expected - seen))])
    rho = min(0.9, rho + math.sqrt((1 - rho**2) / len(root)))
    spread = max(1.0, float(residual @ residual / (rho**powers @ scatter)))
    weight = found.covariance[column] @ half.T
    return math.sqrt(spread * float(weight @ toeplitz(rho**powers) @ weight)), rho
