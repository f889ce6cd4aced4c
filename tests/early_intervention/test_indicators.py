"""Indicators by officer and day: held against a plain loop, and against what the store itself says was known."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openhalo.early_intervention.clock import month_ends, months_before
from openhalo.early_intervention.indicators import compute
from openhalo.records.reading import Records

DAYS = month_ends(date(2012, 1, 1), date(2013, 12, 31))
_some = st.dates(date(2010, 1, 1), date(2014, 3, 1))
_fact = st.tuples(st.sampled_from("abc"), _some, st.one_of(st.none(), st.integers(0, 500)), st.booleans())


@pytest.fixture(scope="module")
def make_in(tmp_path_factory):
    """Make a site that holds complaints closed some days after they came in, and their accusations."""
    from openhalo.sites.making import init_site
    from openhalo.sites.open_site import open_site

    def make(facts):
        folder = tmp_path_factory.mktemp("site")
        site = open_site(init_site(folder / "site", "City", "City police", "cpd"))
        closed = [day + timedelta(days=lag) if lag is not None else None for _, day, lag, _ in facts]
        complaint = pl.DataFrame({
            "id": [str(n) for n in range(len(facts))], "received_on": [str(day) for _, day, _, _ in facts],
            "closed_on": [str(day or "") for day in closed],
        })  # fmt: skip
        allegation = pl.DataFrame({
            "id": [str(n) for n in range(len(facts))], "complaint": [str(n) for n in range(len(facts))],
            "officer": [who for who, *_ in facts],
            "finding": ["SUSTAINED" if sustained and day else "" for (*_, sustained), day in zip(facts, closed, strict=True)],
        })  # fmt: skip
        for record, frame in (("complaints/complaint", complaint), ("complaints/allegation", allegation)):
            frame.write_csv(folder / "rows.csv")
            site.import_file(f"template:{record}", folder / "rows.csv")
        return site

    return make


def records(site, known_by=None):
    return Records(site.store, site.store.manifest(), site.catalogue, known_by)


def test_counts_are_those_of_a_plain_loop(city):
    keys = sorted(city.records("officers/officer").collect()["record_key"])
    specs = [
        city.catalogue.indicators[name] for name in ("accusations", "accusations_sustained", "days_since_accusation")
    ]
    found = compute(records(city), specs, DAYS, keys, [3, 24, 60])
    rows = city.records("complaints/allegation").select("officer", "received_on", "found_on", "finding").collect()
    held = rows.filter(pl.col("officer").is_in(keys)).to_dicts()
    at = {key: number for number, key in enumerate(keys)}
    for place in (0, 11, 23):
        for months in (3, 24):
            day, oldest = DAYS[place], months_before(DAYS[place], months)
            counts, sustained = np.zeros(len(keys), int), np.zeros(len(keys), int)
            for row in held:
                if oldest < row["received_on"] <= day:
                    counts[at[row["officer"]]] += 1
                    known = row["found_on"] is not None and max(row["found_on"], row["received_on"]) <= day
                    sustained[at[row["officer"]]] += row["finding"] == "SUSTAINED" and known
            assert np.array_equal(found.values("accusations", months)[:, place], counts)
            assert np.array_equal(found.values("accusations_sustained", months)[:, place], sustained)
            assert counts.sum() > 100
    newest = rows.filter(pl.col("officer").is_in(keys)).filter(pl.col("received_on") <= DAYS[-1]).group_by("officer").agg(
        pl.col("received_on").max()
    )  # fmt: skip
    since = found.values("days_since_accusation", 60)[:, -1]
    for row in newest.to_dicts()[:500]:
        days = (DAYS[-1] - row["received_on"]).days
        expected = days if row["received_on"] > months_before(DAYS[-1], 60) else np.nan
        assert np.array_equal(since[at[row["officer"]]], expected, equal_nan=True)


def test_every_indicator_says_what_the_store_knew_by_that_day(city):
    keys = sorted(city.records("officers/officer").collect()["record_key"])
    day = date(2011, 6, 30)
    whole = compute(records(city), city.catalogue.indicators.values(), [date(2010, 6, 30), day], keys)
    then = compute(records(city, day), city.catalogue.indicators.values(), [day], keys)
    assert len(then.columns) >= 60
    for column in whole.columns:
        assert np.array_equal(whole.values(*column)[:, 1], then.values(*column)[:, 0], equal_nan=True), column


def values(site, keys=("a", "b", "c"), days=tuple(DAYS)):
    names = ("accusations", "accusations_sustained", "accusations_closed", "sustained_share", "days_since_accusation")
    keys = [f"cpd/officers_officer/{key}" for key in keys]
    held = {row["officer"] for row in site.records("complaints/allegation").collect().to_dicts()}
    assert held <= set(keys) | {None} or len(keys) < 3, held
    found = compute(records(site), [site.catalogue.indicators[name] for name in names], days, keys)
    return {column: found.values(*column) for column in found.columns}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_fact, min_size=1, max_size=12), st.randoms())
def test_order_officers_without_events_and_later_facts_change_nothing(make_in, facts, random):
    site = make_in(facts)
    plain = values(site)
    shuffled = list(facts)
    random.shuffle(shuffled)
    again = values(make_in(shuffled))
    more = values(site, ("a", "b", "c", "nobody"))
    later = [(who, DAYS[-1] + timedelta(days=1 + n), lag, True) for n, (who, _, lag, _) in enumerate(facts)]
    with_later = values(make_in([*facts, *later]))
    for column, found in plain.items():
        assert np.array_equal(found, again[column], equal_nan=True)
        assert np.array_equal(found, more[column][:3], equal_nan=True)
        assert np.array_equal(found, with_later[column], equal_nan=True)
        assert column[0].startswith(("days", "sustained")) or not more[column][3].any()
