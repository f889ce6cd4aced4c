"""A publisher that is killed leaves nothing behind that the next one does not remove."""

import signal
import subprocess
import sys
import time
from datetime import date

import pytest

from openhalo.releases.hashes import verify
from openhalo.sites.init import init_site
from openhalo.sites.layout import SiteLayout
from openhalo.sites.open_site import open_site
from tests.copies import copy_of
from tests.disclosure.private_department import deliver, department, stops

pytestmark = pytest.mark.ci

DAY = date(2022, 2, 10)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = department(tmp_path_factory.mktemp("killed") / "millbrook")
    deliver(made, stops(3, 900, years=1), DAY)
    return made


def drafts(site):
    return [path.name for path in site.releases.iterdir() if path.name.startswith(".draft-")]


def test_what_a_killed_publisher_left_is_gone_after_the_next(site):
    command = [sys.executable, "-m", "openhalo", "publish", str(site.path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 120
        while not (site.releases.is_dir() and any(site.releases.glob(".draft-*/*/data"))):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert len(drafts(site)) == 1
    release = site.publish(today=DAY)
    assert drafts(site) == [] and verify(release) == []
    assert [path.name for path in site.register.public()] == [release.name]


def mode(path):
    return path.stat().st_mode & 0o777


def test_what_only_the_site_may_see_is_readable_by_its_owner_alone(site, tmp_path):
    copy = copy_of(site, tmp_path)
    if not copy.register.public():
        copy.publish(today=DAY)
    layout = SiteLayout(copy.path)
    assert {mode(path) for path in layout.private if path.is_dir()} == {0o700}
    assert {"store", "deliveries", "disclosure"} <= {path.name for path in layout.private if path.is_dir()}
    new = SiteLayout(init_site(tmp_path / "new", "T", "N"))
    assert {path.name: mode(path) for path in (new.store, new.deliveries)} == {"store": 0o700, "deliveries": 0o700}


def test_a_folder_that_stood_open_is_shut_by_the_next_import(tmp_path):
    made = department(tmp_path / "open")
    layout = SiteLayout(made.path)
    for folder in (layout.store, layout.deliveries):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    deliver(open_site(made.path), stops(3, 20, years=1), DAY)
    assert mode(layout.store) == mode(layout.deliveries) == 0o700
