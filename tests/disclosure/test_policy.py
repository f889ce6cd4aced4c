"""A policy is closed, bounded by the code, and wrong only with its line."""

from datetime import date

import pytest

from openhalo.base.errors import SiteError
from openhalo.disclosure.policy import Policy
from openhalo.sites.disclosure_policy import read_policy

GOOD = """\
k: 10
units: [persons, officers]
zeros: withheld
closed_periods: quarter
tables:
  - {measure: stops/search_share, by: [race, precinct]}
  - {measure: stops/stops, grain: day}
incident_files:
  - record: stops/stop
    identifying: [race, precinct, date, age]
    recode:
      - {kind: period, field: date, grain: quarter}
      - {kind: bands, field: age, starts: [18, 25, 65]}
      - {kind: rare, field: race, below: 50}
      - {kind: leave_out, field: neighborhood}
    outcomes: [{field: searched, harmless: ["no"]}]
    groups: [race]
"""


def test_a_whole_policy_is_read(tmp_path):
    (tmp_path / "disclosure.yaml").write_text(GOOD, encoding="utf-8")
    policy = read_policy(tmp_path / "disclosure.yaml")
    rule = policy.rule()
    assert (rule.k, rule.width, rule.units, rule.zeros_shown) == (10, 5, {"persons": 10, "officers": 3}, False)
    assert policy.incident_files[0].most_lost == 0.1


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("k: 10", "k: 2", 1, "at least 3"),
        ("k: 10", "k: 31", 1, "at most 30"),
        ("k: 10", "k: 10\nwidth: 11", 2, "from 2 to 10"),
        ("[persons, officers]", "[persons, dogs]", 2, "dogs"),
        ("zeros: withheld", "zeros: guessed", 3, "withheld"),
        ("zeros: withheld", "zeroes: withheld", 3, "did you mean 'zeros'"),
        ("by: [race, precinct]", "by: [race, precinct, gender]", 6, "at most 2"),
        ("grain: day", "grain: day, by: [race]", 7, "only totals may be daily"),
        ("starts: [18, 25, 65]", "starts: [18, 65, 25]", 13, "do not rise"),
        ("groups: [race]", "groups: [race]\n    most_lost: 0.2", 18, "at most 0.1"),
    ],
)
def test_each_fault_is_told_at_its_line(tmp_path, old, new, line, said):
    path = tmp_path / "disclosure.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        read_policy(path)
    assert any(f"disclosure.yaml:{line}" in str(p) and said in str(p) for p in caught.value.problems), caught.value


def test_no_policy_is_a_problem(tmp_path):
    with pytest.raises(SiteError, match="no disclosure policy"):
        read_policy(tmp_path / "disclosure.yaml")


def test_only_closed_periods_count():
    policy = Policy()
    assert policy.last_closed(date(2018, 2, 10)) == ("2017-Q4", date(2017, 12, 31))
    assert policy.last_closed(date(2018, 1, 20)) == ("2017-Q3", date(2017, 9, 30))
    assert Policy(closed_periods="year").last_closed(date(2018, 1, 20)) == ("2016", date(2016, 12, 31))
    assert not policy.is_closed(date(2017, 12, 31), date(2018, 1, 30))
    assert policy.next_release(date(2018, 1, 1), date(2018, 1, 9)) == date(2018, 1, 29)
    assert policy.next_release(None, date(2018, 1, 9)) == date(2018, 1, 9)
