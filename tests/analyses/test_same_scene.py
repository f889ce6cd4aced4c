"""Officers at the same scene: how many stand out, and that nobody is named."""

import numpy as np
import polars as pl
import pytest

from openhalo.intake.template import example_cells
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site
from tests.libraries import needs

pytestmark = needs("numba", "nutpie")


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


@pytest.mark.ci
def test_officers_who_stand_out_are_counted_and_never_named(margin, scenes):
    found = scenes.analyse("force/same_scene")
    assert "1 of 30 officers most likely use more force than nearly all others" in found.sentence()
    assert "does not foretell" not in found.sentence()
    assert set(found.facts["predicted"]) == {"levels", "sizes", "pairs"}
    margin("least tail", min(found.facts["predicted"].values()), least=0.01)
    few, _many = found.pictures()[1].first[0]
    assert len(few.points) == 3  # no group of under ten officers is drawn
    assert any(note.startswith("As a check, 400 made-up sets of records") for note in found.notes)
    assert found.facts["officers"] == 30
    low, middle, high = (one.estimate for one in found.contrasts)
    assert low < middle < high
    everything = f"{found.to_dict()} {found.detail.columns} {found.pictures()[0].spec()}"
    assert "officer': '" not in everything and "names" not in everything


def test_force_without_officers_is_refused(city):
    assert "scenes have several officers who used different levels" in city.analyse("force/same_scene").sentence()
