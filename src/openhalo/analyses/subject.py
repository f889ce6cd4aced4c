"""What an answer of an analysis is about, as plain data: without the records, which it was counted from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from openhalo.base.periods import Period
from openhalo.catalogue.analysis_plans import PlannedTest
from openhalo.catalogue.analysis_specs import AnalysisSpec, BeforeAndAfter, Event, Grouped
from openhalo.language.translation import _
from openhalo.records.manifest import Coverage

Standing = Literal["planned", "exploratory"]
Kind_co = TypeVar("Kind_co", bound=AnalysisSpec, covariant=True)


@dataclass(frozen=True)
class Planned(Generic[Kind_co]):
    """One analysis, of one kind, and what a site's plan says of it."""

    spec: Kind_co
    test: PlannedTest
    standing: Standing

    @property
    def reference(self: "Planned[Grouped]") -> str:
        """Return the code that the others are compared with; empty: none is named."""
        return self.test.reference or self.spec.reference

    @property
    def compare(self: "Planned[Grouped]") -> list[str]:
        """Return the codes that are compared with it; empty: all there are."""
        return self.test.compare or self.spec.compare

    @property
    def event(self: "Planned[BeforeAndAfter]") -> Event | None:
        """Return what began, and when."""
        return self.test.event or self.spec.event

    @property
    def within(self) -> Period | None:
        """Return the days that it is asked about; None: all that the records cover."""
        return Period.parse(self.test.within) if self.test.within else None


@dataclass(frozen=True)
class Subject(Planned[Kind_co]):
    """What an answer is about: the analysis, the days and sources that it speaks for, and how things are named.

    Attributes:
        covered: what each source holds of the record type within the days asked about.
        days: those that the answer speaks for; None without records.
        units: what one record is, as plural words of the catalogue.
        members: what the analysis tells apart one by one, as plural words of the catalogue; empty where it tells none.
        trait: what groups are told apart by, as the catalogue calls it; empty where no groups are compared.
        people: code → how people of it are named in a sentence, in order; empty where no groups are compared.
        provenance: what the answer can be traced back to.
        messages: folders of the site's own message files.
    """

    covered: tuple[Coverage, ...]
    days: Period | None
    units: str
    members: str
    trait: str
    people: dict[str, str]
    provenance: dict[str, Any]
    messages: tuple[Path, ...] = ()

    @property
    def unit(self) -> str:
        """Return what one record is, as plural words in the language being spoken."""
        return _(self.units)

    def name(self, code: str) -> str:
        """Return how people of a group are named in a sentence."""
        return _(self.people.get(code, code))
