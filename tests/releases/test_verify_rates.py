"""A rate whose codes are joined on both its sides is counted again from two incident files."""

import shutil

import polars as pl
import pytest

from openhalo.publications.imprint import Declared, Imprint
from openhalo.publications.tables import open_data
from openhalo.publications.tables.definitions_of_release import define
from openhalo.publications.tables.incident_file import write_incidents
from openhalo.publications.tables.release_figures import release_figures
from openhalo.releases.tables import write_twins
from openhalo.sites.open_site import open_site
from openhalo.sites.opened_site import open_records
from openhalo.verification.definitions import write_definitions
from openhalo.verification.derivation import Derivation
from openhalo.verification.rederivation import rederive

AGENCY = """
title: Test city
publisher: {kind: demo, name: OpenHALO tests}
agencies: {testpd: {name: Test Police Department, zone: America/Chicago}}
"""
RATE = "force/applications_per_1000_stops"
RACES = ("BLACK", "EAST_AFRICAN", "WHITE", "")


def rows_of(record, site, size):
    """Records of two years, of races that a rate joins, and some of no known race."""
    spec = site.catalogue.record_type(record)
    blank = dict.fromkeys(spec.written, "")
    forced = {"force_type": "NECK"} if "force_type" in blank else {}
    return [
        {
            **blank,
            "id": str(i),
            "occurred_at": f"{2020 + i % 2}-{1 + i % 12:02}-10 12:00:00",
            "race": RACES[i % 4 if i % 3 else 0],
            "gender": "MALE",
            "precinct": "1",
        }
        | forced
        for i in range(size)
    ]


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    root = tmp_path_factory.mktemp("rates") / "site"
    root.mkdir()
    (root / "agency.yaml").write_text(AGENCY, encoding="utf-8")
    site = open_site(root)
    for record, size in (("stops/stop", 400), ("force/force_application", 90)):
        file = root / f"{record.replace('/', '-')}.csv"
        pl.DataFrame(rows_of(record, site, size)).write_csv(file)
        receipt = site.import_file(f"template:{record}", file)
        assert receipt.rows_rejected == 0
    records, folder = open_records(site), root / "release"
    fields = ["occurred_at", "race", "gender", "precinct", "neighborhood"]
    imprint = Imprint(
        "T",
        "P",
        "agency",
        declared=[Declared(name, fields, "because") for name in ("stops/stop", "force/force_application")],
    )
    answers = [release_figures(site.catalogue.measure(RATE), records)]
    files = write_incidents(folder, ["force/force_application", "stops/stop"], records, imprint)
    definitions = define("0001", answers, records, files)
    write_definitions(folder, definitions)
    open_data.write(folder, answers, site.catalogue, Derivation(definitions))
    return folder


def test_every_figure_of_a_rate_agrees_joined_codes_too(release):
    figures = pl.read_parquet(release / "data" / "figures.parquet")
    race = figures.filter(pl.col("group") == "race", pl.col("grain") == "all")
    assert "EAST_AFRICAN" not in set(race["code"])
    joined = race.row(by_predicate=pl.col("code") == "BLACK", named=True)
    stops = pl.read_parquet(release / "data/incidents/stops/stop.parquet")
    assert joined["denominator"] == stops.filter(pl.col("race").is_in(["BLACK", "EAST_AFRICAN"])).height
    done = rederive(release)
    assert done.problems == []
    assert done.cannot == {}
    assert done.agree == done.figures == figures.height > 40


@pytest.mark.parametrize("place", ["force/force_application", "stops/stop"])
def test_a_race_moved_on_either_side_of_a_rate_is_caught(release, tmp_path, place):
    release = shutil.copytree(release, tmp_path / "release")
    path = release / f"data/incidents/{place}.parquet"
    frame = pl.read_parquet(path)
    row = frame["race"].index_of("EAST_AFRICAN")
    moved = pl.when(pl.int_range(pl.len()) == row).then(pl.lit("WHITE")).otherwise("race").alias("race")
    write_twins(frame.with_columns(moved), path.with_suffix(".csv"))
    assert rederive(release).problems
