"""Records of a private department go out one by one, made coarser, and what is out is never recoded again."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from openhalo.base.errors import ReleaseError, SiteError
from openhalo.sites.open_site import open_site
from openhalo.verification.rederivation import rederive
from tests.disclosure.private_department import deliver, department, publish_as_records_come_in, stops
from tests.libraries import library

pd = library("pandas")

POLICY = """
k: {k}
zeros: {zeros}
closed_periods: quarter
incident_files:
  - record: stops/stop
    unit: officer
    identifying: [occurred_at, race, precinct]
    recode:
      - {{kind: period, field: occurred_at, grain: quarter}}
      - {{kind: codes, field: race, groups: {{OTHER: [ASIAN, AIAN]}}}}
      - {{kind: codes, field: precinct, groups: {{"2": ["3", Lake]}}}}
    outcomes: [{{field: search_conducted, harmless: ["false"]}}]
    groups: [race]
"""
DAYS = (date(2022, 2, 10), date(2022, 8, 15), date(2023, 2, 5))
PLACE = "data/incidents/stops/stop.parquet"
LOOKS = ["occurred_at_date", "race", "precinct"]


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    """A private site with an incident file, its records, and three releases."""
    site = department(tmp_path_factory.mktemp("sites") / "harbour", k=5, policy=POLICY)
    rows = stops(7, 9000, years=2)
    return site, rows, publish_as_records_come_in(site, rows, DAYS)


def test_what_is_out_stays_as_it_is_and_new_days_come_beside_it(harbour):
    _site, _rows, releases = harbour
    before = pl.DataFrame()
    for release in releases:
        frame = pl.read_parquet(release / PLACE)
        told = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]["incident_files"]
        spans = [span.split("..") for span in told["stops/stop"]["counted_from_versions"]]
        last = max(end for _start, end in spans)
        assert frame["occurred_at_date"].max() <= date.fromisoformat(last)
        if before.height:
            old = frame.filter(pl.col("occurred_at_date") <= before["occurred_at_date"].max())
            assert old.sort(old.columns).equals(before.sort(before.columns))
        assert frame.height > before.height
        before = frame


def test_nobody_stands_alone_in_any_stretch(harbour):
    """Whoever knows the days that were recoded together finds at least k officers who look alike in them."""
    _site, rows, releases = harbour
    frame = pl.read_parquet(releases[-1] / PLACE)
    assert set(frame.columns) == {"occurred_at_date", "occurred_at_precision", "race", "precinct", "search_conducted"}
    assert frame.group_by(LOOKS).len()["len"].min() >= 5
    seen = frame.group_by(LOOKS).agg(pl.col("search_conducted").unique())["search_conducted"].to_list()
    assert [True] not in seen
    lost = 1 - frame.height / sum(row["known"] <= str(DAYS[2]) for row in rows)
    assert 0 <= lost < 0.05


def test_everyone_can_count_every_figure_and_they_are_those_of_the_file(harbour):
    _site, _rows, releases = harbour
    for release in releases:
        done = rederive(release)
        assert done.problems == []
        assert done.cannot == {}
        assert done.agree == done.figures > 30
    frame = pd.read_parquet(releases[-1] / PLACE)
    figures = pd.read_csv(releases[-1] / "data" / "figures.csv", dtype={"code": str})
    shares = figures[(figures.measure == "stops/search_share") & (figures.group == "race") & (figures.grain == "all")]
    shares = shares[shares.group2.isna()]
    plain = (
        frame[frame.search_conducted.notna()]
        .astype({"search_conducted": float})
        .groupby("race")
        .search_conducted.mean()
    )
    assert np.allclose(shares.dropna(subset=["code"]).set_index("code").value.sort_index(), plain.sort_index())
    assert set(figures.grain) <= {"all", "quarter", "year"}


@pytest.mark.ci
def test_the_agency_recodes_the_same_days_of_the_same_versions_to_the_same_rows(harbour):
    site, _rows, releases = harbour
    for release in releases:
        done = site.recompute(release.name)
        assert (done.problems, done.cannot) == ([], {})
        assert done.agree == done.figures


@pytest.mark.ci
def test_a_late_record_moves_no_figure_of_days_that_are_out(tmp_path):
    site, rows = department(tmp_path / "harbour", k=5, policy=POLICY), stops(8, 9000, years=1)
    (first,) = publish_as_records_come_in(site, rows, (date(2022, 2, 10),))
    late = [{**rows[0], "id": f"late-{i}", "known": "2022-02-20"} for i in range(40)]
    (second,) = publish_as_records_come_in(site, [*rows, *late], (date(2022, 4, 10),))
    one, other = (pd.read_csv(folder / "data" / "figures.csv") for folder in (first, second))
    assert one.equals(other)


@pytest.mark.ci
def test_another_recoding_of_what_is_out_is_refused(tmp_path):
    site, rows = department(tmp_path / "harbour", k=5, policy=POLICY), stops(8, 5000, years=1)
    publish_as_records_come_in(site, rows, (date(2022, 2, 10),))
    finer = POLICY.replace('{{"2": ["3", Lake]}}', '{{"1": ["3", Lake]}}')
    for k, policy in ((5, finer), (6, POLICY)):
        with pytest.raises(ReleaseError, match=r"recoded in another way(.|\n)*with k 5"):
            department(site.path, k=k, policy=policy).publish(today=date(2022, 4, 10))
    assert department(site.path, k=5, policy=POLICY.replace("groups: [race]", "groups: [precinct]")).publish(
        today=date(2022, 4, 10)
    )


@pytest.mark.ci
def test_days_with_too_few_records_wait_and_the_page_says_so(tmp_path):
    rows = stops(9, 6000, years=2)
    few = [row for i, row in enumerate(rows) if row["occurred_at"] < "2022-01-01" or i % 60 == 0]
    site = department(tmp_path / "harbour", k=5, policy=POLICY)
    first, second = publish_as_records_come_in(site, few, (date(2022, 2, 10), date(2022, 8, 15)))
    assert (first / PLACE).read_bytes() == (second / PLACE).read_bytes()
    said = (second / "pages" / "stops" / "search_share.html").read_text(encoding="utf-8")
    assert "wait for a later release, because they are few" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "- {{kind: period, field: occurred_at, grain: quarter}}",
            "- {{kind: rare, field: race, below: 2}}",
            "would go out as it is",
        ),
        ("grain: quarter}}", "grain: year}}", "days are closed by the quarter"),
        ("[occurred_at, race, precinct]", "[race, precinct]", "not among the identifying fields"),
    ],
)
def test_the_time_of_records_must_be_coarse(tmp_path, old, new, said):
    site = department(tmp_path / "harbour", k=5, policy=POLICY.replace(old, new))
    deliver(site, stops(8, 2000, years=1), date(2022, 2, 10))
    with pytest.raises(SiteError, match=said):
        site.publish(today=date(2022, 2, 10))
    assert any(said in problem.found for problem in site.dry_run(today=date(2022, 2, 10)).problems)


@pytest.mark.ci
def test_nothing_else_tells_exactly_what_the_file_tells_coarsely(tmp_path):
    site = department(tmp_path / "harbour", k=5, policy=POLICY)
    deliver(site, stops(8, 5000, years=1), date(2022, 2, 10))
    agency = site.path / "agency.yaml"
    text = agency.read_text(encoding="utf-8")
    every = "[occurred_at, race, gender, precinct, neighborhood, reason, reason_detail, search_conducted]"
    declared = f"declared_public: [{{record: stops/stop, fields: {every}, reason: On the city's site.}}]\n"
    agency.write_text(text + declared, encoding="utf-8")
    with pytest.raises(ReleaseError, match="keep the declaration or the incident file"):
        open_site(site.path).publish(today=date(2022, 2, 10))
    table = "tables:\n  - {{measure: stops/stops, by: [race], grain: all}}\n"
    with pytest.raises(ReleaseError, match="one would give away what the other hides"):
        department(site.path, k=5, policy=POLICY + table).publish(today=date(2022, 2, 10))


@pytest.mark.ci
@pytest.mark.parametrize("turned", [False, True])
def test_records_do_not_go_out_in_tables_and_one_by_one(tmp_path, turned):
    tables = "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/stops, by: [race], grain: all}}\n"
    first, then = (POLICY, tables) if turned else (tables, POLICY)
    site, rows = department(tmp_path / "harbour", k=5, policy=first), stops(8, 5000, years=1)
    publish_as_records_come_in(site, rows, (date(2022, 2, 10),))
    with pytest.raises(ReleaseError, match="would give away those few records"):
        department(site.path, k=5, policy=then).publish(today=date(2022, 4, 10))
