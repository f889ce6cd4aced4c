"""Standardised shares on real records, against pandas and by hand."""

import polars as pl
import pytest


def test_places_alike_in_their_mix_keep_their_own_share(search_shares, raw_searches):
    """The file has one reason for all stops, so that standardising changes nothing."""
    share = raw_searches.groupby("addrpct")["hit"].mean()
    found = [one for one in search_shares["standardised_rates"].contrasts if share[one.group] > 0]
    assert len(found) >= 70
    for one in found:
        assert one.estimate == pytest.approx(share[one.group]) and one.low < one.estimate < one.high


def test_standardising_by_hand(city):
    result = city.analyse("stops/search_share_standardised")
    stops = city.records("stops/stop", where="not missing(search_conducted)").collect().drop_nulls("precinct")
    weights = stops.group_by("reason").agg(size=pl.len())
    cells = stops.group_by("precinct", "reason").agg(share=pl.col("search_conducted").mean())
    joined = cells.join(weights, on="reason").group_by("precinct").agg((pl.col("share") * pl.col("size")).sum())
    expected = dict(joined.with_columns(pl.col("share") / stops.height).iter_rows())
    assert {one.group: one.estimate for one in result.contrasts} == pytest.approx(expected)
