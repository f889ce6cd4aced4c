"""Shares area by area from a survey that asked few people in each: a model of kinds of people, and the census."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import contrast
from openhalo.analyses.kinds.small_area_estimate.account import Area, SmallAreas
from openhalo.analyses.kinds.small_area_estimate.answers_by_kind import AREA, ByKind, answers_by_kind
from openhalo.analyses.results import AnalysisResult
from openhalo.analyses.wording import Wording
from openhalo.catalogue.analysis_kinds.small_area_estimate import SmallAreaEstimate
from openhalo.language.translation import mark_for_translation
from openhalo.statistics import small_area_estimate, survey_estimate
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.predictive_check import misfits, reproduced
from openhalo.statistics.results import Assumption, Result


def run(context: AnalysisContext[SmallAreaEstimate]) -> AnalysisResult:
    """Return the share that gives an answer, for everyone and for each area.

    Raises:
        Refused: too few answers or areas, answers that cannot be placed, or chains that do not agree.
        MeasureError: there are no records of the population.
        MissingExtra: the sampler is not installed.
    """
    known = answers_by_kind(context)
    model = small_area_estimate.fit(known.asked_of, known.yes, known.asked, known.sizes)
    checks = _checked(context, model, known)
    shares = small_area_estimate.by_area(model, known.census, known.people, 0)
    people = np.bincount(known.census[:, 0], known.people, known.sizes[0]).astype(float)
    every = small_area_estimate.result(model, shares @ people / people.sum(), "all areas", known.rows.height, checks)
    whole = contrast(every, "share", leads=False)
    areas = _areas(context, model, known, shares, people)
    return AnalysisResult(
        subject=context.subject,
        contrasts=(whole,),
        account=SmallAreas(tuple(areas), known.left, known.effect, context.records.least_told),
        wording=Wording("", whole=mark_for_translation("All residents")),
        detail=_detail(areas),
        limit=small_area_estimate.LIMIT,
        facts={
            "rhat": model.draws.rhat,
            "effective_draws": model.draws.ess,
            "divergences": model.draws.divergences,
            "areas": len(areas),
            "without_answers": sum(one.answered == 0 for one in areas),
            "design_effect": known.effect,
        },
    )


def _checked(
    context: AnalysisContext[SmallAreaEstimate], model: small_area_estimate.Multilevel, known: ByKind
) -> list[Assumption]:
    """Hold answers drawn from the model against the real ones: by area, by each trait, and by both at once."""
    schema, cells = context.records.catalogue.schema, context.spec.cells
    found = [schema.follow(context.spec.record, one.field) for one in (cells.area, *cells.traits)]
    labels = [one[1].label if one else "" for one in found]
    cuts = {str(at): (at,) for at in range(len(labels))} | {f"0 {at}": (0, at) for at in range(1, len(labels))}
    chances = misfits(model, known.asked_of, known.yes, known.asked, cuts)
    alone = [reproduced(chances[str(at)], label) for at, label in enumerate(labels)]
    return alone + [reproduced(chances[f"0 {at}"], label, labels[0]) for at, label in enumerate(labels) if at]


def _areas(
    context: AnalysisContext[SmallAreaEstimate],
    model: small_area_estimate.Multilevel,
    known: ByKind,
    shares: Numbers,
    people: Numbers,
) -> list[Area]:
    """Return what is told of each area: small numbers of people who answered are not."""
    answered, least = known.answered, context.records.least_told
    told: list[int | None] = [None if 0 < n < least else n for n in answered]
    if told.count(None) == 1 and any(told):  # the others and the sum would tell it
        told[told.index(min(n for n in told if n))] = None
    drawn = survey_estimate.sample(known.rows["weight"].to_numpy())
    yes, area = known.rows["yes"].cast(pl.Float64).to_numpy(), known.rows[AREA].to_numpy()

    def own(name: str, n: int) -> Result | None:
        within = area == name
        both = min(yes[within].sum(), n - yes[within].sum()) if n >= survey_estimate.FEWEST else 0
        return survey_estimate.mean(yes, drawn, name, within=within) if both >= least else None

    return [
        Area(
            name,
            float(people[at]),
            told[at],
            small_area_estimate.result(model, shares[:, at], name, answered[at]),
            own(name, answered[at]) if told[at] is not None else None,
        )
        for at, name in enumerate(known.names[0])
    ]


def _detail(areas: Sequence[Area]) -> pl.DataFrame:
    ends = ("estimate", "low", "high")
    return pl.DataFrame(
        {
            "area": [one.name for one in areas],
            "population": [one.people for one in areas],
            "answered": pl.Series([one.answered for one in areas], dtype=pl.Int64()),
            **{end: [getattr(one.share, end) for one in areas] for end in ends},
            **{
                f"own_{end}": pl.Series(
                    [getattr(one.own, end) if one.own else None for one in areas], dtype=pl.Float64()
                )
                for end in ends
            },
        }
    )
