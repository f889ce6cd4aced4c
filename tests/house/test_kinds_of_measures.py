"""A kind of measure has one name and one place: its facts in the catalogue, what it computes in `measures.kinds`."""

import re
from pathlib import Path

import pytest

from openhalo.catalogue.index import load
from openhalo.catalogue.measure_kinds import KINDS
from openhalo.language import formatting
from openhalo.language.scales import SCALES
from openhalo.measures.kinds import check_kinds, counting_kind_of, kind_of
from openhalo.measures.measure_kind import CountingKind

from .deciding import decided_by_name

LIBRARY = Path(__file__).parents[2] / "src" / "openhalo"
TREES = ("catalogue/measure_kinds", "measures/kinds")
_COLUMNS = "columns of a table that have such names"
_INDICATORS = "kinds of indicators, which are no measures"
_SIGNALS = "kinds of signals, which are no measures"
_ANSWERS = "scales of answers to a survey: a share or an average, each with its own words"
OTHER_WORDS = {
    "analyses/kinds/outcome_test/answer.py": _COLUMNS,
    "analyses/kinds/survey_estimate/answer.py": _ANSWERS,
    "analyses/kinds/survey_estimate/differences.py": _ANSWERS,
    "analyses/kinds/veil_of_darkness/answer.py": _COLUMNS,
    "catalogue/indicator_rules.py": _INDICATORS,
    "catalogue/indicators.py": _INDICATORS,
    "catalogue/signal_kinds/peers.py": _INDICATORS,
    "early_intervention/factors.py": _INDICATORS,
    "early_intervention/indicators.py": _INDICATORS,
    "early_intervention/signals.py": _SIGNALS,
}
"""Modules that decide by words which happen to be names of kinds, and what these words are there."""


def modules(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir() if path.suffix == ".py"} - {"__init__"}


@pytest.mark.parametrize("tree", TREES)
def test_the_trees_of_kinds_are_equal(tree):
    assert modules(LIBRARY / tree) == set(KINDS)


def test_a_kind_that_nothing_counts_is_a_problem_of_the_catalogue():
    assert check_kinds() == []
    assert [problem.found for problem in check_kinds(["share", "tea_leaves"])] == [
        "nothing runs measures of the kind 'tea_leaves'"
    ]


def test_kinds_have_a_fixed_order_and_a_scale():
    assert len({traits.order for traits in KINDS.values()}) == len(KINDS)
    assert {traits.scale for traits in KINDS.values()} <= set(SCALES)


def test_a_kind_is_no_scale():
    """What a concentration is would be written as a number, where its scale says that it is a percentage."""
    assert formatting.measured(0.312, KINDS["concentration"].scale) == "31.2%"
    with pytest.raises(ValueError, match="'concentration' is no scale"):
        formatting.measured(0.312, "concentration")


def test_a_kind_counts_records_unless_it_compares_groups():
    for spec in load().measures.values():
        assert isinstance(kind_of(spec), CountingKind) is not spec.traits.compares_groups
    compares = next(spec for spec in load().measures.values() if spec.traits.compares_groups)
    with pytest.raises(AssertionError, match="counts no records"):
        counting_kind_of(compares)


def test_decisions_by_name_are_found():
    assert decided_by_name('if spec.kind == "share": pass', KINDS) == [1]
    assert decided_by_name('x = kind not in ("count", "other")', KINDS) == [1]
    assert decided_by_name('heads = {"mean": "Average"}', KINDS) == [1]
    assert decided_by_name('match kind:\n    case "rate":\n        pass', KINDS) == [2]
    assert decided_by_name('_SHARES = ("share", "rate")\nif spec.kind in _SHARES: pass', KINDS) == [2]
    assert decided_by_name('spec.kind.startswith("share")', KINDS) == [1]
    assert decided_by_name('spec.kind in frozenset({"share"})', KINDS) == [1]
    assert decided_by_name('Result(facts={"share": 0.4})', KINDS) == []
    assert decided_by_name('measured(1.0, "ratio")\nif name == "shares": pass', KINDS) == []


def test_nothing_is_decided_by_the_name_of_a_kind():
    deciding = {
        str(path.relative_to(LIBRARY))
        for path in LIBRARY.rglob("*.py")
        if not any(path.is_relative_to(LIBRARY / tree) for tree in TREES)
        and decided_by_name(path.read_text(encoding="utf-8"), KINDS)
    }
    assert deciding == set(OTHER_WORDS), "rename the kind, or say in OTHER_WORDS what the word means there"


def test_no_template_decides_by_the_name_of_a_kind():
    deciding = re.compile(rf"(==|!=|\bin)\s*[\[(]?\s*[\"']({'|'.join(KINDS)})[\"']")
    assert deciding.search('{% if page.spec.kind != "count" %}')
    templates = list(LIBRARY.rglob("*.html"))
    assert len(templates) > 5
    assert [path.name for path in templates if deciding.search(path.read_text(encoding="utf-8"))] == []
