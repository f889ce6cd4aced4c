"""Scenes with several officers, who did not all use the same level of force: what a comparison of them can use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openhalo.language.translation import message
from openhalo.statistics.results import Refused

LEAST_SCENES = 20
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Scenes:
    """Scenes that tell something: several officers, not all with the same level."""

    starts: Indices
    officer: Indices
    level: Indices
    names: NDArray[np.generic]
    kinds: int


def scenes(scene: ArrayLike, officer: ArrayLike, level: ArrayLike) -> Scenes:
    """Return the scenes that the comparison can use.

    Args:
        scene, officer: label of the scene and the officer, one entry an officer and scene.
        level: level of force, whole numbers from 0 up without gaps.

    Raises:
        Refused: too few scenes have several officers who used different levels.
    """
    labels, s = np.unique(np.asarray(scene), return_inverse=True)
    kinds, y = np.unique(np.asarray(level), return_inverse=True)
    low, high = np.full(len(labels), len(kinds)), np.zeros(len(labels), np.int64)
    np.minimum.at(low, s, y)
    np.maximum.at(high, s, y)
    telling = (low < high)[s]
    order = np.flatnonzero(telling)[np.argsort(s[telling], kind="stable")]
    names, who = np.unique(np.asarray(officer)[order], return_inverse=True)
    starts = np.r_[np.flatnonzero(np.diff(s[order], prepend=-1)), len(order)].astype(np.int64)
    if len(starts) - 1 < LEAST_SCENES:
        raise Refused(
            message(
                "only {n} scenes have several officers who used different levels of force; the comparison needs "
                "{least}. Without a record of everyone who was there it cannot be made",
                n=len(starts) - 1,
                least=LEAST_SCENES,
            )
        )
    return Scenes(starts, who.astype(np.int64), y[order].astype(np.int64), names, len(kinds))
