"""What a site keeps of its releases to protect the next belongs to one release each, or nothing is published."""

import json
import shutil
from datetime import date

import pytest

from openhalo.base.errors import OpenHaloError
from openhalo.sites.oversight_release import given
from openhalo.sites.publishing import _draft
from tests.copies import copy_of
from tests.disclosure.private_department import deliver, department, stops

DAYS = (date(2022, 2, 10), date(2022, 5, 10))
POLICY = """
k: {k}
zeros: {zeros}
oversight: {{name: Civilian Oversight Commission, duty: City Charter section 38}}
tables:
  - {{measure: stops/stops, by: [race], grain: year}}
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    site = department(tmp_path_factory.mktemp("kept") / "town", policy=POLICY)
    for day in DAYS:
        deliver(site, stops(1, 600, years=2), day)
        site.publish(today=day)
    return site


def swapped(site, *forms):
    for form in forms:
        shutil.copyfile(site.layout.kept_cells / f"0001{form}", site.layout.kept_cells / f"0002{form}")


def flipped(site, form):
    file = site.layout.kept_cells / f"0002{form}"
    held = bytearray(file.read_bytes())
    held[len(held) // 2] ^= 1
    file.write_bytes(held)


def without_word(site):
    """The folder of a release that lost what its descriptor says of protection, and what was kept of it."""
    file = site.releases / "0002" / "datapackage.json"
    told = json.loads(file.read_text("utf-8"))
    del told["disclosure"]
    file.write_text(json.dumps(told), encoding="utf-8")
    (site.layout.kept_cells / "0002.npz").unlink()


HARM = {
    "all of another": lambda site: swapped(site, ".json", ".parquet", ".npz"),
    "cells of another": lambda site: swapped(site, ".parquet"),
    "sums of another": lambda site: swapped(site, ".npz"),
    "a bit of the cells": lambda site: flipped(site, ".parquet"),
    "a bit of the sums": lambda site: flipped(site, ".npz"),
    "no descriptor": lambda site: (site.releases / "0002" / "datapackage.json").unlink(),
    "no word of protection": without_word,
    "no folder of oversight": lambda site: shutil.rmtree(site.layout.for_oversight),
    "no figures for oversight": lambda site: shutil.rmtree(site.layout.for_oversight / "0001"),
}


AT_EVERY_CHANGE = ("cells of another", "no descriptor", "no folder of oversight")


@pytest.mark.parametrize(
    "harm", [pytest.param(harm, marks=[pytest.mark.ci] * (harm not in AT_EVERY_CHANGE)) for harm in HARM]
)
def test_a_site_that_mixed_up_what_it_kept_publishes_no_more(town, tmp_path, harm):
    site = copy_of(town, tmp_path)
    HARM[harm](site)
    with pytest.raises(OpenHaloError, match=r"000[12]"):
        site.publish(today=date(2022, 8, 10))
    assert not (site.releases / "0003").exists()


def test_what_a_killed_publisher_kept_is_gone_after_the_next(town, tmp_path):
    """It was killed between the register and the folder: cells and figures of a release that never came lie there."""
    site = copy_of(town, tmp_path)
    for folder in (site.layout.kept_cells, site.layout.for_oversight):
        for file in folder.glob("0002.*"):
            shutil.copyfile(file, folder / f"0003{file.suffix}")
    shutil.copytree(site.layout.for_oversight / "0002", site.layout.for_oversight / "0003")
    shutil.copytree(site.releases / "0002", site.releases / ".draft-killed" / "0003")
    left = site.layout.kept_cells, site.layout.for_oversight, site.releases
    with _draft(site):
        assert [path for folder in left for path in folder.rglob("*0003*")] == []
    assert len(given(site)) == 2


def test_what_goes_with_a_recalled_release_is_not_handed_over(town, tmp_path):
    site = copy_of(town, tmp_path)
    site.register.recall("0002", "counted twice")
    with pytest.raises(OpenHaloError, match="counted twice"):
        site.hand_over(tmp_path / "given.zip", by="J. Rivera", release="0002")
    assert not (tmp_path / "given.zip").exists()
