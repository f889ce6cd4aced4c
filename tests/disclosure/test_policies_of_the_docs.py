"""The policies of the how-to hold, and what `check` refuses of a site is not published either."""

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from openhalo.base.errors import SiteError
from openhalo.sites.disclosure_policy import check_policy
from tests.disclosure.private_department import deliver, department, stops

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to" / "protect-small-groups.md"
DECISION = ROOT / "docs" / "decisions" / "0007-disclosure.md"
POLICIES = [text for text in re.findall(r"```yaml\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL) if "k: " in text]


def test_the_how_to_shows_tables_and_incident_files():
    assert len(POLICIES) >= 2


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_of_the_how_to_checks_clean(tmp_path, policy):
    site = department(tmp_path / "site", policy="{k}{zeros}")
    (site.path / "disclosure.yaml").write_text(policy, encoding="utf-8")
    assert check_policy(site.path, site.catalogue) == []


def test_what_the_decision_says_holds_is_held_by_a_test_and_what_does_not_has_none():
    rows = [line.split("|") for line in DECISION.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)
    }
    named = [(row[1], re.findall(r"`(test_\w+)`", row[3])) for row in rows]
    assert len(named) > 12
    assert {name for _what, names in named for name in names} <= tests
    assert [what for what, names in named if bool(names) == what.strip().startswith("**not**")] == []


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


def test_a_share_of_records_none_of_which_is_blank_is_told(tmp_path):
    policy = "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/search_share, by: [race], grain: all}}\n"
    site = department(tmp_path / "site", policy=policy)
    deliver(site, [row for row in stops(3, 2400, years=1) if row["search_conducted"]], date(2022, 2, 10))
    figures = pl.read_parquet(site.publish(today=date(2022, 2, 10)) / "data/figures.parquet")
    told = {row["code"]: row for row in figures.filter(group="race").to_dicts()}
    assert told["WHITE"]["missing"] == 0 and told["WHITE"]["value"] > 0


def test_rows_do_not_tell_that_a_code_exists(tmp_path):
    """One person of a race that nobody else has, and one stop at a place that nothing else names."""
    policy = (
        "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/stops, by: [race], grain: all}}\n"
        "  - {{measure: stops/stops, by: [precinct], grain: all}}\n"
    )
    rows = [row for row in stops(3, 1200, years=1) if row["race"] != "AIAN"]
    told, rest = [], []
    for number, extra in enumerate(
        ([], [{**rows[0], "id": "one", "race": "AIAN", "precinct": "Cove", "known": "2021-05-05"}])
    ):
        site = department(tmp_path / str(number), policy=policy)
        deliver(site, [*rows, *extra], date(2022, 2, 10))
        figures = pl.read_parquet(site.publish(today=date(2022, 2, 10)) / "data/figures.parquet")
        told.append({(group, code): status for group, code, status in figures[["group", "code", "status"]].rows()})
        total = figures.filter(pl.col("group").is_null())["n"].item()
        rest.append(total - int(figures.filter(group="race")["n"].sum()))
    assert told[0].keys() == told[1].keys() >= {("race", "AIAN"), ("precinct", "1"), ("race", None)}
    assert ("precinct", "Cove") not in told[1]
    assert told[0]["race", "AIAN"] == told[1]["race", "AIAN"] == "withheld"
    assert min(rest) >= 10, "who adds up the shown rows cannot tell whether anybody has the code"


def test_a_village_of_nine_officers_still_speaks(tmp_path):
    policy = (
        "zeros: withheld\ntables:\n  - {measure: stops/stops, by: [race], grain: year}\n"
        "  - {measure: stops/search_share, by: [race], grain: all}\n  - {measure: stops/stops, grain: month}\n"
    )
    site = department(tmp_path / "village", policy="{k}{zeros}")
    (site.path / "disclosure.yaml").write_text(policy, encoding="utf-8")
    rows = [{**row, "officer": f"U{int(row['officer'][1:]) % 9}"} for row in stops(3, 600, years=1)]
    deliver(site, rows, date(2022, 2, 10))
    release = site.publish(today=date(2022, 2, 10))
    figures = pl.read_parquet(release / "data/figures.parquet").filter(pl.col("status") == "ok")
    told = {(row["measure"], row["grain"], row["code"]) for row in figures.to_dicts()}
    assert {("stops/stops", "year", race) for race in ("WHITE", "BLACK", "HISP")} <= told
    assert ("stops/search_share", "all", "BLACK") in told
    assert len(figures.filter(grain="month")) >= 11, "totals of the whole agency are no matter of single officers"


RECORDED = """
label: Stops of a form that was changed
record: stops/stop
publisher: OpenHALO tests
licence: CC0-1.0
reference: tests/disclosure/test_policies_of_the_docs.py
unit: stop
zone: America/Chicago
key: [id]
scope: {mode: append}
recorded: [{field: search_conducted, since: 2021-02-15, note: The form was changed.}]
fields:
  occurred_at: {from: occurred_at, formats: ["%Y-%m-%d %H:%M:%S"]}
  officer: {from: officer}
  race: {from: race, codes: {WHITE: WHITE, BLACK: BLACK, HISP: HISP, ASIAN: ASIAN, AIAN: AIAN}}
  search_conducted: {from: search_conducted, true: ["yes"], false: ["no"]}
ignore: {known: of no use here, gender: same, precinct: same}
"""


def test_a_field_recorded_since_a_day_within_a_quarter_is_told_of_whole_quarters(tmp_path):
    """A figure since 15 February beside one of the whole quarter would tell of the few records between."""
    policy = (
        "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/search_share, by: [race], grain: quarter}}\n"
        "  - {{measure: stops/stops, by: [race], grain: quarter}}\n"
    )
    site = department(tmp_path / "site", policy=policy)
    (site.path / "catalogue" / "sources").mkdir(parents=True)
    (site.path / "catalogue" / "sources" / "form.yaml").write_text(RECORDED, encoding="utf-8")
    rows = stops(3, 2400, years=1)
    pl.DataFrame(rows).write_csv(tmp_path / "stops.csv")
    site = department(tmp_path / "site", policy=policy)
    site.import_file("form", tmp_path / "stops.csv")
    figures = pl.read_parquet(site.publish(today=date(2022, 2, 10)) / "data/figures.parquet")
    shares = figures.filter(measure="stops/search_share")
    assert set(shares.filter(grain="quarter")["period"]) == {"2021-Q2", "2021-Q3", "2021-Q4"}
    total = shares.filter(pl.col("group").is_null())
    assert total["n"].item() == sum(row["occurred_at"] >= "2021-04" for row in rows)
    assert set(figures.filter(measure="stops/stops", grain="quarter")["period"]) > {"2021-Q1"}
