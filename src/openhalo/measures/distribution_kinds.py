"""Kinds that rest on how values are spread over the records: the middle one, and what the few hold who have most."""

from typing import Any

import polars as pl

from openhalo.language.formatting import count, share
from openhalo.language.translation import _
from openhalo.measures.counting import Group, spread
from openhalo.measures.figures import GuardNote
from openhalo.measures.planning import PERIOD, Question, population
from openhalo.records.reading import Records
from openhalo.statistics import concentration, quantiles

KINDS = ("median", "concentration")
FEWEST_HOLDERS = 50
"""With fewer holders the interval of a concentration is too narrow, and its value too low."""

_MEASURED = {"value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "holders": pl.Int64}


def measured(cells: pl.DataFrame, question: Question, records: Records) -> pl.DataFrame:
    """Add `value`, `low`, `high` and `numerator` to counted cells; of a concentration also the number of `holders`.

    The numerator of a concentration is what the top holds; a median has none.
    """
    spec = question.spec
    relation = population(question, records, spec.record, [spec.where])
    holds = spec.kind == "concentration"
    groups = [Group(name, name, {}) for name in question.by]
    values = spread(
        relation, records, question.grain, groups, relation.field(spec.value or spec.holders), holders=holds
    )
    keys = [PERIOD, *(group.column for group in groups)]
    rows = [(*key, *_one(cell["value"], cell["times"], spec)) for key, cell in values.group_by(keys)]
    found = pl.DataFrame(rows, {**{key: cells.schema[key] for key in keys}, **_MEASURED}, orient="row")
    joined = cells.join(found, on=keys, how="left", nulls_equal=True, maintain_order="left")
    top = (pl.col("value") * pl.col("denominator")).round(6) if holds else pl.lit(None, pl.Float64)
    return joined.with_columns(top.alias("numerator")).drop([] if holds else ["holders"])


def _one(values: pl.Series, times: pl.Series, spec: Any) -> tuple[float | None, float | None, float | None, int]:
    if spec.kind == "median":
        found = quantiles.median(values.to_numpy(), times.to_numpy())
    else:
        found = concentration.top_share(values.to_numpy(), times.to_numpy(), spec.top)
    value, low, high = (None if part[0] != part[0] else float(part[0]) for part in found[:3])
    return value, low, high, int(times.sum())


def guard_notes(question: Question, records: Records, totals: pl.DataFrame) -> list[GuardNote]:
    """Say of a concentration what chance alone would make of holders who are all alike."""
    spec = question.spec
    rows = totals.filter(pl.col("status") == "ok").to_dicts() if spec.kind == "concentration" else []
    if len(rows) != 1:
        return []
    held, holders, top = rows[0]["denominator"], rows[0]["holders"], spec.top
    kind = records.catalogue.record_type(records.catalogue.record_type(spec.record).fields[spec.holders].to)
    chance = concentration.by_chance(held / holders, top)
    text = _(
        "{n} {holders} have any. If they were all alike and only chance told them apart, the top {top} would "
        "still hold {share}. How long each has been there is not taken into account."
    )
    said = text.format(n=count(holders), holders=kind.plural, top=share(top), share=share(chance))
    return [GuardNote("chance", "note", said, {"holders": holders, "by_chance": chance})]
