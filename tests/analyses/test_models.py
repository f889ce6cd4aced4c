"""Models on records: thresholds of searches, officers at the same scene; what they publish, what they refuse."""

import sys

import numpy as np
import polars as pl
import pytest

from openhalo.base.errors import MissingExtra
from openhalo.intake.template import example_cells
from openhalo.sites.making import init_site
from openhalo.sites.open_site import open_site

pytest.importorskip("numba")
pytest.importorskip("nutpie")
PLANNED = """
exploratory:
  - analysis: stops/search_thresholds
    reference: WHITE
    compare: [BLACK, HISP]
    added: 2026-11-23
    because: hit rates alone can mislead
"""


@pytest.fixture(scope="module")
def thresholds(searches):
    plan = searches.path / "analysis_plan.yaml"
    kept = plan.read_text(encoding="utf-8")
    plan.write_text(kept + PLANNED, encoding="utf-8")
    try:
        yield open_site(searches.path).analyse("stops/search_thresholds")
    finally:
        plan.write_text(kept, encoding="utf-8")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """A site with 400 scenes of four officers, of whom the eighth uses far more force than the others."""
    folder = tmp_path_factory.mktemp("scenes")
    rng = np.random.default_rng(4)
    scene = np.repeat(np.arange(400), 4)
    officer = np.concatenate([rng.choice(30, 4, replace=False) for _ in range(400)])
    level = (rng.random(1600) < 1 / (1 + np.exp(1 - np.where(officer == 7, 2.0, 0.0)))).astype(int) + 1
    rows = (
        pl.DataFrame({"incident": scene, "officer": officer, "level": level})
        .with_row_index("id")
        .with_columns(
            occurred_at=pl.lit("2020-01-01 12:00"), force_type=pl.lit("PHYSICAL"), level_scheme=pl.lit("made up")
        )
    )
    site = open_site(init_site(folder / "site", "City", "City police", "cpd"))
    settings = site.path / "agency.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("cpd: {", "cpd: {zone: UTC, "), encoding="utf-8")
    site = open_site(site.path)
    columns = example_cells(site.catalogue.record_type("force/force_application"), site.catalogue.schema)
    blank = [pl.lit("").alias(name) for name in columns if name not in rows.columns]
    rows.with_columns(blank).select(*columns).write_csv(folder / "force.csv")
    receipt = site.import_file("template:force/force_application", folder / "force.csv")
    assert receipt.rows_rejected == 0
    return open_site(site.path)


def test_every_group_has_a_threshold_and_the_chains_are_shown(thresholds):
    assert thresholds.refusal == ""
    assert [one.group for one in thresholds.leading] == ["BLACK", "HISP"]
    assert all(one.low < one.estimate < one.high for one in thresholds.contrasts)
    # Both groups were searched on less evidence, as their lower hit rates suggest.
    assert all(one.high < 0 for one in thresholds.leading)
    assert any("the chains agree (R-hat 1.00" in one.text for one in thresholds.assumptions)
    assert {one.way for one in thresholds.contrasts} == {"all stops of a place", "a group's own stops"}


def test_the_model_predicts_what_it_saw(thresholds):
    seen = thresholds.detail
    for made, expected in (("searches", "expected_searches"), ("hits", "expected_hits")):
        assert seen[expected].sum() == pytest.approx(seen[made].sum(), rel=0.03)
    assert np.corrcoef(seen["searches"], seen["expected_searches"])[0, 1] > 0.99
    check = thresholds.depict()[1]
    assert sum(len(panel.points) for panel in check.first[0]) == 2 * seen.height


def test_stops_without_what_was_found_are_refused(city):
    said = city.analyse("stops/search_thresholds").sentence()
    assert "what a search found is recorded for only 0 of" in said


def test_officers_who_stand_out_are_counted_and_never_named(scenes):
    found = scenes.analyse("force/same_scene")
    assert "1 of 30 officers most likely use more force than nearly all others" in found.sentence()
    assert found.facts["officers"] == 30
    low, middle, high = (one.estimate for one in found.contrasts)
    assert low < middle < high
    everything = f"{found.to_dict()} {found.detail.columns} {found.chart()}"
    assert "officer': '" not in everything and "names" not in everything


def test_force_without_officers_is_refused(city):
    assert "scenes have several officers who used different levels" in city.analyse("force/same_scene").sentence()


def test_what_is_not_installed_is_named(monkeypatch):
    from openhalo.statistics import posteriors

    monkeypatch.setitem(sys.modules, "nutpie", None)
    with pytest.raises(MissingExtra, match=r"openhalo\[bayes\]"):
        posteriors.draw(lambda q: (0.0, q), np.zeros(2))
