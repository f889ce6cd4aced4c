"""Who serves on a day, doing which work, and who the officers are: the last for the fairness audit alone."""

from dataclasses import dataclass, field
from datetime import date

import ibis
import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.records.reading import Records

FEWEST_PEERS = 20
REST = "small units together"
_SHIFTS = {"officer": pl.String, "month": pl.Date, "kind": pl.String, "worked": pl.Int64}


@dataclass(frozen=True)
class Roster:
    """All officers with their days of service and their units."""

    officers: pl.DataFrame
    """A row each, by `record_key`: pseudonym, hired_on, separated_on, race, gender."""
    assignments: pl.DataFrame
    """officer, unit, special_duty, starts_on, ends_on."""
    shifts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_SHIFTS))
    """officer, month (its first day), kind, worked: how many; empty where no shifts are held."""

    @property
    def keys(self) -> list[str]:
        """Return the officers' record keys, in order."""
        return self.officers["record_key"].to_list()

    def serving(self, day: date) -> NDArray[np.bool_]:
        """Return who serves on a day: hired by then, and not gone."""
        hired, left = pl.col("hired_on"), pl.col("separated_on")
        there = (hired <= day) & (left.is_null() | (left > day))
        return self.officers.select(there.fill_null(False)).to_series().to_numpy()

    def exposure(self, day: date, months: int) -> NDArray[np.float64]:
        """Return the years of service within the months before a day; at least a week."""
        days = self.officers.select((pl.lit(day) - pl.col("hired_on")).dt.total_days()).to_series()
        return np.clip(days.fill_null(0).to_numpy() / 365.25, 7 / 365.25, months / 12)

    def units(self, day: date) -> NDArray[np.str_]:
        """Return each officer's unit on a day; units with fewer than 20 officers on duty stand together."""
        return self._alike(self._work(day)[:1], day)

    def peers(self, day: date) -> NDArray[np.str_]:
        """Return which officers do the same work as each: unit, usual shift of the last year, special duties.

        Where fewer than 20 who serve share all three, the duties are left out, then the shift, then the unit.
        """
        return self._alike(self._work(day), day)

    def _work(self, day: date) -> list[NDArray[np.str_]]:
        """Return unit, usual shift and duties of each officer; empty where the records do not say."""
        there = self.assignments.filter(
            (pl.col("starts_on") <= day) & (pl.col("ends_on").is_null() | (pl.col("ends_on") >= day))
        )
        newest = there.sort("starts_on", "unit").group_by("officer", maintain_order=True).last()
        year = self.shifts.filter((pl.col("month") <= day) & (pl.col("month") > pl.lit(day).dt.offset_by("-1y")))
        usual = year.group_by("officer", "kind").agg(pl.col("worked").sum()).sort("worked", "kind")
        usual = usual.group_by("officer", maintain_order=True).last()
        duties = pl.col("special_duty").list.sort().list.join("+").fill_null("")
        joined = self.officers.select(officer="record_key")
        for held in (newest.select("officer", "unit", duties=duties), usual.select("officer", "kind")):
            joined = joined.join(held, on="officer", how="left", maintain_order="left")
        columns = {"unit": REST, "kind": "", "duties": ""}
        return [joined[name].fill_null(none).to_numpy().astype(str) for name, none in columns.items()]

    def _alike(self, parts: list[NDArray[np.str_]], day: date) -> NDArray[np.str_]:
        there = self.serving(day)
        found = np.full(len(there), REST, dtype=object)
        settled = np.zeros(len(there), bool)
        for length in range(len(parts), 0, -1):
            names = [", ".join(filter(None, row)) for row in zip(*parts[:length], strict=True)]
            label = np.array(names, dtype=object)
            kinds, sizes = np.unique(label[there & ~settled].astype(str), return_counts=True)
            enough = ~settled & np.isin(label.astype(str), kinds[sizes >= FEWEST_PEERS])
            found[enough], settled = label[enough], settled | enough
        return found.astype(str)

    def tenure(self, day: date) -> list[str | None]:
        """Return how long each officer has served, in bands."""
        years = (pl.lit(day) - pl.col("hired_on")).dt.total_days() / 365.25
        bands = pl.when(years < 5).then(pl.lit("under 5 years")).when(years < 15).then(pl.lit("5 to 14 years"))
        named = bands.when(years >= 15).then(pl.lit("15 years and more"))
        return self.officers.select(named).to_series().to_list()


def read_roster(records: Records) -> Roster:
    """Return the roster of a store version.

    Raises:
        MeasureError: two sources disagree about the same days.
    """
    wanted = ["record_key", "pseudonym", "hired_on", "separated_on", "race", "gender"]
    officers = records.fetch(records.table("officers/officer").select(*wanted)).sort("record_key")
    held = records.fetch(
        records.table("officers/assignment").select("officer", "unit", "special_duty", "starts_on", "ends_on")
    )
    if "shifts/shift" not in records.manifest.tables:
        return Roster(officers, held)
    table = records.table("shifts/shift").filter(ibis._.officer.notnull() & ibis._.kind.notnull())
    worked = table.group_by(officer=ibis._.officer, month=ibis._.starts_at_date.truncate("M"), kind=ibis._.kind)
    return Roster(officers, held, records.fetch(worked.agg(worked=ibis._.count())).select(*_SHIFTS))
