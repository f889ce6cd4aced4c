"""Indicators by officer and day: held against a plain loop, and against what the store itself says was known."""

import random
from datetime import date, timedelta

import numpy as np
import polars as pl

from openhalo.early_intervention.indicators import compute
from openhalo.early_intervention.look_back import month_ends, months_before
from openhalo.intake.template import example_cells
from openhalo.records.reading import Records
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site

DAYS = month_ends(date(2012, 1, 1), date(2013, 12, 31))


def site_with(facts, folder):
    """Make a site that holds complaints closed some days after they came in, and their allegations."""
    site = open_site(init_site(folder / "site", "City", "City police", "cpd"))
    settings = (site.path / "agency.yaml").read_text("utf-8")
    (site.path / "agency.yaml").write_text(settings.replace("cpd: {", "cpd: {zone: UTC, "), encoding="utf-8")
    site = open_site(site.path)
    closed = [day + timedelta(days=lag) if lag is not None else None for _, _, day, lag, _ in facts]
    found = ["SUSTAINED" if fact[4] and day else "" for fact, day in zip(facts, closed, strict=True)]
    ids = [fact[0] for fact in facts]
    complaint = pl.DataFrame(
        {"id": ids, "received_on": [str(fact[2]) for fact in facts], "closed_on": [str(day or "") for day in closed]}
    )
    allegation = pl.DataFrame({"id": ids, "complaint": ids, "officer": [fact[1] for fact in facts], "finding": found})
    for record, frame in (("complaints/complaint", complaint), ("complaints/allegation", allegation)):
        columns = example_cells(site.catalogue.record_type(record), site.catalogue.schema)
        blank = [pl.lit("").alias(name) for name in columns if name not in frame.columns]
        frame.with_columns(blank).select(*columns).write_csv(folder / "rows.csv")
        site.import_file(f"template:{record}", folder / "rows.csv")
    return site


def records(site, known_by=None):
    return Records(site.store, site.store.manifest(), site.catalogue, known_by)


def test_counts_are_those_of_a_plain_loop(city):
    keys = sorted(city.records("officers/officer").collect()["record_key"])
    specs = [
        city.catalogue.indicators[name] for name in ("allegations", "allegations_sustained", "days_since_allegation")
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
            assert np.array_equal(found.values("allegations", months)[:, place], counts)
            assert np.array_equal(found.values("allegations_sustained", months)[:, place], sustained)
            assert counts.sum() > 100
    known = rows.filter(pl.col("officer").is_in(keys), pl.col("received_on") <= DAYS[-1])
    newest = known.group_by("officer").agg(pl.col("received_on").max())
    since = found.values("days_since_allegation", 60)[:, -1]
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


def values(site, keys):
    names = ("allegations", "allegations_sustained", "allegations_closed", "sustained_share", "days_since_allegation")
    found = compute(records(site), [site.catalogue.indicators[name] for name in names], DAYS, keys)
    return {column: found.values(*column) for column in found.columns}


def test_order_officers_without_events_and_later_facts_change_nothing(tmp_path):
    draw = random.Random(7)
    day = date(2010, 1, 1)
    facts = [
        (
            str(n),
            draw.choice("abc"),
            day + timedelta(days=draw.randrange(1500)),
            draw.choice([None, 0, 90, 400]),
            draw.random() < 0.5,
        )
        for n in range(200)
    ]
    later = [(f"later {n}", "a", DAYS[-1] + timedelta(days=1 + n), 3, True) for n in range(20)]
    mixed = [*facts, *later]
    draw.shuffle(mixed)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    site, other = site_with(facts, tmp_path / "one"), site_with(mixed, tmp_path / "two")
    keys = sorted(site.records("complaints/allegation").collect()["officer"].drop_nulls().unique())
    assert len(keys) == 3
    plain, again = values(site, keys), values(other, [*keys, "nobody"])
    for column, found in plain.items():
        assert np.array_equal(found, again[column][:3], equal_nan=True), column
        assert not np.nan_to_num(again[column][3]).any()
    assert plain["allegations", 60][:, -1].sum() > 100 > plain["allegations_sustained", 60][:, -1].sum() > 10
