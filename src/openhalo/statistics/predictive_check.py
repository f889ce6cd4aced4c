"""Does a fitted share model give back what it was fitted to? Answers drawn from it are held against the real ones.

Gelman, Meng and Stern (1996), Statistica Sinica 6, 733-807: the misfit of the real answers is compared with the misfit
of answers drawn from the model, draw by draw.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openhalo.language.translation import message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Assumption
from openhalo.statistics.small_area_estimate import Multilevel

LEAST = 0.01
"""Chance of so large a misfit, below which the model does not give back what it was fitted to."""
_DRAWS = 1000


def misfits(
    model: Multilevel,
    codes: ArrayLike,
    yes: ArrayLike,
    asked: ArrayLike,
    cuts: Mapping[str, tuple[int, ...]],
    seed: int = 1,
) -> dict[str, float]:
    """Return the chance, if the model holds, of a misfit as large as that of the real answers.

    Args:
        model: as `multilevel.fit` returns it.
        codes, yes, asked: what it was fitted to.
        cuts: name → the factors by whose codes, taken together, answers are added up before they are compared.
        seed: of the answers drawn.

    Returns:
        By name, from 0 to 1; small: the model does not give back how these groups differ.
    """
    of, k, n = np.asarray(codes, np.int64), np.asarray(yes, float), np.asarray(asked, float)
    rng = np.random.default_rng(seed)
    shares = model.shares(of, max(1, len(model.draws.flat) // _DRAWS))
    # Weighted answers count for fewer than whole ones; what is drawn is whole, and as many on average.
    drawn = np.floor(n) + (rng.random(shares.shape) < n % 1)
    again = rng.binomial(drawn.astype(np.int64), shares)
    found = {}
    for name, factors in cuts.items():
        group = np.unique(of[:, list(factors)], axis=0, return_inverse=True)[1].ravel()
        real, made = _misfit(k, n, shares, group), _misfit(again, drawn, shares, group)
        found[name] = float((made >= real).mean())
    return found


def reproduced(chance: float, field: str, area: str = "") -> Assumption:
    """Return what a misfit says about the model.

    Args:
        chance: as `misfits` returns it.
        field: label of the field by whose groups answers were added up.
        area: label of the area within which they were, if so.
    """
    alike = (
        message("“{field}” makes much the same difference in each “{area}”", field=field, area=area)
        if area
        else message("the model gives back the answers by “{field}”", field=field)
    )
    return Assumption(
        message("{what} (chance of a larger misfit: {chance})", what=alike, chance=f"{chance:.2f}"),
        "met" if chance >= LEAST else "not met",
    )


def _misfit(yes: Numbers | NDArray[np.int64], asked: Numbers, shares: Numbers, group: NDArray[np.intp]) -> Numbers:
    """Return the sum over groups of squared distances from what the model expects, in units of their variance."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    apart = np.add.reduceat((yes - asked * shares)[:, order], starts, axis=1)
    spread = np.add.reduceat((asked * shares * (1 - shares))[:, order], starts, axis=1)
    return np.asarray((apart**2 / np.maximum(spread, 1e-12)).sum(axis=1))
