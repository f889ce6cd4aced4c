"""Thresholds of searches on real records: what they publish, what they refuse."""

import re
import sys
from functools import partial

import numpy as np
import pytest

from openhalo.base.errors import MissingExtra
from openhalo.statistics import threshold_test
from tests.copies import with_plan
from tests.libraries import needs

from .conftest import SEARCHES_PLAN

pytestmark = [pytest.mark.ci, needs("numba", "nutpie")]
MOST_SURPRISING = 0.07

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
    """About a tenth of the cells lie outside what the model foretells, which is also its limit: chance would decide.

    It draws twice as many as the product does the first time: chains of half the length agree by chance.
    """
    site = with_plan(searches, tmp_path_factory.mktemp("thresholds"), SEARCHES_PLAN + PLANNED)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(threshold_test, "MOST_SURPRISING", MOST_SURPRISING)
        patched.setattr(threshold_test, "threshold_test", partial(threshold_test.threshold_test, draws=1600))
        return site.analyse("stops/search_thresholds")


def test_every_group_has_a_threshold_and_the_chains_are_shown(margin, thresholds):
    assert thresholds.refusal == ""
    assert [one.group for one in thresholds.leading] == ["BLACK", "HISP"]
    assert all(one.low < one.estimate < one.high for one in thresholds.contrasts)
    # Both groups were searched on less evidence, as their lower hit rates suggest.
    margin("high ends of the differences", [one.high for one in thresholds.leading], most=0)
    assert any("the chains agree (R-hat 1.0" in one.text for one in thresholds.assumptions)
    assert {one.way for one in thresholds.contrasts} == {"all stops of a place", "a group's own stops"}


def test_the_thresholds_equal_an_independent_computation(margin, thresholds):
    """NumPyro 0.22 on the same 207 cells, in other parameters (thresholds, not log odds of a search).

    Four chains of 600 + 1,000, ESS at least 3,045. Thresholds, each place by all its stops: 37.75, 26.00 and
    27.61 % (standard deviations 1.83, 0.79, 1.00); by the group's own stops: 37.59, 26.06 and 27.61 %.
    """
    assert thresholds.detail.height == 207
    found, off, ends_off = {(one.way, one.group): one for one in thresholds.contrasts}, [], []
    for group, estimate, low, high in (("BLACK", -0.1175, -0.1569, -0.0784), ("HISP", -0.1014, -0.1426, -0.0590)):
        one = found["all stops of a place", group]
        off.append(one.estimate - estimate)
        ends_off += [one.low - low, one.high - high]
    off.append(found["a group's own stops", "BLACK"].estimate - (0.26057 - 0.37587))
    off.append(found["a group's own stops", "HISP"].estimate - (0.27606 - 0.37587))
    margin("differences off", off, -0.002, 0.002)
    margin("ends of intervals off", ends_off, -0.011, 0.011)
    levels = [float(row[1].strip("%")) for row in thresholds.tables()[0].rows]
    margin("thresholds off, in percent", np.subtract(levels, [37.75, 26.00, 27.61]), -0.25, 0.25)


def test_a_model_that_does_not_foretell_its_cells_says_so(margin, thresholds):
    """Hit rates of precincts differ more than the prior's 0.1 allows: a tenth lie outside the model's 95 % ranges."""
    failing = [one.text for one in thresholds.assumptions if one.state == "not met"]
    assert [text[:37] for text in failing] == ["the model foretells what was counted "]
    told = next(one.text for one in thresholds.assumptions if "foretells" in one.text)
    surprising = max(int(share) for share in re.findall(r"(\d+)% of", told)[:2])
    margin("surprising cells, in percent", surprising, least=100 * MOST_SURPRISING)
    assert thresholds.headline().endswith("a reason to look closer, not as a finding.")


def test_the_model_predicts_what_it_saw(margin, thresholds):
    seen = thresholds.detail
    for made, expected in (("searches", "expected_searches"), ("hits", "expected_hits")):
        margin(f"{expected} over those made", seen[expected].sum() / seen[made].sum(), 0.97, 1.03)
    alike = np.corrcoef(seen["searches"], seen["expected_searches"])[0, 1]
    margin("correlation of searches", alike, least=0.99)
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
