"""The tour in `examples/` runs from the first cell to the last on a real site."""

import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.ci

TOUR = Path(__file__).parents[2] / "examples" / "tour.py"


def test_every_cell_of_the_tour_runs(demo, monkeypatch):
    monkeypatch.setenv("OPENHALO_SITE", str(demo.site.path))
    outputs, defined = runpy.run_path(str(TOUR))["app"].run()
    said = " ".join(getattr(one, "text", "") for one in outputs)
    assert defined["counted"] == 5826
    assert "5,826" in said and "95.7%" in said
    assert "every file is as published" in said
