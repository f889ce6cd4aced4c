"""A survey's answers and the census, by area and kind of person: what a model of small areas is fitted to."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from openhalo.analyses.census import people
from openhalo.analyses.context import AnalysisContext
from openhalo.catalogue.analysis_kinds.small_area_estimate import SmallAreaEstimate
from openhalo.language.formatting import natural
from openhalo.language.translation import mark_for_translation, message
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.results import Refused
from openhalo.statistics.small_area_estimate import LEAST_ANSWERS, Codes, leftover_weights

FEWEST_AREAS = 5
"""Areas with answers below which nothing tells how far areas differ."""
_MOST_UNPLACED, _MOST_UNCOUNTED = 0.2, 0.05
"""Shares of answers without an area and kind, and of a kind that the census does not count there, that may be left
out: above, the others would speak for them."""
AREA = "area"


@dataclass(frozen=True)
class ByKind:
    """Answers and people by kind: an area and a code of each trait.

    Attributes:
        names: of each factor, area first: its codes in the order in which arrays number them.
        census: (kinds, factors) of the population, and `people` how many there are of each.
        asked_of: (kinds, factors) of those who answered; `yes` and `asked` their answers, weighted within kinds.
        rows: answers one by one: area, `yes` and `weight`.
        left: people left out: no answer, no weight, no area or kind, a kind that the census does not count there.
        effect: design effect of the weights within kinds, 1 where kinds explain them.
    """

    names: tuple[list[str], ...]
    census: Codes
    people: Numbers
    asked_of: Codes
    yes: Numbers
    asked: Numbers
    rows: pl.DataFrame
    left: tuple[int, int, int, int]
    effect: float

    @property
    def answered(self) -> list[int]:
        """Return how many answered in each area."""
        counted: Mapping[str, int] = dict(self.rows.group_by(AREA).len().iter_rows())
        return [counted.get(area, 0) for area in self.names[0]]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return how many codes each factor has."""
        return tuple(len(codes) for codes in self.names)


def answers_by_kind(context: AnalysisContext[SmallAreaEstimate]) -> ByKind:
    """Return the answers of one analysis and the population's last numbers, by area and kind.

    Raises:
        Refused: fewer than 100 answers, fewer than 5 areas with answers, or too many answers that cannot be placed.
        MeasureError: there are no records of the population.
    """
    cells, relation = context.spec.cells, context.relation()
    traits = {AREA: cells.area, **{f"trait{at}": trait for at, trait in enumerate(cells.traits)}}
    census = people(
        context.records, cells.record, cells.where, {name: one.by for name, one in traits.items()}, cells.size
    )
    columns = {name: relation.field(one.field).cast("string") for name, one in traits.items()}
    columns["yes"] = context.condition(relation, context.spec.answer)
    if context.spec.weight:
        columns["weight"] = relation.field(context.spec.weight)
    every = context.records.fetch(relation.table.select(**columns))
    if "weight" not in columns or not every["weight"].count():
        every = every.with_columns(weight=pl.lit(1.0))
    answered = every.drop_nulls("yes")
    weighed = answered.filter(pl.col("weight") > 0)
    placed = weighed.drop_nulls(list(traits))
    placed = placed.with_columns(_as_counted(context, name, one.field, census[name]) for name, one in traits.items())
    counted = placed.join(census, on=list(traits), how="semi", maintain_order="left")
    left = (every.height, answered.height, weighed.height, placed.height, counted.height)
    _refuse_too_many(left)
    if counted[AREA].n_unique() < FEWEST_AREAS:
        text = mark_for_translation("only {n} areas have answers; {least} are needed to tell how far areas differ")
        raise Refused(message(text, n=counted[AREA].n_unique(), least=FEWEST_AREAS))

    names = tuple(sorted(census[name].unique().to_list(), key=natural) for name in traits)
    numbered = [
        pl.col(name).replace_strict(codes, range(len(codes)), return_dtype=pl.Int64)
        for name, codes in zip(traits, names, strict=True)
    ]
    codes = counted.select(numbered).to_numpy()
    weights, effect = leftover_weights(counted["weight"].cast(pl.Float64).to_numpy(), codes)
    kinds = counted.select(numbered).with_columns(
        yes=pl.Series(np.where(counted["yes"], weights, 0.0)), asked=pl.Series(weights)
    )
    summed = kinds.group_by(list(traits)).agg(pl.col("yes", "asked").sum() / effect).sort(list(traits))
    return ByKind(
        names=names,
        census=census.select(numbered).to_numpy(),
        people=census["people"].to_numpy(),
        asked_of=summed.select(list(traits)).to_numpy(),
        yes=summed["yes"].to_numpy(),
        asked=summed["asked"].to_numpy(),
        rows=counted.select(AREA, pl.col("yes").cast(pl.Boolean), pl.col("weight").cast(pl.Float64)),
        left=tuple(before - after for before, after in pairwise(left)),  # type: ignore[arg-type]
        effect=effect,
    )


def _as_counted(context: AnalysisContext[SmallAreaEstimate], name: str, field: str, census: pl.Series) -> pl.Expr:
    """Return a column of codes; one that the census does not count becomes the broader one that it counts."""
    found = context.records.catalogue.schema.follow(context.spec.record, field)
    vocabulary = context.records.catalogue.vocabularies.get(found[1].vocabulary) if found else None
    known = set(census)
    wider = {
        code: one.broader
        for code, one in (vocabulary.codes if vocabulary else {}).items()
        if code not in known and one.broader in known
    }
    return pl.col(name).replace(wider) if wider else pl.col(name)


def _refuse_too_many(left: tuple[int, ...]) -> None:
    _every, _answered, weighed, placed, counted = left
    if weighed - placed > _MOST_UNPLACED * weighed:
        text = mark_for_translation("{n} of {all} people do not say their area, or a trait that makes people alike")
        raise Refused(message(text, n=weighed - placed, all=weighed))
    if placed - counted > _MOST_UNCOUNTED * placed:
        text = mark_for_translation(
            "{n} of {all} people who answered are of a kind that the population's numbers do not have there"
        )
        raise Refused(message(text, n=placed - counted, all=placed))
    if counted < LEAST_ANSWERS:
        raise Refused(
            message(
                mark_for_translation("only {n} people answered; {fewest} are needed"), n=counted, fewest=LEAST_ANSWERS
            )
        )
