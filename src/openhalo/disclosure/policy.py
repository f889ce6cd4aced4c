"""A site's disclosure policy: `disclosure.yaml`, one decision for all that goes out together.

There is no national rule for police data. In use elsewhere are 3 or 5 (OECD), 10 (ONS, UK LLC, ACRO's default),
11 (US health data); the Washington DOH standard withholds below 10. The code sets limits both ways: below K_FLOOR
people can be guessed, above K_CEILING a department could hide behind privacy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from openhalo.base.periods import Grain, label
from openhalo.catalogue.reader import Misfit, Spec

K_FLOOR, K_CEILING = 3, 30
LOSS_CEILING = 0.10
"""The largest share of any group's records that recoding may cost."""
BLANKED_CEILING = 0.01
"""The largest share of all records whose identifying fields may be blanked one by one."""
MAX_DIMENSIONS = 2

Unit = Literal["persons", "complainants", "officers"]


class Codes(Spec):
    """Replace codes by coarser ones; codes that are not named stay."""

    kind: Literal["codes"] = Field(description="How the field is made coarser")
    field: str = Field(description="Field of the record type")
    groups: dict[str, list[str]] = Field(description="New code → codes that become it")


class Bands(Spec):
    """Replace a number by its band: [18, 25] gives "under 18", "18–24", "25 and over"."""

    kind: Literal["bands"] = Field(description="How the field is made coarser")
    field: str = Field(description="Field of the record type")
    starts: list[int] = Field(min_length=1, description="First number of each band but the lowest, rising")

    def misfits(self) -> Iterable[Misfit]:
        """Starts must rise."""
        if self.starts != sorted(set(self.starts)):
            yield Misfit(("starts",), "the starts of the bands do not rise", "[18, 25, 35]")


class Rare(Spec):
    """Replace codes with fewer than `below` records by OTHER."""

    kind: Literal["rare"] = Field(description="How the field is made coarser")
    field: str = Field(description="Field of the record type")
    below: int = Field(ge=2, description="Fewest records of a code that stays")


class PeriodOf(Spec):
    """Replace a date by the first day of its period."""

    kind: Literal["period"] = Field(description="How the field is made coarser")
    field: str = Field(description="Field of the record type")
    grain: Literal["month", "quarter", "year"] = Field(description="Length of the period")


class LeaveOut(Spec):
    """Leave a field out of the incident file."""

    kind: Literal["leave_out"] = Field(description="How the field is made coarser")
    field: str = Field(description="Field of the record type")


Recoding = Annotated[Codes | Bands | Rare | PeriodOf | LeaveOut, Field(discriminator="kind")]


class Outcome(Spec):
    """A field that look-alikes must not all share."""

    field: str = Field(description="Field of the record type")
    different: int = Field(default=2, ge=2, description="How many values each set of look-alikes must show")
    harmless: list[str] = Field(default=[], description="Values that a whole set may share: not searched")


class IncidentFile(Spec):
    """How the incident file of one record type goes out."""

    record: str = Field(description="Record type")
    unit: str = Field(default="", description="Column of the protection unit; empty: each record is one")
    identifying: list[str] = Field(description="Fields by which a neighbour could find someone, after recoding")
    recode: list[Recoding] = Field(default=[], description="What is made coarser, in this order")
    outcomes: list[Outcome] = Field(default=[], description="Fields that look-alikes must not all share")
    further: list[str] = Field(default=[], description="Other fields that go out as they are: nobody is found by them")
    groups: list[str] = Field(default=[], description="Fields by whose codes the loss is told and limited")
    most_lost: float = Field(
        default=LOSS_CEILING, ge=0, le=LOSS_CEILING, description="The largest share of a group that may be lost"
    )

    def misfits(self) -> Iterable[Misfit]:
        """Fields that are left out identify nobody; each recoding must fit in itself."""
        gone = {step.field for step in self.recode if isinstance(step, LeaveOut)}
        for index, name in enumerate(self.identifying):
            if name in gone:
                yield Misfit(("identifying", index), f"'{name}' is left out", todo="remove it from one of the two")
        for index, step in enumerate(self.recode):
            for misfit in step.misfits():
                yield misfit._replace(location=("recode", index, *misfit.location))


class DeclaredTable(Spec):
    """One table that a release may hold; what is not declared does not go out."""

    measure: str = Field(description="Its id, such as stops/search_share")
    by: list[str] = Field(default=[], description="Dimensions besides period")
    grain: Grain = Field(default="quarter", description="Length of its periods; all: one over all closed days")

    def misfits(self) -> Iterable[Misfit]:
        """Few dimensions, each once; only unbroken totals may be daily."""
        if len(self.by) > MAX_DIMENSIONS:
            yield Misfit(("by",), f"{len(self.by)} dimensions", f"at most {MAX_DIMENSIONS} besides the period")
        if len(set(self.by)) < len(self.by):
            yield Misfit(("by",), "a dimension stands twice", todo="keep one")
        if self.grain == "day" and self.by:
            yield Misfit(("grain",), "days cut by group", "month, quarter, year, all", "only totals may be daily")


class OversightBody(Spec):
    """Who is told, beside each release, what the public is not told only because few officers did it."""

    name: str = Field(min_length=1, description="Its name, such as: Civilian Oversight Commission")
    duty: str = Field(min_length=1, description="The law or order under which it is given such figures")


class Singly(Spec):
    """A measure that is published whole, however few it counts: deaths, shootings by police."""

    measure: str = Field(description="Its id")
    reason: str = Field(description="Why each one is published, in a sentence that stands on the page")


@dataclass(frozen=True)
class Rule:
    """What suppression needs to know."""

    k: int = 10
    width: int = 5
    units: Mapping[str, int] = field(default_factory=dict)
    """Protection unit → the least number of them in a cell."""
    zeros_shown: bool = False
    dominance: float | None = None
    attack_seconds: float = 60.0


class Policy(Spec):
    """What a site does so that its releases give nobody away."""

    k: int = Field(default=10, ge=K_FLOOR, le=K_CEILING, description="A cell of fewer is withheld")
    width: int | None = Field(
        default=None, ge=2, description="An attacker may not know a withheld cell closer than this"
    )
    k_officers: int = Field(
        default=3, ge=K_FLOOR, le=K_CEILING, description="A cell in which fewer officers had a part is withheld"
    )
    units: list[Unit] = Field(
        default=["persons", "officers"], min_length=1, description="Whom a small count could give away"
    )
    units_of: dict[str, list[Unit]] = Field(
        default={}, description="Record type → whom its counts could give away, where that is not as in units"
    )
    zeros: Literal["withheld", "shown"] = Field(
        default="withheld", description="Whether a cell that counts nobody is small, or said to be empty"
    )
    dominance: float | None = Field(
        default=0.1, gt=0, le=1, description="The p of the p % rule: one officer may not stand for nearly all of a cell"
    )
    corrections: Literal["wait", "at_once"] = Field(
        default="wait", description="Whether changes of fewer than k wait until they are more"
    )
    closed_periods: Literal["month", "quarter", "year"] = Field(
        default="quarter", description="Figures speak for whole periods of this length"
    )
    days_until_closed: int = Field(default=30, ge=0, description="After its last day, for late reports to come in")
    days_between_releases: int = Field(default=28, ge=7, description="The least time between two releases")
    attack_seconds: float = Field(default=60, gt=0, le=3600, description="A set of tables that takes longer is refused")
    tables: list[DeclaredTable] = Field(default=[], description="The tables that go out; no other does")
    oversight: OversightBody | None = Field(
        default=None, description="Who is told what the public is not told only because few officers did it"
    )
    singly: list[Singly] = Field(default=[], description="Measures published however few they count")
    incident_files: list[IncidentFile] = Field(default=[], description="How single records go out, made coarser")

    def misfits(self) -> Iterable[Misfit]:
        """The width must be reachable below k; tables and files must each fit in themselves and stand once."""
        if self.width is not None and self.width > self.k:
            yield Misfit(("width",), f"a width of {self.width} with k {self.k}", f"from 2 to {self.k}")
        for index, table in enumerate(self.tables):
            yield from (m._replace(location=("tables", index, *m.location)) for m in table.misfits())
            if table in self.tables[:index]:
                yield Misfit(("tables", index), "this table is declared twice", todo="keep one")
        tabled = {table.measure for table in self.tables}
        for index, one in enumerate(self.singly):
            if one.measure in tabled:
                yield Misfit(("singly", index), f"'{one.measure}' stands in 'tables' too", todo="keep one of the two")
        for index, file in enumerate(self.incident_files):
            yield from (m._replace(location=("incident_files", index, *m.location)) for m in file.misfits())

    def least(self, record: str) -> dict[str, int]:
        """Return whom counts of a record type could give away, and how many of them a cell needs at least."""
        units = self.units_of.get(record, self.units)
        return {unit: self.k_officers if unit == "officers" else self.k for unit in units}

    def rule(self) -> Rule:
        """Return what suppression needs; without a width of its own, half of k and at least 2."""
        width = self.width or max(2, -(-self.k // 2))
        named = [unit for units in (self.units, *self.units_of.values()) for unit in units]
        least: dict[str, int] = {unit: self.k_officers if unit == "officers" else self.k for unit in named}
        return Rule(self.k, width, least, self.zeros == "shown", self.dominance, self.attack_seconds)

    def is_closed(self, last_day: date, today: date) -> bool:
        """Return whether a period that ends on `last_day` may be cut by group."""
        return last_day + timedelta(days=self.days_until_closed) < today

    def last_closed(self, today: date) -> tuple[str, date]:
        """Return the newest period that is closed, by name, and its last day.

        >>> Policy().last_closed(date(2018, 2, 10))
        ('2017-Q4', datetime.date(2017, 12, 31))
        """
        months = {"month": 1, "quarter": 3, "year": 12}[self.closed_periods]
        first = today.replace(day=1, month=(today.month - 1) // months * months + 1)
        while not self.is_closed(first - timedelta(days=1), today):
            first = (first - timedelta(days=1)).replace(day=1)
            first = first.replace(month=(first.month - 1) // months * months + 1)
        last = first - timedelta(days=1)
        start = last.replace(day=1, month=(last.month - 1) // months * months + 1)
        return label(start, self.closed_periods), last

    def next_release(self, last_release: date | None, today: date) -> date:
        """Return the first day on which a release may go out."""
        return today if last_release is None else max(today, last_release + timedelta(days=self.days_between_releases))
