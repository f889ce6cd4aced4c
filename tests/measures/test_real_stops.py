"""Figures on real records, equal to what pandas makes of the same file."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

CODES = {"Asian": "ASIAN", "Black": "BLACK", "East African": "EAST_AFRICAN", "Latino": "HISP",
         "Native American": "AIAN", "Other": "OTHER", "White": "WHITE", "Unknown": None}  # fmt: skip


@pytest.fixture
def site(make_site, data):
    site = make_site()
    site.import_file("minneapolis_stops", data / "minneapolis" / "stops_2017.csv.gz")
    return site


def test_search_share_by_race(site, data):
    raw = pd.read_csv(data / "minneapolis" / "stops_2017.csv.gz")
    raw["group"] = raw.race.map(CODES)
    raw["says"] = raw.personSearch.notna() & raw.vehicleSearch.notna()
    raw["searched"] = (raw.personSearch == "YES") | (raw.vehicleSearch == "YES")
    unknown = raw[raw.group.isna() & raw.says]
    with_search, without = unknown.searched.sum(), (~unknown.searched).sum()

    result = site.measure("stops/search_share", by="race", period="year")
    figures = {row["race"]: row for row in result.figures.to_dicts()}
    assert list(figures) == ["ASIAN", "BLACK", "EAST_AFRICAN", "HISP", "AIAN", "WHITE", "OTHER", None]
    for code, rows in raw.groupby(raw.group.fillna("?")):
        row = figures[None if code == "?" else code]
        said = rows[rows.says]
        k, n = said.searched.sum(), len(said)
        assert (row["n"], row["missing"], row["numerator"], row["denominator"]) == (len(rows), len(rows) - n, k, n)
        low, high = proportion_confint(k, n, method="wilson")
        assert (row["value"], row["low"], row["high"]) == (k / n, pytest.approx(low, 1e-12), pytest.approx(high, 1e-12))
        if code != "?":
            assert row["bound_low"] == pytest.approx(k / (n + without), rel=1e-12)
            assert row["bound_high"] == pytest.approx((k + with_search) / (n + with_search), rel=1e-12)
    (whole,) = result.totals.to_dicts()
    assert (whole["numerator"], whole["denominator"], whole["missing"]) == (5_826, 43_699, 8_221)

    (finding,) = [f for f in result.findings if f.guard == "missingness"]
    assert finding.severity == "headline"
    assert (round(finding.facts["recorded_with"], 3), round(finding.facts["recorded_without"], 3)) == (0.957, 0.763)
    assert result.sentence().startswith("Officers searched the person or the vehicle in 13.3% of the stops of 2017")
    assert result.provenance["sources"][0]["unit"] == "stop"


def test_the_command_line_says_the_same_in_words_and_as_json(site):
    def run(*arguments):
        command = [sys.executable, "-m", "openhalo", "measure", *arguments, "--site", str(site.path)]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")

    facts = json.loads(run("stops/search_share", "--by", "race", "--period", "year", "--json").stdout)
    assert facts["totals"][0]["numerator"] == 5_826 and facts["guards"][0]["severity"] == "headline"
    shown = run("stops/search_share", "--by", "race", "--within", "2017-Q1").stdout
    assert "unknown" in shown and "is recorded for" in shown
    assert "stops/stops_per_1000_residents" in run().stdout
    wrong = run("stops/search_share", "--by", "rase")
    assert wrong.returncode == 14 and "did you mean 'race'?" in wrong.stderr and "Traceback" not in wrong.stderr
