"""From a question to figures: one grouped query over the records, then intervals over the few rows it gives."""

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import polars as pl

from openhalo.base.periods import label
from openhalo.base.provenance import hash_facts
from openhalo.engines.connect import fetch
from openhalo.engines.expressions import to_ibis
from openhalo.measures.figures import FIGURE_COLUMNS, MeasureResult
from openhalo.measures.planning import PERIOD, Question, check, period_start, population
from openhalo.records.reading import Records
from openhalo.statistics.proportions import wilson


def evaluate(question: Question, records: Records) -> MeasureResult:
    """Answer a question.

    Raises:
        MeasureError: the measure cannot be cut so, or cannot be answered honestly.
    """
    check(question, records)
    spec = question.spec
    counts = _count(question, records, question.by)
    return MeasureResult(
        spec=spec,
        by=list(question.by),
        grain=question.grain,
        figures=_figures(counts, question, question.by),
        totals=_figures(_count(question, records, []), question, []),
        method="Wilson score",
        findings=[],
        provenance={
            "store_version": records.manifest.version,
            "definition": hash_facts(spec.model_dump(mode="json")),
            "deliveries": records.manifest.deliveries,
            "known_by": records.known_by,
            "purges": records.purges(),
        },
    )


def _count(question: Question, records: Records, by: Sequence[str]) -> pl.DataFrame:
    spec = question.spec
    relation = population(question, records, spec.record, spec.where)
    node = records.catalogue.condition(spec.record, spec.numerator)
    outcome = to_ibis(node, relation) if node is not None else ibis.literal(True)
    day = relation.field(records.catalogue.record_type(spec.record).date_column)
    groups = {f"group:{path}": relation.field(path).cast("string") for path in by}
    rows = relation.table.select(_outcome=outcome, **{PERIOD: period_start(day, question.grain)}, **groups)
    counted = rows.group_by([PERIOD, *groups]).agg(
        n=ibis._.count(),
        numerator=ibis._["_outcome"].sum(),
        missing=ibis._["_outcome"].isnull().sum(),
    )
    return fetch(counted).rename({f"group:{path}": path for path in by})


def _figures(counts: pl.DataFrame, question: Question, by: Sequence[str]) -> pl.DataFrame:
    denominator = (counts["n"] - counts["missing"]).to_numpy()
    numerator = counts["numerator"].fill_null(0).to_numpy()
    value, low, high, _ = wilson(numerator, denominator)
    enough = denominator >= question.spec.minimum_n
    kept: dict[str, Any] = {
        name: np.where(enough, column, np.nan) for name, column in (("value", value), ("low", low), ("high", high))
    }
    figures = counts.with_columns(
        pl.Series("period", [label(day, question.grain) for day in counts[PERIOD]], pl.String),
        pl.Series("denominator", denominator, pl.Float64),
        pl.col("numerator").cast(pl.Float64).fill_null(0),
        *[pl.Series(name, column).fill_nan(None) for name, column in kept.items()],
        pl.lit(None, pl.Float64).alias("bound_low"),
        pl.lit(None, pl.Float64).alias("bound_high"),
        pl.Series("status", np.where(enough, "ok", "too_few"), pl.String),
    )
    return figures.sort(PERIOD, *by, nulls_last=True).select(*by, *FIGURE_COLUMNS)
