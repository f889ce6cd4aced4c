"""`openhalo check` holds a policy against the catalogue and tells each fault at its line."""

from datetime import date

import pytest
from typer.testing import CliRunner

from openhalo.catalogue.index import load
from openhalo.cli.main import app
from openhalo.sites.disclosure_policy import check_policy
from tests.disclosure.private_department import deliver, department, stops

GOOD = """\
tables:
  - {measure: stops/stops, by: [race]}
  - {measure: stops/search_share_ratio, by: [race], grain: year}
singly:
  - {measure: force/applications, reason: Each counts.}
incident_files:
  - record: stops/stop
    identifying: [occurred_at, race, precinct]
    recode: [{kind: period, field: occurred_at, grain: quarter}]
"""


@pytest.fixture(scope="module")
def catalogue():
    return load()


def test_a_good_policy_and_none_are_fine(tmp_path, catalogue):
    assert check_policy(tmp_path, catalogue) == []
    (tmp_path / "disclosure.yaml").write_text(GOOD, encoding="utf-8")
    assert check_policy(tmp_path, catalogue) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("stops/stops", "stops/stopps", 2, "did you mean 'stops/stops'"),
        ("by: [race]}", "by: [rase]}", 2, "cannot be cut by 'rase'"),
        ("grain: year", "grain: month", 3, "has no figures by month"),
        ("stops/stops, by: [race]", "complaints/complaints", 1, "does not tell officers apart"),
        ("stops/stops, by: [race]", "stops/stops_per_1000_residents, by: [race], grain: year", 2, "not protected"),
        ("force/applications", "force/aplications", 5, "there is no measure"),
        ("record: stops/stop", "record: stops/stip", 7, "there is no record type"),
        ("race, precinct]\n", "race, precint]\n", 7, "'precint' is no field"),
        ("[occurred_at, race, precinct]", "[race, precinct]", 7, "not among the identifying fields"),
    ],
)
def test_what_is_not_there_is_told_at_its_line(tmp_path, catalogue, old, new, line, said):
    (tmp_path / "disclosure.yaml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    problems = check_policy(tmp_path, catalogue)
    assert any(f"disclosure.yaml:{line}" in str(p) and said in str(p) for p in problems), problems


FILE = """
incident_files:
  - record: stops/stop
    unit: officer
    identifying: [occurred_at, race]
    recode:
      - {{kind: period, field: occurred_at, grain: quarter}}
      - {{kind: rare, field: race, below: 600}}
    groups: [race]
"""


def test_check_says_what_a_policy_costs_and_refuses_one_that_costs_too_much(tmp_path):
    tables = "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/stops, by: [race]}}\n"
    rough = "k: 5\nzeros: {zeros}\n" + FILE
    site = department(tmp_path / "millbrook", policy=tables)
    deliver(site, stops(5, 9000, years=2), date(2024, 3, 1))
    done = CliRunner().invoke(app, ["check", str(site.path)])
    assert done.exit_code == 0, done.output
    assert "stops/stops: " in done.output
    assert "figures would be withheld" in done.output
    department(site.path, policy=rough)
    done = CliRunner().invoke(app, ["check", str(site.path)])
    assert done.exit_code == 0, done.output
    assert "incident file stops/stop, race WHITE: 0.0%" in done.output
    fine = rough.replace("[occurred_at, race]", "[occurred_at, race, precinct, gender]")
    department(site.path, policy=fine)
    done = CliRunner().invoke(app, ["check", str(site.path)])
    assert done.exit_code != 0
    assert "records would be lost" in done.output + done.stderr
