"""A kind of signal has one name: the kind's id, in the catalogue and where its officers are found."""

from pathlib import Path

import pytest

from openhalo.catalogue.index import load
from openhalo.catalogue.signal_kinds import KINDS
from openhalo.early_intervention.alerts import check_kinds

LIBRARY = Path(__file__).parents[2] / "src" / "openhalo"


@pytest.mark.parametrize("tree", ["catalogue/signal_kinds", "early_intervention/signal_kinds"])
def test_the_trees_of_kinds_are_equal(tree):
    assert {path.stem for path in (LIBRARY / tree).glob("*.py")} - {"__init__"} == set(KINDS)


def test_a_kind_that_nothing_runs_is_a_problem_of_the_catalogue():
    assert check_kinds() == []
    assert [problem.found for problem in check_kinds(["peers", "tea_leaves"])] == [
        "nothing runs signals of the kind 'tea_leaves'"
    ]


def test_every_kind_is_shipped_in_some_signal():
    assert {signal.kind for signal in load().signals.values()} == set(KINDS)
