"""What a figure, or a comparison of an analysis, is called where one stands apart from the table of all of them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote


def figure_id(row: Mapping[str, Any]) -> str:
    """Return the id of a figure from its row in `data/figures.csv`: measure, groups and, of part of the days, period.

    >>> figure_id({"measure": "stops/stops", "group": "race", "code": "BLACK", "grain": "year", "period": "2017"})
    'stops/stops|race=BLACK|2017'
    >>> figure_id({"measure": "stops/stops", "group": "neighborhood", "code": "Near - North", "grain": "all"})
    'stops/stops|neighborhood=Near%20-%20North'
    """
    cuts = [(row.get(f"group{end}"), row.get(f"code{end}")) for end in ("", "2")]
    parts = [f"{group}={quote(code or '', safe='')}" for group, code in cuts if group is not None]
    return "|".join([row["measure"], *parts, *([row["period"]] if row["grain"] != "all" else [])])


def comparison_id(analysis: str, row: Mapping[str, Any]) -> str:
    """Return the id of a comparison from its row in `data/analyses.csv`: analysis, group, reference and way.

    >>> comparison_id("stops/outcome_test", {"group": "BLACK", "reference": "WHITE", "way": "within places"})
    'analyses/stops/outcome_test|BLACK|WHITE|within%20places'
    """
    names = [quote(row[name] or "", safe="") for name in ("group", "reference", "way")]
    return "|".join([f"analyses/{analysis}", *names]).rstrip("|")
