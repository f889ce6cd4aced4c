"""An earlier version's site is carried over by one verb; a later version's is refused by name, and left as it is."""

import json
import signal
import subprocess
import sys
import tarfile
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import OpenHaloError
from openhalo.cli.main import app
from openhalo.sites.open_site import open_site
from tests.copies import copy_of
from tests.disclosure.private_department import deliver, department, stops
from tests.releases.site import rows, small_site
from tests.releases.test_earlier_versions import FROZEN
from tests.sites.earlier_formats import as_before


@pytest.fixture
def earlier(tmp_path):
    """The site that an earlier version made."""
    with tarfile.open(FROZEN) as packed:
        packed.extractall(tmp_path, filter="data")
    return open_site(tmp_path / "site")


def kept(site):
    """Every file of a site that is kept, with its bytes: no lock or draft, nor what is made again at any time."""
    files = [
        path for path in site.path.rglob("*") if path.is_file() and path.suffix != ".draft" and path.stem != ".lock"
    ]
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
    """A site with two purges and a release."""
    site = small_site(tmp_path_factory.mktemp("today") / "site")
    for key in site.records("stops/stop").collect()["record_key"][:2]:
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


UPGRADE = """
import os, signal, sys
from pathlib import Path
from openhalo.sites.open_site import open_site
site, before, replace = open_site(sys.argv[1]), int(sys.argv[2]), Path.replace
done = []

def replaced(path, target):
    if len(done) == before:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(target)
    return replace(path, target)

Path.replace = replaced
site.upgrade()
"""


@pytest.mark.ci
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system knows no such kill")
def test_an_upgrade_that_is_killed_before_any_of_its_changes_is_finished_by_the_next(small_releases, tmp_path):
    (tmp_path / "old").mkdir()
    old = as_before(copy_of(small_releases, tmp_path / "old"))
    whole = copy_of(old, tmp_path)
    changes = whole.upgrade()
    assert len(changes) >= 4
    for number in count():
        (folder := tmp_path / str(number)).mkdir()
        site = copy_of(old, folder)
        ended = subprocess.run([sys.executable, "-c", UPGRADE, str(site.path), str(number)], check=False).returncode
        assert site.recompute().problems == []
        assert [entry.number for entry in site.register.entries()] == ["0001"]
        left = [change.file.relative_to(site.path) for change in site.upgrade()]
        assert left == [change.file.relative_to(whole.path) for change in changes[number:]]
        assert kept(site) == kept(whole)
        assert site.upgrade() == []
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    assert number == len(changes)


def test_what_is_kept_of_releases_is_told_apart_after_the_upgrade(tmp_path):
    site = department(tmp_path / "town")
    deliver(site, stops(1, 600, years=1), date(2022, 2, 10))
    site.publish(today=date(2022, 2, 10))
    file = site.layout.kept_cells / "0001.json"
    today = file.read_bytes()
    facts = json.loads(today)
    earlier = {name: value for name, value in facts.items() if name not in ("release", "files", "set_aside")}
    file.write_text(json.dumps({**earlier, "format": 2}), encoding="utf-8")
    assert site.upgrade(dry_run=True) != [] and site.upgrade() != []
    assert file.read_bytes() == today and site.upgrade() == []
