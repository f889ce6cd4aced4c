"""Analyses as data: one statistical test on records, its settings, and why anyone should care."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from pydantic import Field

from openhalo.base.errors import MeasureError
from openhalo.base.periods import Period
from openhalo.base.provenance import hash_facts
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


class PlannedTest(Spec):
    """One analysis as a site plans it; what it leaves out is as the analysis says."""

    analysis: str = Field(description="Id of the analysis")
    because: str = Field(default="", description="Why it is asked, and why so")
    within: str = Field(default="", description="Only records of this period: 2017, 2017-Q3, 2018-07..2021-08")
    reference: str = Field(default="", description="Code that the others are compared with")
    compare: list[str] = Field(default=[], description="Codes that are compared with it")
    event: Event | None = Field(default=None, description="interrupted_series: what began, and when")
    added: date | None = Field(default=None, description="exploratory: day on which it was added")

    def misfits(self) -> Iterable[Misfit]:
        """Yield a period that cannot be read, and what does not fit in the event."""
        try:
            _ = Period.parse(self.within) if self.within else None
        except MeasureError as error:
            yield Misfit(("within",), error.problems[0].found, "2017, 2017-Q3, 2018-07..2021-08")
        if self.event is not None:
            yield from (misfit._replace(location=("event", *misfit.location)) for misfit in self.event.misfits())


class AnalysisPlan(Spec):
    """Which tests a site runs, decided before their results are known. Every one is published, whatever it finds."""

    written: date = Field(description="Day on which the plan was fixed")
    author: str = Field(description="Who wrote it")
    because: str = Field(description="Why these tests, groups and places, in a few sentences for the public")
    multiplicity: Literal["holm", "benjamini_hochberg"] = Field(
        default="holm",
        description="How p-values allow for the number of comparisons: holm bounds the chance of any false alarm, "
        "benjamini_hochberg the share of false alarms",
    )
    level: float = Field(default=0.05, gt=0, le=0.2, description="That chance or share")
    tests: list[PlannedTest] = Field(description="The planned tests")
    exploratory: list[PlannedTest] = Field(
        default=[], description="Tests added later, with their day: published, marked, and outside of the family"
    )

    def misfits(self) -> Iterable[Misfit]:
        """Yield analyses that stand twice, later tests without their day, planned ones with one."""
        seen: set[str] = set()
        for part in ("tests", "exploratory"):
            for index, test in enumerate(getattr(self, part)):
                here = (part, index)
                yield from (misfit._replace(location=(*here, *misfit.location)) for misfit in test.misfits())
                if test.analysis in seen:
                    todo = "give the second one a file of its own in the site's catalogue"
                    yield Misfit((*here, "analysis"), f"'{test.analysis}' stands in the plan twice", todo=todo)
                seen.add(test.analysis)
                if part == "exploratory" and (test.added is None or test.added < self.written):
                    yield Misfit(here, "a test added later says when", f"added: a day from {self.written} on")
                if part == "tests" and test.added is not None:
                    yield Misfit((*here, "added"), "a planned test with 'added'", todo="move it to 'exploratory'")

    def find(self, analysis: str) -> PlannedTest | None:
        """Return what the plan says of an analysis, None where it says nothing."""
        return next((test for test in [*self.tests, *self.exploratory] if test.analysis == analysis), None)

    @property
    def fingerprint(self) -> str:
        """Return the hash of what was planned; tests that are added later leave it as it is."""
        return hash_facts(self.model_dump(mode="json", exclude={"exploratory"}))
