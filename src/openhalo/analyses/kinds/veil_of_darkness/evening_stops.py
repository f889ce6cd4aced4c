"""Every stop with its minute, and with the sunset and dusk of its day and place."""

from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.analyses.context import AnalysisContext
from openhalo.catalogue.analysis_kinds.veil_of_darkness import VeilOfDarkness
from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused
from openhalo.statistics.sun import clock_changes, evening

_CELL = 0.1
"""Degrees to which places are rounded: the sun sets within half a minute anywhere in such a cell."""


@dataclass(frozen=True)
class Stops:
    """One entry a stop."""

    minute: NDArray[np.int64]
    sunset: Numbers
    dusk: Numbers
    place: NDArray[np.int64] | None
    season: NDArray[np.int64] | None
    group: NDArray[np.int64]
    """Position in `codes`; −1 where the group is not known."""
    codes: list[str]

    def of(self, kept: NDArray[np.bool_]) -> "Stops":
        """Return only these stops."""
        parts = {name: getattr(self, name) for name in ("minute", "sunset", "dusk", "place", "season", "group")}
        cut: dict[str, Any] = {name: part[kept] if part is not None else None for name, part in parts.items()}
        return replace(self, **cut)


def stops_of(context: AnalysisContext[VeilOfDarkness]) -> Stops:
    """Return the stops that an analysis looks at, with the evening of each.

    Raises:
        Refused: none has a time of day and a place on the map, or they lie in several time zones.
    """
    spec = context.spec
    relation = context.relation()
    record = context.records.catalogue.record_type(spec.record)
    local, day = relation.field(record.time, "_local"), relation.field(record.time, "_date")
    exact = relation.field(record.time, "_precision").isin(["second", "minute"])
    rows = relation.table.filter(exact).select(
        minute=(local.hour() * 60 + local.minute()).cast("int32"),
        day=day,
        north=(relation.field(spec.latitude) / _CELL).round().cast("int32"),
        east=(relation.field(spec.longitude) / _CELL).round().cast("int32"),
        group=relation.field(spec.group),
        place=relation.field(spec.place).cast("string") if spec.place else ibis.literal(""),
    )
    frame = context.records.fetch(rows)
    if frame.height == 0 or frame["north"].null_count() == frame.height:
        raise Refused("no stop has both a time of day and a place on the map, so the sun cannot be told")
    # A stop without a place on the map lies somewhere in the area: the middle of it is close enough for the sun.
    frame = frame.with_columns(
        pl.col(name).fill_null(frame[name].median()).cast(pl.Int32) for name in ("north", "east")
    )
    frame = frame.with_row_index("at")
    zone = _zone(context)
    sunset, dusk = np.empty(frame.height), np.empty(frame.height)
    for (north, east), part in frame.group_by("north", "east"):
        light = evening(part["day"].to_numpy(), float(north) * _CELL, float(east) * _CELL, zone)
        at = part["at"].to_numpy()
        sunset[at], dusk[at] = light
    codes = frame["group"].drop_nulls().unique().sort().to_list()
    number = pl.col("group").replace_strict(codes, list(range(len(codes))), default=None, return_dtype=pl.Int64)
    quarter = (pl.col("day").dt.year() * 4 + pl.col("day").dt.quarter()).rank("dense").cast(pl.Int64) - 1
    place = pl.col("place").fill_null("").rank("dense").cast(pl.Int64) - 1
    columns = frame.select(
        group=number.fill_null(-1), minute=pl.col("minute").cast(pl.Int64), place=place, season=quarter
    )
    stops = Stops(
        minute=columns["minute"].to_numpy(),
        sunset=sunset,
        dusk=dusk,
        place=columns["place"].to_numpy() if spec.place else None,
        season=columns["season"].to_numpy() if spec.season else None,
        group=columns["group"].to_numpy(),
        codes=codes,
    )
    return stops.of(clock_changes(frame["day"].to_numpy(), zone)) if spec.around_clock_changes else stops


def _zone(context: AnalysisContext[VeilOfDarkness]) -> str:
    zones = sorted({context.records.catalogue.source(cover.source).zone for cover in context.covered})
    if len(zones) != 1:
        text = mark_for_translation("the records lie in several time zones ({zones}); plan the test for one of them")
        raise Refused(message(text, zones=", ".join(zones)))
    return zones[0]
