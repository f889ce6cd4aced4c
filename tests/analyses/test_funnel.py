"""The funnel on real records, against pandas."""

import pytest


def test_the_funnel_counts_every_precinct_against_the_whole(search_shares, raw_searches):
    result = search_shares["funnel"]
    by_place = raw_searches.groupby("addrpct")["hit"].agg(["sum", "count"])
    expected = by_place["count"] * raw_searches["hit"].mean()
    ours = {one.group: one for one in result.contrasts}
    assert len(ours) == 77
    for place in by_place.index:
        assert ours[place].estimate == pytest.approx(by_place["sum"][place] / expected[place])
    assert result.facts["stand_out"] == sum(one.adjusted < 0.05 for one in result.contrasts)
    assert f"{result.facts['stand_out']} of 77 places differ" in result.sentence()
    assert "It is no ranking." in result.sentence()
    assert len(result.pictures()[0].spec()["data"]["values"]) == 77


def test_a_funnel_of_five_places_is_refused(city):
    assert "fewer than 10" in city.analyse("stops/search_share_funnel").refusal
