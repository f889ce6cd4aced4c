"""The policies of the how-to hold, and what `check` refuses of a site is not published either."""

import re
from datetime import date
from pathlib import Path

import pytest

from openhalo.base.errors import SiteError
from openhalo.sites.disclosure_policy import check_policy
from tests.disclosure.private_department import deliver, department, stops

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "protect-small-groups.md"
POLICIES = [text for text in re.findall(r"```yaml\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL) if "k: " in text]


def test_the_how_to_shows_tables_and_incident_files():
    assert len(POLICIES) >= 2


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_of_the_how_to_checks_clean(tmp_path, policy):
    site = department(tmp_path / "site", policy="{k}{zeros}")
    (site.path / "disclosure.yaml").write_text(policy, encoding="utf-8")
    assert check_policy(site.path, site.catalogue) == []


def test_publish_refuses_what_check_refuses(tmp_path):
    site = department(tmp_path / "site")
    deliver(site, stops(3, 600, years=1), date(2022, 2, 10))
    with (site.path / "agency.yaml").open("a", encoding="utf-8") as settings:
        settings.write("visitor_places: {neighbourhood: [Docks]}\n")
    with pytest.raises(SiteError, match="neighbourhood"):
        site.publish(today=date(2022, 2, 10))
    assert not list(site.releases.glob("[0-9]*"))
