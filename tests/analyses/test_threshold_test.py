"""Thresholds of searches on real records: what they publish, what they refuse."""

import sys

import numpy as np
import pytest

from openhalo.base.errors import MissingExtra
from tests.copies import with_plan
from tests.libraries import needs

from .conftest import SEARCHES_PLAN

pytestmark = needs("numba", "nutpie")

PLANNED = """
exploratory:
  - analysis: stops/search_thresholds
    reference: WHITE
    compare: [BLACK, HISP]
    added: 2026-11-23
    because: hit rates alone can mislead
"""


@pytest.fixture(scope="module")
def thresholds(searches, tmp_path_factory):
    site = with_plan(searches, tmp_path_factory.mktemp("thresholds"), SEARCHES_PLAN + PLANNED)
    return site.analyse("stops/search_thresholds")


def test_every_group_has_a_threshold_and_the_chains_are_shown(thresholds):
    assert thresholds.refusal == ""
    assert [one.group for one in thresholds.leading] == ["BLACK", "HISP"]
    assert all(one.low < one.estimate < one.high for one in thresholds.contrasts)
    # Both groups were searched on less evidence, as their lower hit rates suggest.
    assert all(one.high < 0 for one in thresholds.leading)
    assert any("the chains agree (R-hat 1.00" in one.text for one in thresholds.assumptions)
    assert {one.way for one in thresholds.contrasts} == {"all stops of a place", "a group's own stops"}


def test_the_thresholds_equal_an_independent_computation(thresholds):
    """NumPyro 0.22 on the same 207 cells, in other parameters (thresholds, not log odds of a search).

    Four chains of 600 + 1,000, ESS at least 3,045. Thresholds, each place by all its stops: 37.75, 26.00 and
    27.61 % (standard deviations 1.83, 0.79, 1.00); by the group's own stops: 37.59, 26.06 and 27.61 %.
    """
    assert thresholds.detail.height == 207
    found = {(one.way, one.group): one for one in thresholds.contrasts}
    for group, estimate, low, high in (("BLACK", -0.1175, -0.1569, -0.0784), ("HISP", -0.1014, -0.1426, -0.0590)):
        one = found["all stops of a place", group]
        assert one.estimate == pytest.approx(estimate, abs=0.002)
        assert (one.low, one.high) == pytest.approx((low, high), abs=0.006)
    assert found["a group's own stops", "BLACK"].estimate == pytest.approx(0.26057 - 0.37587, abs=0.002)
    assert found["a group's own stops", "HISP"].estimate == pytest.approx(0.27606 - 0.37587, abs=0.002)
    levels = [row[1] for row in thresholds.tables()[0].rows]
    assert [float(level.strip("%")) for level in levels] == pytest.approx([37.75, 26.00, 27.61], abs=0.25)


def test_a_model_that_does_not_foretell_its_cells_says_so(thresholds):
    """Hit rates of precincts differ more than the prior's 0.1 allows: a tenth lie outside the model's 95 % ranges."""
    failing = [one.text for one in thresholds.assumptions if one.state == "not met"]
    assert [text[:37] for text in failing] == ["the model foretells what was counted "]
    assert thresholds.headline().endswith("a reason to look closer, not as a finding.")


def test_the_model_predicts_what_it_saw(thresholds):
    seen = thresholds.detail
    for made, expected in (("searches", "expected_searches"), ("hits", "expected_hits")):
        assert seen[expected].sum() == pytest.approx(seen[made].sum(), rel=0.03)
    assert np.corrcoef(seen["searches"], seen["expected_searches"])[0, 1] > 0.99
    check = thresholds.pictures()[1]
    assert sum(len(panel.points) for panel in check.first[0]) == 2 * seen.height


def test_stops_without_what_was_found_are_refused(city):
    said = city.analyse("stops/search_thresholds").sentence()
    assert "what a search found is recorded for only 0 of" in said


def test_what_is_not_installed_is_named(monkeypatch):
    from openhalo.statistics import posteriors

    monkeypatch.setitem(sys.modules, "nutpie", None)
    with pytest.raises(MissingExtra, match=r"openhalo\[bayes\]"):
        posteriors.draw(lambda q: (0.0, q), np.zeros(2))
