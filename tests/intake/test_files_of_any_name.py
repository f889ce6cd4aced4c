"""The file that is named is read, and no other: a name may hold signs that some libraries take for a pattern."""

import shutil

import polars as pl
import pytest

from openhalo.releases.hashes import verify
from openhalo.verification.rederivation import rederive
from tests.disclosure.private_department import department
from tests.releases.site import small_site

NAMES = ["stops[1]", "st*s1", "stop?1", "stops {a,b}", "50%25 of them", "é à ñ", "file:"]


def site_with(folder, name, form):
    """A site, the file of one row that is named, and a file that its name would find as a pattern."""
    site = department(folder / "site")
    for stem, key in ((name, "named"), ("stops1", "other")):
        said = {"id": key, "occurred_at": "2017-02-03 10:00:00", "race": "BLACK"}
        columns = ["id", *site.catalogue.record_type("stops/stop").written]
        rows = pl.DataFrame({column: [said.get(column, "")] for column in columns})
        write = rows.write_csv if form == "csv" else rows.write_parquet
        write(folder / f"{stem}.{form}")
    return site


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("name", NAMES)
def test_the_named_file_is_read_and_no_other(tmp_path, monkeypatch, name, form):
    site = site_with(tmp_path, name, form)
    monkeypatch.chdir(tmp_path)
    receipt = site.import_file("template:stops/stop", f"{name}.{form}")
    assert (receipt.file, receipt.rows_accepted) == (f"{name}.{form}", 1)
    keys = site.records("stops/stop").collect()["record_key"]
    assert [key for key in keys if key.endswith(("/named", "/other"))] == ["millbrook/template_stops_stop/named"]


@pytest.mark.ci
def test_a_release_in_a_folder_of_any_name_is_verified(tmp_path):
    release = small_site(tmp_path / "site").publish()
    for name in ("0001 [1]", "what? *", "50%25"):
        copied = shutil.copytree(release, tmp_path / name)
        assert verify(copied) == [] and rederive(copied).problems == []
