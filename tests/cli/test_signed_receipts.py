"""Whoever has a site's public key can tell a receipt that it signed from one that was changed, or is another's."""

import json
import shutil

import pytest
from typer.testing import CliRunner

import openhalo
from openhalo.base.errors import SiteError, StoreError
from openhalo.base.signing import Signed, sign, site_key
from openhalo.cli.main import app
from openhalo.records.purging import receipt_file
from tests.cli.test_exit_codes import EXPORT, HEADER, SETTINGS


@pytest.fixture(scope="module")
def purged(tmp_path_factory):
    """A site that purged one record, and its receipt."""
    folder = tmp_path_factory.mktemp("purged")
    (folder / "site" / "catalogue" / "sources").mkdir(parents=True)
    (folder / "site" / "agency.yaml").write_text(SETTINGS)
    (folder / "site" / "catalogue" / "sources" / "export.yaml").write_text(EXPORT)
    (folder / "stops.csv").write_text(f"{HEADER}\n1,2017-01-01,Black,30,Y\n2,2017-01-02,White,40,N\n")
    site = openhalo.open_site(folder / "site")
    site.import_file("export", folder / "stops.csv")
    with pytest.raises(SiteError, match="makes its own when it first publishes or purges"):
        site.public_key()
    done = site.purge("town/export/1", authority="Court order 2026-118")
    return site, receipt_file(site.store, done.purge)


def verified(signer, receipt, *options):
    return CliRunner().invoke(app, ["verify", str(signer), "--receipt", str(receipt), *options])


def refused(signer, receipt) -> tuple[int, str]:
    """What the command says of a receipt that does not hold: its exit code, and the problem."""
    told = verified(signer, receipt, "--json")
    (problem,) = json.loads(told.stdout)["problems"]
    plain = verified(signer, receipt)
    assert isinstance(plain.exception, StoreError)
    assert str(plain.exception) == problem
    return told.exit_code, problem


def test_a_receipt_holds_against_the_site_and_against_its_public_key_alone(purged, tmp_path):
    site, receipt = purged
    public = shutil.copyfile(site.layout.keys / "site.pub", tmp_path / "theirs.pem")
    for signer in (site.path, public):
        done = verified(signer, receipt)
        assert done.exit_code == 0, done.output
        assert "as it was signed" in done.stdout
        assert "Court order 2026-118" in done.stdout
    told = json.loads(verified(site.path, receipt, "--json").stdout)
    assert (told["problems"], told["authority"], told["purge"]) == ([], "Court order 2026-118", "000001")
    assert site.verify_receipt(receipt).record == "stops/stop"
    assert site.public_key() == public.read_text()


@pytest.mark.parametrize(("key", "value"), [("authority", "nobody"), ("versions", []), ("key_hash", "0" * 64)])
def test_a_receipt_that_was_changed_does_not_hold(purged, tmp_path, key, value):
    site, receipt = purged
    signed = json.loads(receipt.read_text())
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps({**signed, "facts": {**signed["facts"], key: value}}))
    code, problem = refused(site.path, changed)
    assert code == 13
    assert "changed after it was signed" in problem
    with pytest.raises(StoreError, match="changed after"):
        site.verify_receipt(changed)


def test_a_receipt_that_another_key_signed_does_not_hold(purged, tmp_path):
    site, receipt = purged
    facts = json.loads(receipt.read_text())["facts"]
    forged = sign(facts, site_key(tmp_path / "keys"))
    (tmp_path / "forged.json").write_text(forged.model_dump_json())
    code, problem = refused(site.path, tmp_path / "forged.json")
    assert (code, "another key" in problem) == (13, True)
    assert verified(tmp_path / "keys" / "site.pub", tmp_path / "forged.json").exit_code == 0, "it is whole by itself"
    worn = Signed(facts=facts, public_key=site.public_key(), signature=forged.signature)
    (tmp_path / "worn.json").write_text(worn.model_dump_json())
    assert "signature does not fit" in refused(site.path, tmp_path / "worn.json")[1], "nor under the site's name"


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        '{"facts": {}, "public_key": "", "signature": ""}',
        '{"facts": {"figure": 1}, "public_key": "x", "signature": "x"}',
    ],
)
def test_what_is_no_receipt_is_said_to_be_none(purged, tmp_path, text):
    (tmp_path / "other.json").write_text(text)
    code, problem = refused(purged[0].path, tmp_path / "other.json")
    assert code == 13
    assert "no signed receipt" in problem


@pytest.mark.parametrize("signature", ["", "not base64!", "AAAA"])
def test_a_signature_that_is_none_does_not_hold(purged, tmp_path, signature):
    site, receipt = purged
    (tmp_path / "torn.json").write_text(json.dumps({**json.loads(receipt.read_text()), "signature": signature}))
    assert "signature does not fit" in refused(site.path, tmp_path / "torn.json")[1]


def test_a_key_that_is_none_signs_nothing(purged, tmp_path):
    site, receipt = purged
    (tmp_path / "no.pem").write_text("no key")
    with pytest.raises(SiteError, match="this is no public key"):
        raise verified(tmp_path / "no.pem", receipt).exception
    signed = json.loads(receipt.read_text())
    (tmp_path / "said.json").write_text(json.dumps({**signed, "public_key": "no key"}))
    assert "another key" in refused(site.path, tmp_path / "said.json")[1]


def test_a_receipt_or_key_that_is_not_there_is_named(purged, tmp_path):
    site, receipt = purged
    assert "no such file" in refused(site.path, tmp_path / "absent.json")[1]
    with pytest.raises(SiteError, match="no public key"):
        raise verified(tmp_path / "absent.pem", receipt).exception
