"""A risk model is switched on where the site's own history shows that it beats the shrunken count, and nowhere else."""

import json
import random
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from openhalo.base.errors import SiteError
from openhalo.cli.main import app
from openhalo.sites.governance import check_governance
from openhalo.sites.open_site import open_site
from tests.copies import copy_of

from .test_backtest import RECORD
from .test_signals import DAY, deliver, department

pytestmark = pytest.mark.ci

OWN = """
kind: risk
label: A model of force
why: Test.
model: logistic
foresees: force_reports
counted: force_reports
sources: [test]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Force strikes at random; a complaint follows force within a year, and says nothing about the next one."""
    folder, draw = tmp_path_factory.mktemp("risk"), random.Random(2)
    site = department(folder, 300)
    force, complaints = [], [{"id": "last", "officer": "0", "received_on": "2020-12-31"}]
    for year in range(2012, 2021):
        for officer in range(300):
            if draw.random() < 0.3:
                force.append({"id": len(force), "officer": officer, "occurred_at": f"{year}-06-01 12:00"})
                if year < 2020 and draw.random() < 0.9:
                    day = f"{year + 1}-0{draw.randrange(1, 10)}-11"
                    complaints.append({"id": len(complaints), "officer": officer, "received_on": day})
    force.append({"id": "last", "officer": "0", "occurred_at": "2020-12-31 12:00"})
    deliver(site, "force/force_report", force, folder)
    deliver(
        site, "complaints/complaint", [{"id": c["id"], "received_on": c["received_on"]} for c in complaints], folder
    )
    deliver(
        site,
        "complaints/allegation",
        [{"id": c["id"], "complaint": c["id"], "officer": c["officer"]} for c in complaints],
        folder,
    )
    own = site.path / "catalogue" / "indicators" / "signals" / "risk_force.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(OWN, "utf-8")
    return open_site(site.path)


@pytest.fixture
def city(made, tmp_path):
    return copy_of(made, tmp_path)


def govern(city, *signals, capacity=40):
    (city.path / "governance.yaml").write_text(yaml.safe_dump(RECORD | {"signals": [*signals], "capacity": capacity}))
    return [problem.found for problem in check_governance(city.path, city.catalogue)]


def test_a_model_that_wins_may_be_switched_on_after_its_backtest_and_only_as_it_was_tried(city):
    (found,) = govern(city, "risk_logistic")
    assert "no backtest of 'allegations' with these definitions and a capacity of 40 is kept" in found
    with pytest.raises(SiteError, match="may not be switched on"):
        city.signal(DAY)
    checked = CliRunner().invoke(app, ["check", str(city.path)])
    assert checked.exit_code == 10
    tried = city.backtest(first=2018, last=2019)
    score = next(one for one in tried.scores if one.policy == "logistic")
    assert score.precision.value > 0.7 > 2 * tried.base
    assert score.better.low > 0
    assert govern(city, "risk_logistic") == []
    found = city.signal(DAY)
    assert len(found.signals) == 40
    reasons = [one for signal in found.signals for one in signal.factors if one.kind == "risk"]
    assert {one.direction for one in reasons} <= {"speaks for a look", "speaks against it"}
    assert sum(one.indicator.startswith(("force", "days_since_force")) and one.times > 1 for one in reasons) >= 40
    assert "force_reports" in found.signals[0].inputs
    assert "capacity of 41" in govern(city, "risk_logistic", capacity=41)[0]
    (file,) = city.path.glob("backtests/allegations-*.json")
    kept = json.loads(file.read_text("utf-8"))
    assert len(kept["provenance"]["data"]) == len(kept["provenance"]["config"]) == 64
    file.write_text(json.dumps(kept | {"provenance": kept["provenance"] | {"data": "0" * 64}}), "utf-8")
    assert "on other records or definitions" in govern(city, "risk_logistic")[0]


def test_a_model_that_is_not_surely_better_stays_off(city):
    govern(city, "risk_force")
    tried = city.backtest(outcome="force_reports", first=2018, last=2019, capacity=40)
    score = next(one for one in tried.scores if one.policy == "logistic")
    assert score.better.low <= 0
    (found,) = govern(city, "risk_force")
    assert "which is not surely above zero" in found
    with pytest.raises(SiteError, match="not surely above zero"):
        city.signal(DAY)


def test_a_signal_or_outcome_that_does_not_exist_is_named(city):
    assert "there is no signal or rule 'acusations'" in govern(city, "acusations")[0]
    record = RECORD | {"outcome": "acusations"}
    (city.path / "governance.yaml").write_text(yaml.safe_dump(record))
    assert "no count over twelve months 'acusations'" in check_governance(city.path, city.catalogue)[0].found


def test_the_governance_record_of_the_how_to_is_one(city):
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "switch-on-early-intervention.md").read_text("utf-8")
    (city.path / "governance.yaml").write_text(re.search(r"```yaml\n(.*?)```", page, re.S)[1], "utf-8")
    assert check_governance(city.path, city.catalogue) == []
