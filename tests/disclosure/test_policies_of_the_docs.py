"""The policies of the how-to hold, and what `check` refuses of a site is not published either."""

import re
from datetime import date
from pathlib import Path

import polars as pl
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


def test_a_count_and_the_share_of_it_go_out_together(tmp_path):
    """Some records do not say whether there was a search: they are none in no table, and unknown in each."""
    policy = (
        "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/searches, by: [race], grain: all}}\n"
        "  - {{measure: stops/search_share, by: [race], grain: all}}\n"
    )
    site = department(tmp_path / "site", policy=policy)
    rows = stops(3, 2400, years=1)
    assert any(row["search_conducted"] == "" for row in rows)
    deliver(site, rows, date(2022, 2, 10))
    release = site.publish(today=date(2022, 2, 10))
    figures = pl.read_parquet(release / "data/figures.parquet").filter(pl.col("code") == "WHITE")
    told = {row["measure"]: row for row in figures.to_dicts()}
    assert told["stops/searches"]["n"] == told["stops/search_share"]["numerator"] > 10
