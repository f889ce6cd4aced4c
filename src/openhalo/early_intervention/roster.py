"""Who serves on a day, in which unit, and who the officers are: the last for the fairness audit alone."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from openhalo.engines.connect import fetch
from openhalo.records.reading import Records

_FEWEST_PEERS = 20
REST = "small units together"


@dataclass(frozen=True)
class Roster:
    """All officers with their days of service and their units."""

    officers: pl.DataFrame
    """A row each, by `record_key`: pseudonym, hired_on, separated_on, race, gender."""
    assignments: pl.DataFrame
    """officer, unit, starts_on, ends_on."""

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
        there = self.assignments.filter(
            (pl.col("starts_on") <= day) & (pl.col("ends_on").is_null() | (pl.col("ends_on") >= day))
        )
        newest = there.sort("starts_on", "unit").group_by("officer", maintain_order=True).last()
        joined = self.officers.select("record_key").join(
            newest, left_on="record_key", right_on="officer", how="left", maintain_order="left"
        )
        units = joined["unit"].fill_null(REST).to_numpy().astype(str)
        names, sizes = np.unique(units[self.serving(day)], return_counts=True)
        return np.where(np.isin(units, names[sizes >= _FEWEST_PEERS]), units, REST)

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
    officers = fetch(records.table("officers/officer").select(*wanted)).sort("record_key")
    held = fetch(records.table("officers/assignment").select("officer", "unit", "starts_on", "ends_on"))
    return Roster(officers, held)
