"""What surveys say of everyone: a share or an average over questions, weighted to the people who live there."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast, Scale, contrast
from openhalo.analyses.kinds.survey_estimate.account import SurveyAccount
from openhalo.analyses.kinds.survey_estimate.answers import Answers, answers_of
from openhalo.analyses.kinds.survey_estimate.differences import compared
from openhalo.analyses.results import AnalysisResult
from openhalo.analyses.wording import Wording
from openhalo.catalogue.analysis_kinds.survey_estimate import SurveyEstimate
from openhalo.language.translation import mark_for_translation
from openhalo.statistics import survey_estimate
from openhalo.statistics.proportions import wilson
from openhalo.statistics.results import Assumption

_AGAINST = mark_for_translation("{group}, against {reference}")
_WORDINGS = {
    "share": Wording(
        mark_for_translation(
            "The share among {group} is {size} points {higher} than among {reference} (95% interval {span}; {n} people "
            "answered)."
        ),
        whole=mark_for_translation("All residents"),
        against=_AGAINST,
    ),
    "mean": Wording(
        mark_for_translation(
            "The average of {group} is {size} points {higher} than that of {reference} (95% interval {span}; {n} "
            "people answered)."
        ),
        whole=mark_for_translation("All residents"),
        against=_AGAINST,
    ),
}
_ALONE = Assumption(
    mark_for_translation(
        "people were drawn one by one: where whole homes or blocks were drawn, the interval is too narrow"
    ),
    "not testable",
)


def run(context: AnalysisContext[SurveyEstimate]) -> AnalysisResult:
    """Return the share that gives an answer, or the average over questions (0 to 100), for everyone and by group.

    Differences between groups lead: they are what is tested, and counted among the plan's comparisons.

    Raises:
        Refused: fewer than 50 answers, a scale that does not hang together, a design that contradicts itself or that
            many answers lack, or weights that cannot be fitted.
        MeasureError: there are no records of the population that answers are weighted to.
    """
    told = answers_of(context)
    scale: Scale = "mean" if context.spec.items else "share"
    whole = _estimate(context, told, scale, "", ~np.isnan(told.values))
    groups, small = _by_group(context, told, scale)
    found = compared(context, told, groups, scale)
    facts: dict[str, Any] = {
        "answered": told.answered,
        "effective": told.answered / told.effect,
        "design_effect": told.effect,
        "effect_of_all": told.effect_of_all,
        "unweighted": told.unweighted,
        "reliability": told.reliability,
        "weighted": told.weighted,
        "left_out": dict(told.left),
    }
    if (test := found.together) is not None:
        facts["equal_groups"] = {"statistic": test.statistic, "freedom": test.freedom, "p": test.p}
    every = (whole, *groups)
    return AnalysisResult(
        subject=context.subject,
        contrasts=(*every, *found.gaps),
        wording=_WORDINGS[scale],
        account=SurveyAccount(
            silent=len(told.values) - told.answered,
            small=small,
            strata=told.strata,
            clusters=told.clusters,
            reference=found.reference,
            why=found.why,
        ),
        detail=pl.DataFrame(
            {
                "group": [one.group or None for one in every],
                "answered": [one.n for one in every],
                "estimate": [one.estimate for one in every],
            },
            schema_overrides={"group": pl.String()},
        ),
        limit=survey_estimate.LIMIT,
        assumed=(_ALONE,) if told.drawn.clusters is None else (),
        facts=facts,
    )


def _by_group(context: AnalysisContext[SurveyEstimate], told: Answers, scale: Scale) -> tuple[list[Contrast], int]:
    """Return the estimate of each group with enough answers, and how many groups have too few."""
    codes, found = set(told.group.drop_nulls().to_list()), []
    order = [code for code in context.subject.people if code in codes] or sorted(codes)
    for code in order:
        within = told.of(code)
        if within.sum() >= survey_estimate.FEWEST:
            found.append(_estimate(context, told, scale, code, within))
    return found, len(order) - len(found)


def _estimate(
    context: AnalysisContext[SurveyEstimate], told: Answers, scale: Scale, code: str, within: Any
) -> Contrast:
    """Return one estimate. Of a share of none or all, the design's error is 0, which is too sure: Wilson's stands."""
    one = survey_estimate.mean(told.values, told.drawn, context.spec.label, within=within)
    found = contrast(one, scale, group=code, leads=False)
    if scale == "mean" or np.ptp(told.values[within]) > 0:
        return found
    worth = within.sum() / survey_estimate.design_effect(told.drawn.weights[within])
    if told.drawn.clusters is not None:
        worth = min(worth, len(np.unique(told.drawn.clusters[within])))
    ends = wilson(round(one.estimate) * worth, worth)
    return replace(found, low=float(ends.low), high=float(ends.high))
