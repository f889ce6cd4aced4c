"""Run one analysis, or a site's whole plan, so that every p-value allows for all comparisons that the plan makes."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scipy.stats import false_discovery_control

from openhalo.base.errors import MeasureError
from openhalo.base.progress import Report, silent
from openhalo.catalogue import analysis_kinds as kinds
from openhalo.catalogue.analysis_plans import AnalysisPlan, PlannedTest
from openhalo.catalogue.analysis_specs import AnalysisSpec
from openhalo.language.translation import later
from openhalo.measures.analyses.adoption import adoption
from openhalo.measures.analyses.asked import Asked, Standing
from openhalo.measures.analyses.audits import audit
from openhalo.measures.analyses.benchmarks import similar_records
from openhalo.measures.analyses.darkness import darkness
from openhalo.measures.analyses.outcomes import hit_rates
from openhalo.measures.analyses.places import funnel_of_places, standardised
from openhalo.measures.analyses.results import AnalysisResult
from openhalo.measures.analyses.scenes import officers_at_scenes
from openhalo.measures.analyses.series import level_change
from openhalo.measures.analyses.shares import share_ratio
from openhalo.measures.analyses.small_counts import count_change
from openhalo.measures.analyses.surveys.estimates import survey_estimate
from openhalo.measures.analyses.surveys.small_areas import small_area_estimate
from openhalo.measures.analyses.thresholds import search_thresholds
from openhalo.measures.analyses.unknown_groups.bounds import unknown_groups
from openhalo.measures.analyses.watching import watched
from openhalo.records.reading import Records
from openhalo.statistics.estimates import holm
from openhalo.statistics.results import Refused

_TESTS: Mapping[type[AnalysisSpec], Callable[[Asked[Any]], AnalysisResult]] = {
    kinds.OutcomeTest: hit_rates,
    kinds.VeilOfDarkness: darkness,
    kinds.InterruptedSeries: level_change,
    kinds.RateRatio: share_ratio,
    kinds.StandardisedRates: standardised,
    kinds.Funnel: funnel_of_places,
    kinds.Audit: audit,
    kinds.CountChange: count_change,
    kinds.Monitoring: watched,
    kinds.Staggered: adoption,
    kinds.InternalBenchmark: similar_records,
    kinds.UnknownGroup: unknown_groups,
    kinds.ThresholdTest: search_thresholds,
    kinds.SameScene: officers_at_scenes,
    kinds.SurveyEstimate: survey_estimate,
    kinds.SmallAreaEstimate: small_area_estimate,
}


def run(asked: Asked[Any]) -> AnalysisResult:
    """Return what an analysis finds; a test that would mislead on these records is refused, with the reason.

    Raises:
        MeasureError: the records that it looks at are not there, or count different things.
    """
    asked.check()
    try:
        return _TESTS[type(asked.spec)](asked)
    except Refused as refused:
        return AnalysisResult(asked=asked, refusal=refused.reason)


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
        return next(one for one in run_plan(plan, records) if one.asked.spec.id == analysis)
    test = (plan.find(analysis) if plan else None) or PlannedTest(analysis=analysis)
    return _one(test, plan, records, silent)


def adjust(results: Sequence[AnalysisResult], plan: AnalysisPlan) -> list[AnalysisResult]:
    """Adjust the p-values of all leading comparisons together, by the plan's rule. A refusal makes none."""
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
        asked = Asked(records.catalogue.analysis(test.analysis), test, _standing(test, plan), records)
        many = later("its sources count different things, which cannot be added up")
        mixed = len({cover.unit for cover in asked.covered}) > 1
        return AnalysisResult(asked=asked, refusal=many if mixed else later("there are no records for it"))


def _standing(test: PlannedTest, plan: AnalysisPlan | None) -> Standing:
    return "planned" if plan is not None and test in plan.tests else "exploratory"


def _one(test: PlannedTest, plan: AnalysisPlan | None, records: Records, report: Report) -> AnalysisResult:
    report(f"analysis {test.analysis}")
    return run(Asked(records.catalogue.analysis(test.analysis), test, _standing(test, plan), records))
