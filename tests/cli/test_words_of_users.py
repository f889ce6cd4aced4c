"""What people type is shown as they typed it, whatever it looks like to a terminal, and stops no verb half done."""

import pytest

from openhalo.sites.open_site import open_site
from tests.cli.test_exit_codes import ended
from tests.disclosure.private_department import department
from tests.releases.site import AGENCY, small_site

STRANGE = "[/b] see [minutes] :smile: [red]"


@pytest.fixture(scope="module")
def waiting(tmp_path_factory):
    site = small_site(tmp_path_factory.mktemp("words") / "site", AGENCY + "approval: {needed: true, by: board}\n")
    site.publish()
    return site


def test_names_and_reasons_are_said_as_they_were_given(waiting, capsys):
    assert ended("approve", str(waiting.path), "0001", "--by", STRANGE) == 0
    assert STRANGE in capsys.readouterr().out.replace("\n", "")
    assert ended("recall", str(waiting.path), "0001", "--reason", STRANGE) == 0
    assert STRANGE in capsys.readouterr().out.replace("\n", " ")
    assert open_site(waiting.path).register.entries()[0].reason == STRANGE


def test_files_of_any_name_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    site = department(tmp_path / "site")
    columns = ["id", *site.catalogue.record_type("stops/stop").written]
    said = {"id": "new", "occurred_at": "2017-02-03 10:00:00", "race": "Martian"}
    row = ",".join(said.get(column, "") for column in columns)
    (tmp_path / "[b] of [x].csv").write_text(f"{','.join(columns)}\n{row}\n")
    assert ended("import", "site", "template:stops/stop", "[b] of [x].csv") == 0
    assert "[b] of [x].csv: 1 rows read" in capsys.readouterr().out.replace("\n", " ")
    assert site.receipts()[-1].rows_rejected == 1
    assert ended("rejects", "site") == 0
    assert "([b] of [x].csv)" in capsys.readouterr().out.replace("\n", " ")
