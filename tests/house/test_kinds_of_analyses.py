"""A kind of analysis has one name: the kind's id, in catalogue, analyses, statistics and tests."""

import sys
from pathlib import Path

import pytest

from openhalo.analyses import kinds
from openhalo.analyses.runner import check_kinds
from openhalo.catalogue.analysis_kinds import KINDS

from .deciding import decided_by_name

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


@pytest.fixture
def forgotten():
    """After the test, Python knows no more of the kind that was made up."""
    yield
    sys.modules.pop(f"{kinds.__name__}.tea_leaves", None)
    vars(kinds).pop("tea_leaves", None)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("", "its module has no `run`"),
        ("import a_module_that_is_gone", "its module cannot be imported (No module named 'a_module_that_is_gone')"),
        (None, "its module has no `run`"),
    ],
)
def test_a_runner_that_runs_nothing_is_one_too(tmp_path, monkeypatch, forgotten, code, found):
    """Also an empty folder: what stays when a kind that was one is deleted."""
    if code is None:
        (tmp_path / "tea_leaves" / "__pycache__").mkdir(parents=True)
    else:
        (tmp_path / "tea_leaves.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    (problem,) = check_kinds(["tea_leaves"])
    assert found in problem.found


def test_nothing_is_decided_by_the_name_of_a_kind():
    deciding = {
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*.py")
        if decided_by_name(path.read_text(encoding="utf-8"), KINDS)
    }
    assert deciding == set()
