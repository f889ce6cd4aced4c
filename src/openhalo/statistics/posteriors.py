"""Draws from a posterior, and whether they may be believed."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openhalo.base.errors import MissingExtra
from openhalo.language.translation import message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Assumption, Refused

Density = Callable[[Numbers], tuple[float, Numbers]]
"""Position → log density and its gradient."""
WORST_RHAT, LEAST_ESS = 1.01, 400.0
"""What draws must reach (Vehtari et al. 2021, Bayesian Analysis 16, 667-718)."""
_ACCEPTED = 0.8
"""Share of steps accepted where coordinates are turned; at the usual 0.8 paths came back, and squares mixed badly."""


@dataclass(frozen=True)
class Draws:
    """Positions drawn from a posterior, and what tells whether the chains agree.

    Attributes:
        positions: chains × draws × dimensions.
        rhat: the worst rank-normalised split R-hat of any dimension, 1 when all chains agree.
        ess: the least bulk effective sample size of any dimension.
        divergences: draws whose path left the density.
    """

    positions: NDArray[np.float64]
    rhat: float
    ess: float
    divergences: int

    @property
    def flat(self) -> Numbers:
        """Return the positions of all chains: draws × dimensions."""
        return self.positions.reshape(-1, self.positions.shape[-1])

    def assumptions(self) -> tuple[Assumption, ...]:
        """Return what the chains show about themselves."""
        text = message(
            "the chains agree (R-hat {rhat}, {ess} effective draws, {divergences} divergences)",
            rhat=f"{self.rhat:.3f}",
            ess=f"{self.ess:,.0f}",
            divergences=self.divergences,
        )
        return (Assumption(text, "met"),)

    @property
    def allowed(self) -> int:
        """Return how many divergences are too few to matter."""
        return max(1, int(np.prod(self.positions.shape[:2])) // 1000)

    def agree(self, worst_rhat: float, least_ess: float) -> bool:
        """Return whether the chains agree, enough draws count, and hardly any diverged."""
        return self.rhat <= worst_rhat and self.ess >= least_ess and self.divergences <= self.allowed

    def must_agree(self, worst_rhat: float = WORST_RHAT, least_ess: float = LEAST_ESS) -> "Draws":
        """Return these draws.

        Raises:
            Refused: the chains disagree, too few draws count, or some diverged.
        """
        if not self.agree(worst_rhat, least_ess):
            raise Refused(
                message(
                    "the model did not settle on these records: R-hat {rhat} (at most {worst}), {ess} effective draws "
                    "(at least {least}), {divergences} divergences (at most {allowed})",
                    rhat=f"{self.rhat:.3f}",
                    worst=worst_rhat,
                    ess=f"{self.ess:,.0f}",
                    least=f"{least_ess:,.0f}",
                    divergences=self.divergences,
                    allowed=self.allowed,
                )
            )
        return self


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of arrays compiled to machine code, kept from one run to the next.

    Raises:
        MissingExtra: the compiler is not installed.
    """
    try:
        from numba import njit
    except ImportError:
        raise MissingExtra("bayes", "compiling densities") from None
    # A division by zero must give infinity, where the sampler turns back, and no error, which would end it.
    return njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]


def draw(
    density: Density,
    start: Numbers,
    draws: int = 1000,
    tune: int = 300,
    chains: int = 4,
    cores: int = 2,
    seed: int = 1,
    turned: bool = True,
    accepted: float | None = None,
) -> Draws:
    """Return draws by the No-U-Turn sampler (Hoffman and Gelman 2014, JMLR 15, 1593-1623).

    Args:
        density: log density and gradient; where it is not finite the sampler turns back.
        start: a position near which the chains begin.
        draws, tune: kept and thrown away, of each chain.
        chains, cores: how many chains, and how many at once.
        seed: the same seed gives the same draws.
        turned: the sampler moves in coordinates that the curvature at the density's peak scales and turns, so that
            paths are short though parameters are correlated. For densities whose peak is like their bulk.
        accepted: share of steps that are accepted; nearer 1, steps are shorter and narrow parts are reached.

    Raises:
        MissingExtra: the sampler is not installed.
    """
    nutpie, arviz = _libraries()
    size = len(start)
    shape = _shape(density, start) if turned else _Shape(start, np.ones(size), np.zeros((size, 0)), np.zeros(0))

    # Compiled, the turns leave the interpreter's lock to the other chain.
    position, turn = compiled(_position), compiled(_turn)
    drawn = shape.directions.shape[1] > 0
    back = np.ascontiguousarray(shape.directions.T)

    def make_density() -> Any:
        def at(x: Numbers) -> tuple[float, Numbers]:
            if drawn:
                value, slope = density(position(x, shape.peak, shape.scale, shape.directions, back, shape.stretch))
                return turn(value, shape.scale * slope, shape.directions, back, shape.stretch)  # type: ignore[no-any-return]
            value, slope = density(shape.position(x))
            if np.isfinite(value) and np.isfinite(slope).all():
                return value, shape.scale * slope
            return -np.inf, np.zeros(size)

        return at

    model = nutpie.compiled_pyfunc.from_pyfunc(
        size,
        make_density,
        lambda *_: lambda x: {"q": shape.position(np.asarray(x))},
        [np.dtype("float64")],
        [(size,)],
        ["q"],
        make_initial_point_fn=lambda s: 0.5 * np.random.default_rng(s).normal(size=size),
    )
    trace = nutpie.sample(
        model,
        draws=draws,
        tune=tune,
        chains=chains,
        cores=cores,
        seed=seed,
        progress_bar=False,
        save_warmup=False,
        target_accept=accepted or (_ACCEPTED if turned else 0.8),
    )
    positions = np.asarray(trace.posterior["q"])
    rhat, ess = (np.asarray(f(trace.posterior)["q"]) for f in (arviz.rhat, arviz.ess))
    diverging = int(np.asarray(trace.sample_stats["diverging"]).sum())
    return Draws(positions, float(rhat.max()), float(ess.min()), diverging)


def settled(
    density: Density,
    start: Numbers,
    draws: int,
    tune: int,
    chains: int,
    *,
    seed: int = 1,
    worst_rhat: float = WORST_RHAT,
    least_ess: float = LEAST_ESS,
    turned: bool = True,
    accepted: float | None = None,
) -> Draws:
    """Return draws whose chains agree. Where they do not, it draws once more, twice as many.

    The same seed gives other draws on another processor, where sums are rounded in another order. So chains that miss
    the mark by chance must not decide whether there is a result.

    Args:
        density, start, draws, tune, chains, seed, turned, accepted: as `draw` takes them.
        worst_rhat, least_ess: what the draws must reach.

    Raises:
        Refused: the chains do not agree the second time either.
        MissingExtra: the sampler is not installed.
    """
    for times in (1, 2):
        found = draw(density, start, times * draws, times * tune, chains, seed=seed, turned=turned, accepted=accepted)
        if found.agree(worst_rhat, least_ess):
            break
    return found.must_agree(worst_rhat, least_ess)


def _position(
    x: Numbers, peak: Numbers, scale: Numbers, directions: Numbers, back: Numbers, stretch: Numbers
) -> Numbers:
    return np.asarray(peak + scale * (x + directions @ (stretch * (back @ x))))


def _turn(value: float, slope: Numbers, directions: Numbers, back: Numbers, stretch: Numbers) -> tuple[float, Numbers]:
    if np.isfinite(value) and np.isfinite(slope).all():
        return value, slope + directions @ (stretch * (back @ slope))
    return -np.inf, np.zeros_like(slope)


@dataclass(frozen=True)
class _Shape:
    """Peak, scales, and the few directions in which the scaled density is much wider or narrower than 1."""

    peak: Numbers
    scale: Numbers
    directions: Numbers
    stretch: Numbers

    def turned(self, x: Numbers) -> Numbers:
        """Return x stretched along the directions."""
        return np.asarray(x + self.directions @ (self.stretch * (x @ self.directions)))

    def position(self, x: Numbers) -> Numbers:
        """Return the density's own coordinates."""
        return np.asarray(self.peak + self.scale * self.turned(x))


def _shape(density: Density, start: Numbers) -> _Shape:
    """Climb to the peak and take the curvature there, by differences of the gradient."""
    from scipy.optimize import minimize

    def below(q: Numbers) -> tuple[float, Numbers]:
        value, slope = density(q)
        return (-value, -slope) if np.isfinite(value) else (np.inf, np.zeros_like(q))

    peak = minimize(below, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "maxcor": 50}).x
    steps = 1e-4 * np.eye(len(peak))
    curved = np.stack([(below(peak + e)[1] - below(peak - e)[1]) / 2e-4 for e in steps])
    scale = 1 / np.sqrt(np.maximum(np.diag(curved), 1e-3))
    widths, directions = np.linalg.eigh(scale[:, None] * (curved + curved.T) / 2 * scale)
    odd = (widths < 0.5) | (widths > 2)
    return _Shape(peak, scale, directions[:, odd], 1 / np.sqrt(np.maximum(widths[odd], 1e-3)) - 1)


def _libraries() -> tuple[Any, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ArviZ announces its next version on import
            import arviz
            import nutpie
    except ImportError:
        raise MissingExtra("bayes", "drawing from posteriors") from None
    return nutpie, arviz
