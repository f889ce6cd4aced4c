"""Figures on real records, equal to what pandas makes of the same file."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from openhalo.cli.main import app
from openhalo.measures.counting import Kept
from openhalo.measures.evaluation import evaluate
from openhalo.measures.planning import Question
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site
from openhalo.sites.opened_site import open_records
from tests.libraries import library

pd = library("pandas")
proportion = library("statsmodels.stats.proportion")

CODES = {
    "Asian": "ASIAN",
    "Black": "BLACK",
    "East African": "EAST_AFRICAN",
    "Latino": "HISP",
    "Native American": "AIAN",
    "Other": "OTHER",
    "White": "WHITE",
    "Unknown": None,
}
FILES = {
    "minneapolis_stops": "stops_2017.csv.gz",
    "minneapolis_force": "force_2016_2021.csv.gz",
    "minneapolis_population": "demographics_neighborhood_2015.csv",
}


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
        low, high = proportion.proportion_confint(k, n, method="wilson")
        assert (row["value"], row["low"], row["high"]) == (k / n, pytest.approx(low, 1e-12), pytest.approx(high, 1e-12))
        if code != "?":
            assert row["bound_low"] == pytest.approx(k / (n + without), rel=1e-12)
            assert row["bound_high"] == pytest.approx((k + with_search) / (n + with_search), rel=1e-12)
    (whole,) = result.totals.to_dicts()
    assert (whole["numerator"], whole["denominator"], whole["missing"]) == (5_826, 43_699, 8_221)

    (note,) = [f for f in result.guard_notes if f.guard == "missingness"]
    assert note.severity == "headline"
    assert (round(note.facts["recorded_with"], 3), round(note.facts["recorded_without"], 3)) == (0.957, 0.763)
    assert result.sentence().startswith("Officers searched the person or the vehicle in 13.3% of the stops of 2017")
    assert result.provenance["sources"][0]["unit"] == "stop"


def test_the_command_line_says_the_same_in_words_and_as_json(site):
    def run(*arguments):
        return CliRunner().invoke(app, ["measure", *arguments, "--site", str(site.path)])

    facts = json.loads(run("stops/search_share", "--by", "race", "--period", "year", "--json").stdout)
    assert facts["totals"][0]["numerator"] == 5_826 and facts["guards"][0]["severity"] == "headline"
    shown = run("stops/search_share", "--by", "race", "--within", "2017-Q1").stdout
    assert "unknown" in shown and "is recorded for" in shown
    assert "stops/stops_per_1000_residents" in run().stdout
    command = [sys.executable, "-m", "openhalo", "measure", "stops/search_share", "--by", "rase", "--site", site.path]
    wrong = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert wrong.returncode == 14 and "did you mean 'race'?" in wrong.stderr and "Traceback" not in wrong.stderr


@pytest.fixture(scope="module")
def city(data, tmp_path_factory):
    folder = init_site(tmp_path_factory.mktemp("city") / "site", "City", "City police", "mpd")
    with (folder / "agency.yaml").open("a", encoding="utf-8") as settings:
        settings.write("visitor_places: {neighborhood: [Downtown West, Downtown East, Mid - City Industrial]}\n")
    site = open_site(folder)
    for source, name in FILES.items():
        site.import_file(source, data / "minneapolis" / name)
    return site


@pytest.fixture
def raw(data):
    def read(source):
        return pd.read_csv(data / "minneapolis" / FILES[source])

    return read


def test_recording_of_race_depends_on_the_search(city, raw):
    stops = raw("minneapolis_stops").dropna(subset=["personSearch", "vehicleSearch"])
    searched = (stops.personSearch == "YES") | (stops.vehicleSearch == "YES")
    known = stops.race.notna() & (stops.race != "Unknown")
    ratio = city.measure("stops/race_recorded_with_search_ratio", by="search_conducted").figures
    (row,) = ratio.filter(search_conducted="true").to_dicts()
    assert row["value"] == pytest.approx(known[searched].mean() / known[~searched].mean(), rel=1e-12)
    assert (row["numerator"], row["denominator"]) == (known[searched].sum(), searched.sum())


def test_searches_by_race_and_reason(city, raw):
    stops = raw("minneapolis_stops").assign(race=lambda rows: rows.race.map(CODES), reason=lambda rows: rows.problem)
    stops = stops.dropna(subset=["personSearch", "vehicleSearch", "race"])
    searched = (stops.personSearch == "YES") | (stops.vehicleSearch == "YES")
    expected = searched.groupby([stops.race, stops.reason.str.upper()]).mean()
    found = city.measure("stops/search_share", by=["race", "reason"]).figures.drop_nulls(["race", "reason"])
    assert {(r["race"], r["reason"]): pytest.approx(r["value"], rel=1e-12) for r in found.to_dicts()} == dict(expected)


def test_citations_are_compared_from_the_day_on_which_they_were_recorded(city, raw):
    stops = raw("minneapolis_stops")
    said = stops[stops.citationIssued.notna()].assign(given=lambda rows: rows.citationIssued == "YES")
    shares = said.groupby(said.race.map(CODES)).given.mean()
    result = city.measure("stops/citation_share_ratio", by="race")
    found = {row["race"]: row["value"] for row in result.figures.to_dicts() if row["race"]}
    assert found == {race: pytest.approx(share / shares["WHITE"], rel=1e-12) for race, share in shares.items()}
    assert str(result.provenance["first"]) == "2017-07-06"


def test_force_per_stop_counts_both_sides_alike_and_gives_no_zero_for_a_group_without_a_word(city, raw):
    force = raw("minneapolis_force")
    force = force[force.response_datetime.str.startswith("2017")].race.value_counts()
    stops = raw("minneapolis_stops").race.value_counts()
    result = city.measure("force/applications_per_1000_stops", by="race")
    found = {row["race"]: row for row in result.figures.to_dicts()}
    black = 1000 * force["Black"] / (stops["Black"] + stops["East African"])
    assert found["BLACK"]["value"] == pytest.approx(black, rel=1e-12)
    assert found["WHITE"]["value"] == pytest.approx(1000 * force["White"] / stops["White"], rel=1e-12)
    assert (found["HISP"]["n"], found["HISP"]["value"], found["HISP"]["status"]) == (0, None, "not_coded")
    assert "no entry for Hispanic or Latino" in " ".join(f.text for f in result.guard_notes if f.severity == "headline")
    ratio = city.measure("force/applications_per_stop_ratio", by="race").figures
    assert ratio.filter(race="BLACK")["value"].item() == pytest.approx(black / found["WHITE"]["value"], rel=1e-12)


def test_injuries_are_counted_while_the_form_asked_for_them(city, raw):
    force = raw("minneapolis_force")
    early = force[force.response_datetime < "2018/06/04"]
    hurt, said = (early.subject_injury == "Yes").sum(), early.subject_injury.isin(["Yes", "No"]).sum()
    (whole,) = city.measure("force/subject_injury_share").totals.to_dicts()
    assert (whole["n"], whole["numerator"], whole["denominator"]) == (len(early), hurt, said)


def test_per_1000_residents_of_matched_places_and_none_downtown(city, raw):
    people = raw("minneapolis_population").set_index("neighborhood")
    visited = ["Downtown West", "Downtown East", "Mid - City Industrial"]
    homes = people.drop(visited)
    for measure, source in (
        ("stops/stops_per_1000_residents", "minneapolis_stops"),
        ("force/applications_per_1000_residents", "minneapolis_force"),
    ):
        rows = raw(source)
        year = rows[rows.response_datetime.str.startswith("2017")] if source == "minneapolis_force" else rows
        at_home = year[year.neighborhood.isin(homes.index)]
        by_race = {row["race"]: row for row in city.measure(measure, by="race", within="2017").figures.to_dicts()}
        for code, names, share in (("WHITE", ["White"], "white"), ("BLACK", ["Black", "East African"], "black")):
            residents = (homes.population * homes[share]).round().sum()
            assert by_race[code]["denominator"] == pytest.approx(residents, abs=2), "shares are rounded half up or even"
            assert by_race[code]["numerator"] == at_home.race.isin(names).sum()
            assert by_race[code]["status"] == "ok"
        assert by_race[None]["status"] == "no_denominator"
        places = city.measure(measure, by="neighborhood", within="2017")
        found = {row["neighborhood"]: row for row in places.figures.to_dicts()}
        counts = year.neighborhood.value_counts()
        for place in homes.index:
            assert found[place]["value"] == pytest.approx(1000 * counts.get(place, 0) / homes.population[place])
        assert {found[place]["status"] for place in visited} == {"visitors"}
        assert all(found[place]["value"] is None for place in visited)
        (whole,) = places.totals.to_dicts()
        assert (whole["numerator"], whole["denominator"]) == (len(at_home), homes.population.sum())
    assert raw("minneapolis_force").neighborhood.value_counts()["Downtown West"] == 2_928
    assert people.population["Downtown West"] == 7_141


def test_cuts_made_from_one_reading_are_those_of_the_records(city):
    records = open_records(city)
    for name in ("stops/person_search_share", "force/subject_age_mean", "force/applications_per_1000_residents"):
        spec, kept = city.catalogue.measure(name), Kept()
        for by in ([], *([group] for group in spec.groups), *spec.pairs):
            for grain in ("year", *(("quarter",) if "quarter" in spec.periods else ())):
                question = Question(spec, list(by), grain)
                ours, theirs = evaluate(question, records, kept), evaluate(question, records)
                assert ours.figures.equals(theirs.figures) and ours.totals.equals(theirs.totals), (name, by, grain)
