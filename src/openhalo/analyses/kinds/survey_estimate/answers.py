"""What people answered in a survey, and for how many each of them speaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.kinds.survey_estimate.design import drawn_as, fields_of, given, placed
from openhalo.analyses.kinds.survey_estimate.margins import sizes
from openhalo.catalogue.analysis_kinds.survey_estimate import SurveyEstimate
from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics import survey_estimate, survey_scales
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused

_WEIGHTED = {
    "no": mark_for_translation("not weighted"),
    "design": mark_for_translation("weighted by how they were drawn"),
    "margins": mark_for_translation("weighted to the population"),
}


@dataclass(frozen=True)
class Answers:
    """What people answered, and for how many each of them speaks.

    Attributes:
        values: (people,) 0 or 1, or a score from 0 to 100; NaN: not answered.
        drawn: the same people, with their weights and the design by which they were drawn.
        group: code of each, or null.
        left: how many were left out: without `weight`, `stratum`, `cluster`, or a group of the `margins`.
        reliability: of the scale, up to 1; None for one question.
        weighted: how they were weighted, in words.
    """

    values: Numbers
    drawn: survey_estimate.Sample
    group: pl.Series
    left: Mapping[str, int]
    reliability: float | None
    weighted: str

    @property
    def answered(self) -> int:
        """Return how many have a value."""
        return int((~np.isnan(self.values)).sum())

    @property
    def effect(self) -> float:
        """Return Kish's design effect of the weights of those who have a value."""
        return survey_estimate.design_effect(self.drawn.weights[~np.isnan(self.values)])

    @property
    def effect_of_all(self) -> float:
        """Return the design effect of weights, strata and clusters together."""
        return survey_estimate.effect_of_design(self.values, self.drawn)

    @property
    def strata(self) -> int | None:
        """Return how many parts of the population people were drawn from; None where it was not parted."""
        return None if self.drawn.strata is None else len(np.unique(self.drawn.strata))

    @property
    def clusters(self) -> int | None:
        """Return how many clusters people were drawn by; None where they were drawn one by one."""
        return None if self.drawn.clusters is None else len(np.unique(self.drawn.clusters))

    @property
    def unweighted(self) -> float:
        """Return the plain average of the values."""
        return float(np.nanmean(self.values))

    def of(self, code: str) -> Any:
        """Return, of each person, whether they are of a group and answered."""
        return (self.group == code).fill_null(False).to_numpy() & ~np.isnan(self.values)


def answers_of(context: AnalysisContext[SurveyEstimate]) -> Answers:
    """Return the answers of one analysis, by the design of the survey, with their weights fitted to its margins.

    Raises:
        Refused: fewer than 50 answers, a design that many answers lack or that contradicts itself, a scale that does
            not hang together, or weights that cannot be fitted.
    """
    spec, relation = context.spec, context.relation()
    columns: dict[str, Any] = {f"item{at}": relation.field(path) for at, path in enumerate(spec.items)}
    columns |= {f"margin{at}": relation.field(one.field).cast("string") for at, one in enumerate(spec.margins)}
    columns |= {name: relation.field(path) for name, path in fields_of(spec).items()}
    if spec.group:
        columns["group"] = relation.field(spec.group)
    if spec.answer:
        columns["answer"] = context.condition(relation, spec.answer)
    used, left = placed(context.records.fetch(relation.table.select(**columns)), len(spec.margins))
    values, reliability = _scored(context, used)
    if (answered := int((~np.isnan(values)).sum())) < survey_estimate.FEWEST:
        raise Refused(
            message(
                mark_for_translation("only {n} people answered; {fewest} are needed"),
                n=answered,
                fewest=survey_estimate.FEWEST,
            )
        )
    drawn = drawn_as(used, bool(context.days and context.days.first.year < context.days.last.year))
    if spec.margins:
        groupings = [used[f"margin{at}"].to_numpy() for at in range(len(spec.margins))]
        fit = survey_estimate.rake if spec.fitting == "raking" else survey_estimate.fit_linear
        drawn = fit(drawn, groupings, [sizes(margin, context.records) for margin in spec.margins])
    group = used["group"] if spec.group else pl.Series([None] * used.height, dtype=pl.String())
    weighted = _WEIGHTED["margins" if spec.margins else "design" if given(used, "weight") else "no"]
    return Answers(values, drawn, group, left, reliability, weighted)


def _scored(context: AnalysisContext[SurveyEstimate], rows: pl.DataFrame) -> tuple[Numbers, float | None]:
    spec = context.spec
    if not spec.items:
        return rows["answer"].cast(pl.Float64).fill_null(float("nan")).to_numpy(), None
    found = [context.records.catalogue.schema.follow(spec.record, path) for path in spec.items]
    ends = {(one[1].min, one[1].max) for one in found if one is not None}
    low, high = min(ends, key=str)
    if len(ends) > 1 or low is None or high is None:
        raise Refused("the questions do not all have the same lowest and highest answer")
    items = rows.select(pl.col("^item.*$").cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    if np.isnan(items).all():
        raise Refused("nobody answered these questions")
    reliability = (survey_scales.omega if len(spec.items) > 2 else survey_scales.alpha)(items)
    if reliability < survey_scales.LEAST_RELIABLE:
        text = mark_for_translation(
            "these questions do not hang together as one scale (reliability {found}, and {needed} is needed): look at "
            "each on its own"
        )
        raise Refused(message(text, found=f"{reliability:.2f}", needed=survey_scales.LEAST_RELIABLE))
    return survey_scales.index(items, low, high, spec.least_answered), reliability
