"""Signals, verdicts and interventions may be published as figures: by kind, never by officer, small ones withheld."""

import re
import shutil

import polars as pl
import pytest

from openhalo.base.errors import ReleaseError
from openhalo.releases.hashes import verify
from openhalo.sites.open_site import open_site

from .made_up import names, rows_in

POLICY = """
k: 10
units: [officers]
closed_periods: year
tables:
  - {measure: officers/signals, by: [kind], grain: year}
  - {measure: officers/signal_reviewed_share, by: [kind], grain: year}
  - {measure: officers/days_to_review_median, grain: year}
  - {measure: officers/factor_verdicts, by: [verdict], grain: year}
  - {measure: officers/interventions, by: [kind], grain: year}
"""
KINDS = ["Threshold reached"] * 40 + ["Compared with peers"] * 25 + ["Single critical event"] * 3


@pytest.fixture(scope="module")
def reviewed(town, tmp_path_factory):
    """The town with 68 signals of 2012, verdicts on them, and 68 interventions."""
    folder = tmp_path_factory.mktemp("reviewed")
    site = open_site(shutil.copytree(town.path, folder / "site"))
    count = len(KINDS)
    officers, ids = names()[:count], [f"s{number:03d}" for number in range(count)]
    rows_in(
        site,
        "officers/signal",
        folder,
        id=ids,
        officer=officers,
        raised_on=["2012-03-31"] * count,
        kind=KINDS,
        reviewed_on=["2012-04-10"] * 60 + [""] * 8,
        days_to_review=["10"] * 60 + [""] * 8,
        decision=["No need found"] * 60 + [""] * 8,
    )
    rows_in(
        site,
        "officers/factor_verdict",
        folder,
        id=ids,
        signal=ids,
        given_on=["2012-04-10"] * count,
        factor=["allegations"] * count,
        verdict=["Useful"] * 30 + ["Already known"] * (count - 30),
    )
    rows_in(
        site,
        "officers/intervention",
        folder,
        id=ids,
        officer=officers,
        signal=ids,
        begun_on=["2012-05-01"] * count,
        kind=["Mentoring"] * (count - 2) + ["Other duties"] * 2,
    )
    return open_site(site.path)


def test_figures_are_counted_by_kind(reviewed):
    by = {row["kind"]: row["n"] for row in reviewed.measure("officers/signals", by="kind").figures.to_dicts()}
    assert by == {"CRITICAL_EVENT": 3, "PEERS": 25, "THRESHOLD": 40}
    median = reviewed.measure("officers/days_to_review_median").figures.to_dicts()[0]
    assert (median["value"], median["denominator"], median["missing"]) == (10, 60, 8)
    verdicts = reviewed.measure("officers/factor_verdicts", by="verdict").figures.to_dicts()
    assert {row["verdict"]: row["n"] for row in verdicts} == {"KNOWN": 38, "USEFUL": 30}


def test_without_a_decision_on_disclosure_nothing_goes_out(reviewed):
    with pytest.raises(ReleaseError, match="declared public"):
        reviewed.publish()


def test_a_release_withholds_small_kinds_and_names_no_officer(reviewed, tmp_path):
    site = open_site(shutil.copytree(reviewed.path, tmp_path / "site"))
    (site.path / "disclosure.yaml").write_text(POLICY, encoding="utf-8")
    folder = open_site(site.path).publish()
    assert verify(folder) == []
    figures = pl.read_csv(folder / "data" / "figures.csv", infer_schema_length=0)
    held = figures.filter(pl.col("measure") == "officers/signals", pl.col("code") == "CRITICAL_EVENT")
    assert held.height
    assert set(held["status"]) == {"withheld"}
    shown = figures.filter(pl.col("measure") == "officers/signals", pl.col("code").is_in(["THRESHOLD", "PEERS"]))
    assert {"40", "25"} & {*shown["n"]}, "what hides the three is as few numbers as it takes"
    named = re.compile(r"P-o\d{4}|officers/o\d{4}|\bs0\d\d\b|Name of o")
    for file in folder.rglob("*"):
        if file.suffix in (".csv", ".json", ".html", ".svg"):
            assert not named.search(file.read_text("utf-8")), file
        if file.suffix == ".parquet":
            frame = pl.read_parquet(file)
            assert not {"officer", "signal", "factor"} & set(frame.columns), file
