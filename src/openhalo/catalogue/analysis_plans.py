"""A site's analysis plan: which tests it runs, with which settings, decided before their results are known."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from openhalo.base.errors import MeasureError
from openhalo.base.periods import Period
from openhalo.base.provenance import hash_facts
from openhalo.catalogue.analysis_checks import check_codes_compared
from openhalo.catalogue.analysis_specs import AnalysisSpec, Event, Grouped
from openhalo.catalogue.documents import Document
from openhalo.catalogue.kinds import Shelves
from openhalo.catalogue.reader import Misfit, Spec
from openhalo.catalogue.references import known

SETTABLE = ("reference", "compare", "event")
"""Settings of an analysis that a plan may give, or change."""


class PlannedTest(Spec):
    """One analysis as a site plans it; what it leaves out is as the analysis says."""

    analysis: str = Field(description="Id of the analysis")
    because: str = Field(default="", description="Why it is asked, and why so")
    within: str = Field(default="", description="Only records of this period: 2017, 2017-Q3, 2018-07..2021-08")
    reference: str = Field(default="", description="Where groups are compared: code that the others are compared with")
    compare: list[str] = Field(default=[], description="Where groups are compared: codes that are compared with it")
    event: Event | None = Field(default=None, description="Where a change is looked for: what began, and when")
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

    said: ClassVar[frozenset[str]] = frozenset(["author", "because"])

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


def cross_check(plan: AnalysisPlan, document: Document, shelves: Shelves) -> None:
    """Check that a plan names analyses and codes that there are, and gives each test what it needs."""
    analyses = shelves.of(AnalysisSpec)
    for part in ("tests", "exploratory"):
        for index, test in enumerate(getattr(plan, part)):
            place = (part, index)
            if not known(test.analysis, analyses, "analysis", document, (*place, "analysis")):
                continue
            asked = analyses[test.analysis]
            for name in SETTABLE:
                if getattr(test, name) and name not in asked.settings:
                    document.report((*place, name), f"'{name}' for a test of kind {asked.kind}", todo="remove it")
            for name, missing in asked.needed.items():
                if not (getattr(test, name) or asked.settings[name]):
                    document.report(place, f"nothing says {missing.format(id=asked.id)}", todo=f"add '{name}'")
            if isinstance(asked, Grouped):
                check_codes_compared(asked, test.reference, test.compare, document, place, shelves.schema)
