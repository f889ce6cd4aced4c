"""A private department publishes as its records come in; an attacker who has only the CSV files tries them."""

import json
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from openhalo.base.errors import ReleaseError, StoreError
from openhalo.publications.protection import protected_tables
from tests.disclosure.conftest import DAYS
from tests.disclosure.private_department import department, publish_as_records_come_in, stops
from tests.disclosure.published_attack import counted_from, too_close, tried
from tests.libraries import library

pd = library("pandas")


@pytest.mark.ci
def test_no_secret_is_recovered_from_the_published_files(millbrook):
    site, rows, releases = millbrook
    found, shown = tried(site, releases, rows, DAYS)
    assert len(found) == 40
    assert shown == set()
    assert too_close(found, 10) == {}


def test_without_complementary_suppression_the_attacker_succeeds(tmp_path, monkeypatch):
    monkeypatch.setattr(protected_tables, "withhold_together", lambda parts, *_: parts)
    site, rows = department(tmp_path / "millbrook"), stops(1, 2400, years=2)
    releases = publish_as_records_come_in(site, rows, DAYS[:1])
    assert len(too_close(tried(site, releases, rows, DAYS)[0], 10)) > 5


@pytest.mark.ci
def test_pages_say_what_is_withheld_and_nothing_private_goes_out(millbrook):
    site, _rows, releases = millbrook
    page = (releases[-1] / "pages" / "stops" / "search_share.html").read_text(encoding="utf-8")
    assert "withheld (protects fewer than 10)" in page
    assert "they count fewer than 10 people or 3 officers" in page
    kept = sorted(path.name for path in (site.path / "disclosure").iterdir())
    assert kept == sorted(f"{n:04}.{kind}" for n in (1, 2, 3) for kind in ("json", "npz", "parquet"))
    for release in releases:
        names = {path.name for path in release.rglob("*") if path.is_file()}
        assert not any(name.endswith(".npz") for name in names)
        assert not names & set(kept)
        told = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]
        assert 0 < told["withheld"] < told["figures"]
        assert told["k"] == 10


@pytest.mark.ci
def test_only_declared_tables_of_closed_periods_go_out(millbrook):
    _site, _rows, releases = millbrook
    figures = pd.read_csv(releases[-1] / "data" / "figures.csv", dtype=str, keep_default_na=False)
    assert set(figures.measure) == {"stops/stops", "stops/search_share", "stops/search_share_ratio"}
    assert figures[figures.grain == "quarter"].period.max() == "2022-Q4"
    assert set(figures[figures.grain == "all"].period) == {f"{figures.period.min()[:4]}-01-01..2022-12-31"}
    by = set(zip(figures.measure, figures.group, figures.group2, strict=True))
    assert ("stops/stops", "reason", "") not in by
    assert ("stops/stops", "race", "precinct") in by


@pytest.mark.ci
def test_a_release_too_soon_is_refused(millbrook):
    site, _rows, _releases = millbrook
    with pytest.raises(ReleaseError, match=r"went out on 2023-02-05") as caught:
        site.publish(today=date(2023, 2, 20))
    assert "publish on 2023-03-05 or later" in str(caught.value)


@pytest.mark.ci
def test_late_records_wait_until_they_are_enough(millbrook):
    _site, _rows, releases = millbrook
    table = ("stops/stops", ("race",), "quarter")
    by_race = next(versions for tables, versions in counted_from(releases[-1]) if table in tables)
    assert by_race["2022-10-01..2022-12-31"] == 3
    assert 1 in by_race.values(), "some earlier quarter is still counted as it was"


@pytest.mark.ci
def test_each_release_is_counted_again_from_the_versions_that_it_names(millbrook):
    site, _rows, releases = millbrook
    for release in releases:
        done = site.recompute(release.name)
        assert done.problems == [], release.name
        assert done.cannot == {}
        assert done.withheld > 10
        assert done.agree == done.figures - done.withheld > 10


@pytest.mark.ci
def test_a_release_that_is_gone_no_longer_counts(tmp_path):
    site, rows = department(tmp_path / "millbrook"), stops(2, 600, years=1)
    (first,) = publish_as_records_come_in(site, rows, (date(2022, 2, 10),))
    site.register.recall("0001", "A table was wrong.")
    with pytest.raises(ReleaseError, match="went out on 2022-02-10"):  # someone may have kept it
        site.publish(today=date(2022, 2, 11))
    first.rename(tmp_path / "recalled")
    assert site.publish(today=date(2022, 2, 11)).is_dir(), "no waiting time after a release that nobody has"


@pytest.mark.parametrize(
    "lost", ["", *(pytest.param(f"/0001.{form}", marks=pytest.mark.ci) for form in ("json", "parquet", "npz"))]
)
def test_a_site_that_lost_what_it_kept_publishes_no_more(tmp_path, lost):
    site, rows = department(tmp_path / "millbrook"), stops(2, 600, years=1)
    publish_as_records_come_in(site, rows, (date(2022, 2, 10),))
    (site.path / f"disclosure{lost}").rename(tmp_path / "elsewhere")
    with pytest.raises(ReleaseError, match=r"release 0001: .* is gone\n.*restore .*disclosure"):
        site.publish(today=date(2022, 8, 15))
    (tmp_path / "elsewhere").rename(site.path / f"disclosure{lost}")
    assert site.publish(today=date(2022, 8, 15)).is_dir()


@pytest.mark.ci
def test_what_is_kept_and_damaged_is_named(tmp_path):
    site, rows = department(tmp_path / "millbrook"), stops(2, 600, years=1)
    publish_as_records_come_in(site, rows, (date(2022, 2, 10),))
    kept = {path: path.read_bytes() for path in (site.path / "disclosure").iterdir()}
    for path, content in kept.items():
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(StoreError, match="disclosure/0001"):
            site.publish(today=date(2022, 8, 15))
        path.write_bytes(content)


def test_without_policy_the_refusal_names_both_ways(tmp_path):
    site, rows = department(tmp_path / "millbrook"), stops(2, 50, years=1)
    (site.path / "disclosure.yaml").unlink()
    with pytest.raises(ReleaseError) as caught:
        publish_as_records_come_in(site, rows, (date(2022, 2, 10),))
    assert "declared_public" in str(caught.value)
    assert "disclosure.yaml" in str(caught.value)


def test_a_small_department_publishes_the_pool_of_its_years(tmp_path):
    policy = "k: {k}\nzeros: {zeros}\ntables:\n  - {{measure: stops/stops, by: [precinct], grain: quarter}}\n"
    site, rows = department(tmp_path / "millbrook", policy=policy), stops(3, 90)
    (release,) = publish_as_records_come_in(site, rows, (date(2024, 2, 10),))
    figures = pd.read_csv(release / "data" / "figures.csv", dtype=str, keep_default_na=False)
    by = figures[figures.group == "precinct"]
    assert set(by.grain) == {"all"}
    assert set(by.status) == {"ok", "withheld"}


@pytest.mark.ci
def test_deaths_and_shootings_are_published_singly(tmp_path):
    policy = "k: {k}\nzeros: {zeros}\nsingly:\n  - {{measure: stops/stops, reason: Each one matters.}}\n"
    site, rows = department(tmp_path / "millbrook", policy=policy), stops(3, 7, years=1)
    (release,) = publish_as_records_come_in(site, rows, (date(2022, 6, 10),))
    figures = pd.read_csv(release / "data" / "figures.csv", dtype=str, keep_default_na=False)
    assert "withheld" not in set(figures.status)
    assert "Each one matters." in (release / "pages" / "stops" / "stops.html").read_text(encoding="utf-8")


def _random_site(folder, seed):
    coin = np.random.default_rng(seed)
    k, zeros = int(coin.integers(3, 12)), str(coin.choice(["withheld", "shown"]))
    site = department(folder, k=k, zeros=zeros)
    rows = stops(seed, int(coin.integers(150, 900)), years=2)
    days = DAYS[: int(coin.integers(1, 4))]
    releases = publish_as_records_come_in(site, rows, days)
    found, shown = tried(site, releases, rows, days)
    assert shown == set()
    assert too_close(found, k) == {}


@pytest.mark.ci
@settings(max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_random_private_sites(tmp_path_factory, seed):
    _random_site(tmp_path_factory.mktemp("site"), seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(150))
def test_many_random_private_sites(tmp_path, seed):
    _random_site(tmp_path / "site", seed)
