"""A receipt of a purge that is gone, changed, slipped in or another's stops whoever would rest on it, by name."""

import json
import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import StoreError
from openhalo.base.provenance import hash_file
from openhalo.base.signing import sign, site_key
from openhalo.cli.main import app
from openhalo.records.purging import SignedPurge, receipt_file, receipt_files
from openhalo.sites.open_site import open_site
from tests.copies import copy_of
from tests.releases.site import deliver, forge, rows, small_site
from tests.sites.earlier_formats import as_before
from tests.sites.test_upgrade import kept


@pytest.fixture(scope="module")
def purged(tmp_path_factory):
    """A site that published, and purged two records since."""
    site = small_site(tmp_path_factory.mktemp("counted") / "site")
    site.publish()
    for number in (17, 18):
        site.purge(f"testpd/made_up/{number}", authority="Court order 1")
    return site


def hand_written(site):
    """A receipt without signature that would excuse every figure."""
    told = json.loads(receipt_file(site.store, "000002").read_text())
    file = receipt_file(site.store, "000003")
    file.write_text(json.dumps({**told, "facts": {**told["facts"], "purge": "000003"}, "signature": ""}))
    return file


def signed_elsewhere(site):
    file = receipt_file(site.store, "000002")
    facts, keys = json.loads(file.read_text())["facts"], site.path.parent / "other keys"
    file.write_text(SignedPurge(**sign(facts, site_key(keys)).model_dump()).model_dump_json())
    return file


def changed(site, number="000001"):
    file = receipt_file(site.store, number)
    file.write_text(file.read_text().replace("Court order 1", "Court order 2"))
    return file


def gone(site, number):
    file = receipt_file(site.store, number)
    file.unlink()
    return file


def replayed(site):
    """The first one, whole and signed, in the place of the second."""
    file = receipt_file(site.store, "000002")
    shutil.copyfile(receipt_file(site.store, "000001"), file)
    return file


def written_back(site):
    """The last one as an earlier version signed it, which names none before it."""
    file = receipt_file(site.store, "000002")
    facts = json.loads(file.read_text())["facts"] | {"previous": None}
    file.write_text(SignedPurge(**sign(facts, site_key(site.layout.keys)).model_dump()).model_dump_json())
    return file


def signed_again(site, number="000002"):
    """One with other facts, signed by the site and in its place, but never counted."""
    file = receipt_file(site.store, number)
    facts = json.loads(file.read_text())["facts"] | {"versions": []}
    file.write_text(SignedPurge(**sign(facts, site_key(site.layout.keys)).model_dump()).model_dump_json())
    return receipt_file(site.store, "000002")


def without_key(site):
    file = site.layout.keys / "site.pub"
    file.unlink()
    return file


FAULTS = {
    "the key that tells is gone": without_key,
    "one is slipped in by hand": hand_written,
    "another site signed it": signed_elsewhere,
    "it was changed": changed,
    "the last one was changed": lambda site: changed(site, "000002"),
    "the first is gone": lambda site: gone(site, "000001"),
    "the last is gone": lambda site: gone(site, "000002"),
    "one stands for another": replayed,
    "it names none before it": written_back,
    "the last was signed again": signed_again,
    "the one before it was signed again": lambda site: signed_again(site, "000001"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whoever_rests_on_receipts_stops_before_anything_is_written(purged, tmp_path, fault):
    site = copy_of(purged, tmp_path)
    file = FAULTS[fault](site)
    (site.path / "made_up.csv").write_text(rows(300), encoding="utf-8")
    before = kept(site)
    asked = {
        "recompute": site.recompute,
        "import": lambda: site.import_file("made_up", site.path / "made_up.csv"),
        "publish": lambda: site.publish(today=date(2022, 8, 15)),
        "purge": lambda: site.purge("testpd/made_up/19", authority="Court order 3"),
    }
    for ask in asked.values():
        with pytest.raises(StoreError) as refused:
            ask()
        (problem,) = refused.value.problems
        assert (problem.where, problem.todo) == (str(file), "restore the site's backup")
    assert kept(site) == before


def test_the_store_counts_every_purge_and_each_receipt_names_the_one_before(purged):
    first, last = receipt_files(purged.store)
    told = [SignedPurge.model_validate_json(file.read_bytes()).purge.previous for file in (first, last)]
    assert told == ["", hash_file(first)]
    held = purged.store.manifest().purges
    assert (held.number, held.last) == (2, hash_file(last))
    assert purged.verify_receipt(last).purge == "000002"


def test_a_purge_of_what_only_earlier_versions_hold_is_counted(tmp_path):
    site = small_site(tmp_path / "site")
    deliver(site, rows().replace("INC-17,", "INC-17x,"))
    site.purge("testpd/made_up/17", authority="Court order 1")
    assert (site.store.manifest().purges.number, site.store.manifest().version) == (1, 3)


def test_figures_are_held_against_the_records_within_what_was_purged(purged, tmp_path):
    done = purged.recompute("0001")
    assert (done.problems, done.cannot) == ([], {})
    assert done.agree + done.moved == done.figures and 0 < done.moved < done.figures / 2
    told = CliRunner().invoke(app, ["recompute", str(purged.path), "0001"])
    assert f"{done.moved:,} differ by no more than the records that were purged since" in told.stdout


@pytest.mark.parametrize(
    ("column", "measure", "by", "found"),
    [
        ("n", "stops/stops", 1, False),
        ("n", "stops/stops", 3, True),
        ("n", "stops/stops", -1, True),
        ("numerator", "stops/search_share", 3, True),
        ("denominator", "stops/search_share", 3, True),
        ("value", "stops/search_share", 0.01, True),
    ],
)
def test_a_forged_figure_is_found_beside_purged_records(purged, tmp_path, column, measure, by, found):
    """One that no purge touched may pass for as much as was purged, and no more; its value not at all."""
    import polars as pl

    site = copy_of(purged, tmp_path)
    of = (pl.col("measure") == measure) & (pl.col("code") == "ASIAN") & (pl.col("grain") == "all")
    of &= pl.col("group2").is_null()

    def change(table):
        assert table.filter(of).height == 1
        return table.with_columns(pl.when(of).then(pl.col(column) + by).otherwise(column).alias(column))

    forge(site.releases / "0001", "data/figures.csv", change)
    problems = site.recompute("0001").problems
    assert bool(problems) == found
    assert [measure in problem.where for problem in problems] == [True] * found


def test_receipts_of_the_first_format_are_read_with_a_warning_until_the_upgrade_counts_them(purged, tmp_path):
    site = as_before(copy_of(purged, tmp_path))
    told = CliRunner().invoke(app, ["recompute", str(site.path), "0001"])
    assert told.exit_code == 0 and f"openhalo upgrade {site.path}" in told.stderr
    deliver(site, rows(300))
    site.purge("testpd/made_up/19", authority="Court order 3")
    assert site.store.manifest().purges is None
    changes = [change.what for change in site.upgrade()]
    assert sum("names the one before it, and is signed anew" in what for what in changes) == 3
    told = CliRunner().invoke(app, ["recompute", str(site.path), "0001"])
    assert (told.exit_code, told.stderr) == (0, "")
    assert site.store.manifest().purges.number == 3
    gone(site, "000002")
    with pytest.raises(StoreError, match="000002"):
        site.recompute("0001")


def test_an_upgrade_signs_no_receipt_that_the_site_did_not_sign(purged, tmp_path):
    for number, fault in enumerate((hand_written, signed_elsewhere, changed, lambda site: gone(site, "000001"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        site = copy_of(purged, folder)
        as_before(site)
        file = fault(site)
        before = kept(site)
        with pytest.raises(StoreError) as refused:
            open_site(site.path).upgrade()
        assert [problem.where for problem in refused.value.problems] == [str(file)]
        assert kept(site) == before
