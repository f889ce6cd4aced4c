"""Linear programs over a lattice's sums, kept by the solver (HiGHS) so that each question starts from the last answer.

The questions about one component differ in a few bounds and prices only. Begun where the last one ended, a program
takes a few steps of the simplex method instead of hundreds; with SciPy's HiGHS, which forgets, the same attack took
seven times as long.
"""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from openhalo.base.errors import MissingExtra, Problem, ReleaseError

Numbers = NDArray[np.float64]
FRACTION = 1e-6
"""How far a number may be from a whole one to be taken for it."""


class TimeBudget:
    """A time budget; what does not fit into it is refused, never tried by sample."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.end = seconds, time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            ReleaseError: none are left.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            found = f"the attack on the declared tables takes longer than its {self.seconds:g} seconds"
            todo = "declare fewer or coarser tables, or allow it more time: attack_seconds"
            raise ReleaseError(Problem("disclosure", found, todo=todo))
        return left


class Program:
    """The vectors z with `sums @ z = 0`, asked one question after the other."""

    def __init__(self, sums: csr_array) -> None:
        self.sums, self._kept = sums, _model(sums)

    def furthest(self, goal: Numbers, floor: Numbers, ceiling: Numbers, budget: TimeBudget) -> Numbers | None:
        """Return z between floor and ceiling with the largest `goal @ z`; None where there is no such z.

        Raises:
            ReleaseError: the time is over.
        """
        return _answer(self._kept, goal, floor, ceiling, budget)

    def furthest_whole(self, goal: Numbers, floor: Numbers, ceiling: Numbers, budget: TimeBudget) -> Numbers | None:
        """Return what `furthest` does, among whole numbers only."""
        model = _model(self.sums)
        size = self.sums.shape[1]
        kinds = np.ones(size, np.uint8)
        model.changeColsIntegrality(size, np.arange(size, dtype=np.int32), kinds)
        model.setOptionValue("mip_rel_gap", 0.0)
        model.setOptionValue("presolve", "on")
        found = _answer(model, goal, floor, ceiling, budget)
        return None if found is None else found.round()

    def whole_near(
        self, z: Numbers, goal: Numbers, floor: Numbers, ceiling: Numbers, budget: TimeBudget
    ) -> Numbers | None:
        """Return what `furthest_whole` does, among those that lie at most one beyond z rounded down or up.

        It is found many times sooner where z is furthest of all in fractions, and mostly moves as much.
        """
        low, high = np.floor(z + FRACTION) - 1, np.ceil(z - FRACTION) + 1
        return self.furthest_whole(goal, np.maximum(floor, low), np.minimum(ceiling, high), budget)


def _highs() -> Any:
    try:
        import highspy
    except ImportError:
        raise MissingExtra("publish", "testing a release against attack") from None
    return highspy


def _model(sums: csr_array) -> Any:
    highspy = _highs()
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("presolve", "off")
    rows, size = sums.shape
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = rows, size
    program.row_lower_ = program.row_upper_ = np.zeros(rows)
    program.col_lower_ = program.col_upper_ = program.col_cost_ = np.zeros(size)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_, program.a_matrix_.index_ = sums.indptr, sums.indices
    program.a_matrix_.value_ = sums.data.astype(np.float64)
    model.passModel(program)
    return model


def _answer(model: Any, goal: Numbers, floor: Numbers, ceiling: Numbers, budget: TimeBudget) -> Numbers | None:
    every = np.arange(len(goal), dtype=np.int32)
    model.changeColsCost(len(goal), every, -goal)
    model.changeColsBounds(len(goal), every, floor, ceiling)
    # HiGHS counts the time of all questions together.
    model.setOptionValue("time_limit", model.getRunTime() + budget.left())
    model.run()
    budget.left()
    match status := model.modelStatusToString(model.getModelStatus()):
        case "Optimal":
            return np.asarray(model.getSolution().col_value)
        case "Infeasible":
            return None
        case _:
            raise ReleaseError(Problem("disclosure", f"the attack did not come to an end: {status}"))
