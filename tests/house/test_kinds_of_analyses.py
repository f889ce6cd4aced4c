"""A kind of analysis has one name: the kind's id, in catalogue, analyses, statistics and tests."""

from pathlib import Path

import pytest

from openhalo.analyses.runner import check_kinds
from openhalo.catalogue.analysis_kinds import KINDS

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "src" / "openhalo"


def modules(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()} - {
        "__init__"
    }


@pytest.mark.parametrize("tree", ["catalogue/analysis_kinds", "analyses/kinds"])
def test_the_trees_of_kinds_are_equal(tree):
    assert modules(LIBRARY / tree) == set(KINDS)


def test_each_kind_has_a_statistic_of_its_name():
    assert set(KINDS) - modules(LIBRARY / "statistics") == set()


def test_each_kind_has_a_test_of_its_name():
    assert {f"test_{kind}" for kind in KINDS} - modules(ROOT / "tests" / "analyses") == set()


def test_a_kind_that_nothing_runs_is_a_problem_of_the_catalogue():
    assert check_kinds() == []
    assert [problem.found for problem in check_kinds(["funnel", "tea_leaves"])] == [
        "nothing runs analyses of the kind 'tea_leaves'"
    ]
