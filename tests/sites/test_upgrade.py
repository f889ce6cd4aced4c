"""An earlier version's site is carried over by one verb; a later version's is refused by name, and left as it is."""

import json
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import OpenHaloError
from openhalo.cli.main import app
from openhalo.sites.open_site import open_site
from tests.copies import copy_of
from tests.releases.site import rows, small_site
from tests.releases.test_earlier_versions import FROZEN


@pytest.fixture
def earlier(tmp_path):
    """The site that an earlier version made."""
    with tarfile.open(FROZEN) as packed:
        packed.extractall(tmp_path, filter="data")
    return open_site(tmp_path / "site")


def kept(site):
    """Every file of a site that is kept, with its bytes: not its locks, nor what is made again at any time."""
    files = [path for path in site.path.rglob("*") if path.is_file() and path.name != ".lock"]
    return {path.relative_to(site.path).as_posix(): path.read_bytes() for path in files if ".cache" not in path.parts}


def test_a_dry_run_says_what_would_be_changed_and_changes_nothing(earlier):
    before = kept(earlier)
    told = CliRunner().invoke(app, ["upgrade", str(earlier.path), "--dry-run"])
    assert told.exit_code == 0 and "would be changed; nothing was yet" in told.stdout
    assert kept(earlier) == before
    as_json = json.loads(CliRunner().invoke(app, ["upgrade", str(earlier.path), "--dry-run", "--json"]).stdout)
    assert not as_json["changed"]
    done = json.loads(CliRunner().invoke(app, ["upgrade", str(earlier.path), "--json"]).stdout)
    assert (done["changed"], done["changes"]) == (True, as_json["changes"]) and done["changes"]
    after = kept(earlier)
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed == {Path(one["file"]).relative_to(earlier.path).as_posix() for one in done["changes"]}


def test_a_second_upgrade_finds_nothing_to_do(earlier):
    assert earlier.upgrade() != []
    before = kept(earlier)
    assert "nothing to do" in CliRunner().invoke(app, ["upgrade", str(earlier.path)]).stdout
    assert kept(earlier) == before


def test_a_site_of_today_has_nothing_to_upgrade(small_releases):
    assert small_releases.upgrade(dry_run=True) == []


@pytest.fixture(scope="module")
def small_releases(tmp_path_factory):
    """A site with a purge and a release."""
    site = small_site(tmp_path_factory.mktemp("today") / "site")
    key = site.records("stops/stop").collect()["record_key"][0]
    site.purge(key, authority="court order 7")
    site.publish()
    return site


LATER = {
    "store/manifests/000001.json": "the manifest",
    "deliveries/000001/receipt.json": "the receipt",
    "store/purges/000001.json": "the receipt",
    "releases/register.json": "the register",
}


@pytest.mark.parametrize("file", LATER)
def test_a_file_of_a_later_format_is_refused_by_name_and_nothing_is_changed(small_releases, tmp_path, file):
    site = copy_of(small_releases, tmp_path)
    newest = max((site.path / file).parent.glob("[0-9]*.json"), default=site.path / file)
    told = json.loads(newest.read_text())
    newest.write_text(json.dumps({**told, "format": 9, "unheard": "of"}))
    (more := tmp_path / "more.csv").write_text(rows(300), encoding="utf-8")
    before = kept(site)
    asked = {
        "publish": site.publish,
        "import": lambda: site.import_file("made_up", more),
        "upgrade": site.upgrade,
    }
    for verb, ask in asked.items():
        if (verb, file) == ("import", "releases/register.json"):
            continue  # an import reads no register
        with pytest.raises(OpenHaloError) as refused:
            ask()
        (problem,) = refused.value.problems
        assert (problem.where, problem.found) == (str(newest), f"{LATER[file]} is of format 9")
        assert problem.allowed.startswith("format") and problem.todo == "install a newer OpenHALO"
    assert kept(site) == before
