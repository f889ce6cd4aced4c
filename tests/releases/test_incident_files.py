"""The incident file holds what may go out and nothing else, in an order that tells nothing."""

import polars as pl

from openhalo.catalogue.record_types import STAGING_COLUMNS, SYSTEM_COLUMNS
from openhalo.publications.imprint import Declared, Imprint
from openhalo.publications.tables.incident_file import write_incidents
from openhalo.sites.opened_site import open_records
from tests.releases.site import rows, small_site

PLACE = "data/incidents/stops/stop.parquet"


def test_it_holds_declared_public_fields_and_no_other(small, small_release):
    columns = set(pl.read_parquet(small_release / PLACE).columns)
    fields = small.catalogue.record_type("stops/stop").fields
    declared = small.settings.declared_public[0].fields
    allowed = {c for name in declared if fields[name].privacy == "public" for c in fields[name].columns(name)}
    assert columns <= allowed | {"agency"}
    assert {"occurred_at", "race", "race_missing", "search_conducted", "precinct"} <= columns
    assert {"age", "latitude"} <= set(declared) and not {"age", "latitude", "incident"} & columns
    assert not columns & ({*SYSTEM_COLUMNS, *STAGING_COLUMNS} - {"agency"})


def test_no_file_of_a_release_holds_a_key_or_an_internal_value(small_release):
    said = [path for path in small_release.rglob("*") if path.suffix in (".csv", ".json", ".html")]
    assert said and not [path for path in said if "INC-1" in path.read_text(encoding="utf-8")]
    for path in small_release.rglob("*.parquet"):
        frame = pl.read_parquet(path)
        texts = frame.select(pl.col(pl.String)).unpivot()["value"].drop_nulls()
        assert not texts.str.contains("INC-|testpd/").any(), path


def test_the_order_of_rows_tells_nothing_about_their_entry(small_release, tmp_path):
    head, *lines = rows().splitlines()
    frames = []
    for name, order in (("forth", lines), ("back", lines[::-1])):
        site = small_site(tmp_path / name, text="\n".join([head, *order]) + "\n")
        declared = [Declared("stops/stop", ["occurred_at", "race", "precinct", "search_conducted"], "because")]
        imprint = Imprint("T", "P", "agency", declared=declared)
        write_incidents(tmp_path / name / "out", ["stops/stop"], open_records(site), imprint)
        frames.append(pl.read_parquet(tmp_path / name / "out" / PLACE))
    assert frames[0].equals(frames[1], null_equal=True)
    assert frames[0]["occurred_at"].is_sorted()


def test_without_a_declaration_or_a_policy_there_is_no_file(small, tmp_path):
    assert write_incidents(tmp_path, ["stops/stop"], open_records(small), Imprint("T", "P", "agency")) == []
    assert list(tmp_path.iterdir()) == []
