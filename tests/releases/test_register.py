"""The public sees approved releases and no others; each state has its reason and its name."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import ReleaseError
from openhalo.cli.main import app
from openhalo.releases.package import describe, read_descriptor
from openhalo.releases.register import Entry, Register
from tests.releases.site import AGENCY, small_site

HELD = AGENCY + "approval: {needed: true, by: oversight board}\n"


def test_a_release_goes_by_itself_unless_the_site_holds_it(small, small_release):
    entry = next(one for one in small.register.entries() if one.number == small_release.name)
    facts = read_descriptor(small_release)
    assert (entry.state, entry.approved_by) == ("public", "")
    assert (entry.release_hash, entry.store_version) == (facts["release_hash"], facts["store_version"])


def test_a_held_release_waits_is_approved_and_recalled(tmp_path):
    site = small_site(tmp_path / "site", HELD)
    path = str(site.path)
    told = CliRunner().invoke(app, ["publish", path])
    assert "oversight board" in told.stdout and told.stdout.strip().splitlines()[-1].endswith("0001")
    with pytest.raises(ReleaseError, match="0001 waits for approval"):
        site.register.newest()
    assert CliRunner().invoke(app, ["approve", path, "0001", "--by", "J. Rivera"]).exit_code == 0
    assert site.register.newest().name == "0001"
    assert _added(site.register, "waiting") == "0002" and site.register.newest().name == "0001"
    site.register.approve("0002", "J. Rivera")
    assert CliRunner().invoke(app, ["recall", path, "0002", "--reason", "wrong file"]).exit_code == 0
    assert site.register.newest().name == "0001" and (site.releases / "0002").is_dir()
    first, second = site.register.entries()
    assert (first.state, first.approved_by, second.state, second.reason) == (
        "public",
        "J. Rivera",
        "recalled",
        "wrong file",
    )


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda register: register.approve("0001", "A. B."), "it is public"),
        (lambda register: register.approve("0009", "A. B."), "no release '0009'"),
        (lambda register: register.approve("0001", "  "), "nobody is named"),
        (lambda register: register.recall("0001", ""), "no reason"),
    ],
)
def test_mistakes_are_refused_and_change_nothing(small, small_release, act, told):
    before = small.register.entries()
    with pytest.raises(ReleaseError, match=told):
        act(small.register)
    assert small.register.entries() == before


def _added(register, state="public"):
    """Add an empty release, as `publish` does when it has built one."""
    with register.changing():
        number = register.next_number()
        made = {
            "number": number,
            "created": datetime.now(UTC),
            "store_version": 1,
            "release_hash": "",
            "state": state,
        }
        register.add(Entry.model_validate(made))
        (register.folder / number).mkdir()
        describe(register.folder / number, {"store_version": 1}, {})
        return number


def test_a_purge_lists_what_is_not_recalled_yet(tmp_path):
    site = small_site(tmp_path / "site")
    assert [_added(site.register), _added(site.register)] == ["0001", "0002"]
    site.register.recall("0001", "an older mistake")
    assert site.purge("testpd/made_up/17", authority="Court order 1").releases == ["0002"]


def test_many_at_a_time_get_a_number_each(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda _: _added(Register(tmp_path)), range(12)))
    assert sorted(numbers) == [f"{n:04d}" for n in range(1, 13)]
    assert [entry.number for entry in Register(tmp_path).entries()] == sorted(numbers)


def test_a_number_of_a_lost_release_is_not_used_again(tmp_path):
    shutil.rmtree(tmp_path / _added(Register(tmp_path)))
    assert Register(tmp_path).entries() == [] and _added(Register(tmp_path)) == "0002"


def test_a_damaged_register_is_named(tmp_path):
    site = small_site(tmp_path / "site")
    site.register.folder.mkdir()
    site.register.path.write_text("[{]", encoding="utf-8")
    with pytest.raises(ReleaseError, match="the register is damaged"):
        site.publish()
