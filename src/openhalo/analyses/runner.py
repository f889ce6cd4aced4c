"""Run one analysis, or a site's whole plan, so that every p-value allows for all comparisons that the plan makes."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.results import AnalysisResult
from openhalo.analyses.subject import Standing
from openhalo.base.errors import MeasureError, Problem
from openhalo.base.progress import Report, silent
from openhalo.catalogue.analysis_kinds import KINDS
from openhalo.catalogue.analysis_plans import AnalysisPlan, PlannedTest
from openhalo.catalogue.kinds import without_runner
from openhalo.language.translation import mark_for_translation
from openhalo.records.reading import Records
from openhalo.statistics.estimates import holm
from openhalo.statistics.results import Refused

_KINDS = "openhalo.analyses.kinds"


def check_kinds(kinds: Iterable[str] = tuple(KINDS)) -> list[Problem]:
    """Return a problem for each kind of analysis that the catalogue knows and nothing in `analyses.kinds` runs."""
    return without_runner(kinds, _KINDS, "run", "analyses")


@cache
def _runner(kind: str) -> Callable[[AnalysisContext[Any]], AnalysisResult]:
    """Return what carries out a kind of analysis: the `run` of the module that has the kind's name."""
    found: Callable[[AnalysisContext[Any]], AnalysisResult] = import_module(f"{_KINDS}.{kind}").run
    return found


def run(context: AnalysisContext[Any]) -> AnalysisResult:
    """Return what an analysis finds; a test that would mislead on these records is refused, with the reason.

    Raises:
        MeasureError: the records that it looks at are not there, or count different things.
    """
    context.check()
    try:
        found = _runner(context.spec.kind)(context)
    except Refused as refused:
        return AnalysisResult(subject=context.subject, refusal=refused.reason)
    assert found.headline(), f"the kind {context.spec.kind} says nothing: give its result an account"
    return found


def run_plan(plan: AnalysisPlan, records: Records, report: Report = silent) -> list[AnalysisResult]:
    """Return every result of a plan: those planned, adjusted together; then those added later, as they are."""
    planned, added = (
        [_kept(test, plan, records, report) for test in tests] for tests in (plan.tests, plan.exploratory)
    )
    return [*adjust(planned, plan), *added]


def run_one(analysis: str, plan: AnalysisPlan | None, records: Records) -> AnalysisResult:
    """Return one result: as the site's plan says where it is planned, else exploratory.

    A planned one is run together with the whole plan, because its p-values depend on the others'.

    Raises:
        CatalogueError: there is no such analysis.
        MeasureError: the records that it looks at are not there.
    """
    records.catalogue.analysis(analysis)
    if plan is not None and any(test.analysis == analysis for test in plan.tests):
        return next(one for one in run_plan(plan, records) if one.subject.spec.id == analysis)
    test = (plan.find(analysis) if plan else None) or PlannedTest(analysis=analysis)
    return _one(test, plan, records, silent)


def adjust(results: Sequence[AnalysisResult], plan: AnalysisPlan) -> list[AnalysisResult]:
    """Adjust the p-values of all leading comparisons together, by the plan's rule. A refusal makes none."""
    from scipy.stats import false_discovery_control  # takes as long to import as all else that a question needs

    values = [one.p for result in results for one in result.leading if not math.isnan(one.p)]
    rule = holm if plan.multiplicity == "holm" else false_discovery_control
    found = iter(rule(values).tolist() if values else [])
    return [
        result.adjusted(
            [math.nan if math.isnan(one.p) else next(found) for one in result.leading], len(values), plan.level
        )
        for result in results
    ]


def _kept(test: PlannedTest, plan: AnalysisPlan, records: Records, report: Report) -> AnalysisResult:
    """Return a result of the plan; a test without its records stays in the plan, with the reason."""
    try:
        return _one(test, plan, records, report)
    except MeasureError:
        context = AnalysisContext(records.catalogue.analysis(test.analysis), test, _standing(test, plan), records)
        many = mark_for_translation("its sources count different things, which cannot be added up")
        mixed = len({cover.unit for cover in context.covered}) > 1
        return AnalysisResult(
            subject=context.subject, refusal=many if mixed else mark_for_translation("there are no records for it")
        )


def _standing(test: PlannedTest, plan: AnalysisPlan | None) -> Standing:
    return "planned" if plan is not None and test in plan.tests else "exploratory"


def _one(test: PlannedTest, plan: AnalysisPlan | None, records: Records, report: Report) -> AnalysisResult:
    report(f"analysis {test.analysis}")
    return run(AnalysisContext(records.catalogue.analysis(test.analysis), test, _standing(test, plan), records))
