"""Analyses as data: one statistical test on records, its settings, and why anyone should care."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from openhalo.catalogue.reader import Misfit, Spec

AnalysisKind = Literal[
    "outcome_test", "veil_of_darkness", "interrupted_series", "rate_ratio", "standardised_rates", "funnel", "audit"
]

_NEEDS: dict[AnalysisKind, set[str]] = {
    "outcome_test": {"outcome", "discretionary", "group"},
    "veil_of_darkness": {"group", "latitude", "longitude"},
    "interrupted_series": set(),
    "rate_ratio": {"outcome", "group"},
    "standardised_rates": {"outcome", "place", "strata"},
    "funnel": {"outcome", "place"},
    "audit": {"fields"},
}
_TAKES: dict[AnalysisKind, set[str]] = {
    "outcome_test": {"reference", "compare", "place"},
    "veil_of_darkness": {"reference", "compare", "place", "season", "around_clock_changes", "variant", "df"},
    "interrupted_series": {"event", "harmonics", "slope", "lags"},
    "rate_ratio": {"reference", "compare", "place", "strata"},
    "standardised_rates": set(),
    "funnel": {"strata"},
    "audit": {"outcome"},
}
_SETTINGS = sorted(set().union(*_NEEDS.values(), *_TAKES.values()))
BY_GROUP: tuple[AnalysisKind, ...] = ("outcome_test", "veil_of_darkness", "rate_ratio")
"""Kinds that compare groups with a reference group."""


class Event(Spec):
    """What began, and when."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "because"])

    start: date = Field(description="First day of the time after; the first day of a month")
    label: str = Field(description="What began, as it reads after 'from': the change of policy in June 2020")
    because: str = Field(description="Why this day, decided before the result was known")

    def misfits(self) -> Iterable[Misfit]:
        """Yield a day within a month: months cannot be cut in two."""
        if self.start.day != 1:
            todo = "give the first day of the first month that lies wholly after it"
            yield Misfit(("start",), f"{self.start} is not the first day of a month", todo=todo)


class AnalysisSpec(Spec):
    """One analysis. Its kind fixes the test."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "question", "why_it_matters", "limits"])

    id: str = Field(description="Given by the place of the file")
    kind: AnalysisKind = Field(description="Which test it is")
    label: str = Field(description="What the analysis is called in a list")
    question: str = Field(description="The page's title: what a resident would ask")
    record: str = Field(description="The record type that it looks at")
    where: str = Field(default="", description="Which records it looks at")
    outcome: str = Field(default="", description="The condition whose share or rate is compared: something was found")
    discretionary: str = Field(
        default="",
        description="outcome_test: which searches an officer was free to leave; the test is refused where it is known "
        "for less than half of them",
    )
    group: str = Field(default="", description="Field whose groups are compared")
    reference: str = Field(default="", description="Code that the others are compared with; a plan may name another")
    compare: list[str] = Field(default=[], description="Codes that are compared with it; empty: all there are")
    place: str = Field(default="", description="Field that says where; what is compared is compared within it too")
    strata: list[str] = Field(default=[], description="Fields that are held equal besides the place")
    latitude: str = Field(default="", description="veil_of_darkness: field with degrees north")
    longitude: str = Field(default="", description="veil_of_darkness: field with degrees east")
    season: bool = Field(default=False, description="veil_of_darkness: hold the season of the year equal too")
    around_clock_changes: bool = Field(
        default=False, description="veil_of_darkness: only the 30 days before and after the clock changes"
    )
    variant: Literal["rounded", "strict"] = Field(
        default="rounded", description="veil_of_darkness: how times at the edge of dusk are counted"
    )
    df: int = Field(default=6, ge=1, le=12, description="veil_of_darkness: degrees of freedom of the curve over time")
    event: Event | None = Field(default=None, description="interrupted_series: what began; a plan may name another")
    harmonics: int = Field(default=2, ge=0, le=4, description="interrupted_series: pairs of seasonal terms")
    slope: bool = Field(default=False, description="interrupted_series: the trend may change at the event too")
    lags: int = Field(
        default=0, ge=0, le=12, description="interrupted_series: months over which errors may be linked (Newey-West)"
    )
    fields: list[str] = Field(default=[], description="audit: the fields whose recording is looked into")
    why_it_matters: str = Field(description="Why a resident should care, in plain words")
    limits: list[str] = Field(description="What the test cannot show")
    requirements: list[str] = Field(default=[], description="Requirements that the analysis serves, by id")
    sources: list[str] = Field(description="Where the test comes from")
    author: str = Field(description="Who wrote the definition")
    reviewed: date = Field(description="Day on which it was last reviewed")
    next_review: date = Field(description="Day by which it must be reviewed again")

    def misfits(self) -> Iterable[Misfit]:
        """Yield settings that the kind needs and lacks or does not take, and dates that do not fit."""
        for name in sorted(_NEEDS[self.kind]):
            if not getattr(self, name):
                yield Misfit(("kind",), f"an analysis of kind {self.kind} without '{name}'", todo=f"add '{name}'")
        allowed = _NEEDS[self.kind] | _TAKES[self.kind]
        for name in _SETTINGS:
            if name not in allowed and getattr(self, name) != type(self).model_fields[name].default:
                yield Misfit((name,), f"'{name}' in an analysis of kind {self.kind}", todo="remove it")
        if self.event is not None:
            yield from (misfit._replace(location=("event", *misfit.location)) for misfit in self.event.misfits())
        if self.next_review <= self.reviewed:
            yield Misfit(("next_review",), "the next review comes before the last one", f"after {self.reviewed}")

    @property
    def domain(self) -> str:
        """Return the domain: the folder that the analysis stands in."""
        return self.id.partition("/")[0]
