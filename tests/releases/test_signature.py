"""A release that was rewritten as a whole, descriptor and all, is found out: by the register, or by the signature."""

import json
import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from openhalo.base.errors import ReleaseError
from openhalo.base.provenance import hash_file
from openhalo.base.signing import site_key
from openhalo.cli.main import app
from openhalo.releases.hashes import verify
from openhalo.releases.package import DESCRIPTOR, read_descriptor, release_hash
from openhalo.releases.signature import SIGNATURE, sign_release
from tests.disclosure.private_department import deliver, department, stops

DAYS = (date(2022, 2, 10), date(2022, 8, 15))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = department(tmp_path_factory.mktemp("signed") / "millbrook")
    rows = stops(3, 900, years=2)
    for day in DAYS:
        deliver(made, rows, day)
        made.publish(today=day)
    return made


@pytest.fixture
def copies(site, tmp_path):
    """The releases alone, as a resident downloads them: without register and site."""
    for number in ("0001", "0002"):
        shutil.copytree(site.releases / number, tmp_path / "mine" / number)
    return tmp_path / "mine"


def rewritten(folder):
    """Change a page, and the descriptor with it, as somebody who knows how releases are made."""
    page = folder / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("Millbrook", "Milbrook"), encoding="utf-8")
    told = read_descriptor(folder)
    for one in told["resources"]:
        if one["path"] == "index.html":
            one |= {"hash": f"sha256:{hash_file(page)}", "bytes": page.stat().st_size}
    told["release_hash"] = release_hash(told)
    (folder / DESCRIPTOR).write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return told


def test_a_release_as_published_passes_with_and_without_the_key(site, copies):
    for folder in (site.releases / "0001", site.releases / "0002", copies / "0001", copies / "0002"):
        assert verify(folder) == verify(folder, site.public_key()) == []


def test_a_page_rewritten_with_its_descriptor_fails_against_the_signature(site, copies):
    rewritten(copies / "0001")
    assert [problem.where for problem in verify(copies / "0001")] == [SIGNATURE]
    (copies / "0001" / SIGNATURE).unlink()
    assert verify(copies / "0001") == [], "without key, register and signature nobody can tell"
    assert [problem.found for problem in verify(copies / "0001", site.public_key())] == ["the release is not signed"]


def test_it_fails_against_the_register_where_that_is_at_hand(site, tmp_path):
    shutil.copytree(site.releases, tmp_path / "releases")
    rewritten(tmp_path / "releases" / "0001")
    (tmp_path / "releases" / "0001" / SIGNATURE).unlink()
    (problem,) = verify(tmp_path / "releases" / "0001")
    assert "register.json" in problem.where and "changed since" in problem.found
    shutil.copytree(site.releases / "0001", tmp_path / "releases" / "0009")
    assert "names no release 0009" in verify(tmp_path / "releases" / "0009")[0].found


def test_another_key_is_not_the_sites(site, copies, tmp_path):
    told = rewritten(copies / "0001")
    sign_release(copies / "0001", told, "", site_key(tmp_path / "thief"))
    assert verify(copies / "0001") == [], "it is signed, by somebody"
    (problem,) = verify(copies / "0001", site.public_key())
    assert "another key" in problem.found


def test_a_release_in_the_place_of_another_breaks_the_chain(site, copies):
    first = read_descriptor(copies / "0001")
    sign_release(copies / "0001", first, "another past", site_key(site.layout.keys))
    assert verify(copies / "0001", site.public_key()) == []
    shutil.rmtree(copies / "0001")
    shutil.copytree(copies / "0002", copies / "0001")
    (problem,) = verify(copies / "0002", site.public_key())
    assert "not made after the release 0002" in problem.found


@pytest.mark.parametrize("spoil", [b"", b"{}", b'{"facts": {}, "public_key": "", "signature": ""}', b"\xff\xfe"])
def test_a_damaged_signature_is_said_plainly(copies, spoil):
    (copies / "0001" / SIGNATURE).write_bytes(spoil)
    assert [problem.where for problem in verify(copies / "0001")] == [SIGNATURE]


def test_the_verb_takes_the_key_as_a_file_or_as_the_site(site, copies, tmp_path):
    for key in (site.path, site.layout.keys / "site.pub"):
        done = CliRunner().invoke(app, ["verify", str(copies / "0001"), "--key", str(key)])
        assert done.exit_code == 0 and "signed with this key" in done.output.replace("\n", " ")
    rewritten(copies / "0001")
    done = CliRunner().invoke(app, ["verify", str(copies / "0001"), "--key", str(site.path)])
    assert done.exit_code == ReleaseError.exit_code


def test_a_release_names_no_delivered_file_of_private_records_and_gives_no_hash_of_one(site):
    """Who holds all rows but one tries what the last could be until the hash fits; a commitment needs the salt."""
    for number in ("0001", "0002"):
        folder = site.releases / number
        told = read_descriptor(folder)["receipts"]
        assert told and all(set(one) == {"delivery", "source", "commitment", "received"} for one in told)
        text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.html"))
        for receipt in site.receipts():
            assert receipt.sha256[:12] not in text and receipt.file not in text
            assert receipt.sha256 not in (folder / DESCRIPTOR).read_text(encoding="utf-8")


def test_who_holds_the_salt_proves_which_file_was_delivered(site, tmp_path):
    release, salt = site.releases / "0001", site.layout.keys / "site.salt"
    file = site.path / f"stops-{DAYS[0]}.csv"
    proves = ["verify", str(release), "--delivery", str(file), "--salt", str(salt)]
    done = CliRunner().invoke(app, proves)
    assert done.exit_code == 0 and "000001" in done.output
    (tmp_path / "other.csv").write_bytes(file.read_bytes() + b"\n")
    proves[3] = str(tmp_path / "other.csv")
    assert isinstance(CliRunner().invoke(app, proves).exception, ReleaseError)
