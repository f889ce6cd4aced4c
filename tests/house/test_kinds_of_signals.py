"""A kind of signal has one name: the kind's id, in the catalogue and where its officers are found."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from openhalo.base.errors import CatalogueError
from openhalo.catalogue.index import load
from openhalo.catalogue.kinds import _form
from openhalo.catalogue.signal_kinds import KINDS
from openhalo.catalogue.signal_specs import SignalSpec
from openhalo.early_intervention.alerts import check_kinds

from .deciding import decided_by_name

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


def test_nothing_is_decided_by_the_name_of_a_kind():
    words_of_indicators = {"count", "risk"}
    deciding = {
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*.py")
        if decided_by_name(path.read_text(encoding="utf-8"), {*KINDS} - words_of_indicators)
    }
    assert deciding == {"restricted_reports/backtest_page.py"}, "it names ways to choose, of which one is called so"


def test_a_kind_that_checks_nothing_is_refused_when_the_catalogue_is_read(monkeypatch):
    class Silent(SignalSpec):
        kind: Literal["silent"]

    monkeypatch.setitem(sys.modules, "silent", SimpleNamespace(Silent=Silent))
    with pytest.raises(CatalogueError, match="the kind 'silent' does not say cross_check, facts"):
        _form("silent", "silent", SignalSpec)
