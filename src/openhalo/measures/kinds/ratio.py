"""The figures of another measure's groups, as multiples of that of one group."""

from dataclasses import replace

import polars as pl

from openhalo.measures.estimating import columns, withhold
from openhalo.measures.measure_kind import Answer, MeasureKind
from openhalo.measures.planning import PERIOD, Question
from openhalo.records.reading import Records
from openhalo.statistics import proportions, rates


class Ratio(MeasureKind):
    """A ratio of two shares or of two rates."""

    def asked(self, question: Question, records: Records) -> Question:
        """Return the question about the measure whose groups are compared, cut by the group that is."""
        spec = question.spec
        by = question.by if spec.across in question.by else [spec.across, *question.by]
        return replace(question, spec=records.catalogue.measure(spec.of), by=by)

    def answered(self, question: Question, answer: Answer) -> Answer:
        """Divide every group's value by that of the reference group of the same period and other groups."""
        spec, across = question.spec, f"group:{question.spec.across}"
        others = [c for c in answer.figures.columns if c.startswith("group:") and c != across]
        keys = [PERIOD, *others]
        kept = ["numerator", "denominator", "status", "bound_low", "bound_high"]
        is_rate = "cv" in answer.figures.columns
        reference = answer.figures.filter(pl.col(across) == spec.reference)
        reference = reference.select(*keys, pl.col(*kept, *(["cv"] if is_rate else [])).name.prefix("other_"))
        rows = answer.figures.join(reference, on=keys, how="left", nulls_equal=True, maintain_order="left")
        k, n, k0, n0, cv, cv0 = (
            rows[name].cast(pl.Float64).fill_null(0.0).to_numpy() if name in rows.columns else 0.0
            for name in ("numerator", "denominator", "other_numerator", "other_denominator", "cv", "other_cv")
        )
        found = rates.ratio(k, n, k0, n0, cv, cv0) if is_rate else proportions.ratio(k, n, k0, n0)
        itself = pl.col(across).eq_missing(pl.lit(spec.reference))
        figures = rows.with_columns(
            *columns(found),
            _status(itself).alias("status"),
            (pl.col("bound_low") / pl.col("other_bound_high")).alias("bound_low"),
            (pl.col("bound_high") / pl.col("other_bound_low")).alias("bound_high"),
        ).with_columns(
            pl.when(itself).then(1.0).otherwise("value").alias("value"),
            *[
                pl.when(~itself & pl.col(name).is_finite()).then(name).otherwise(None).alias(name)
                for name in ("low", "high", "bound_low", "bound_high")
            ],
        )
        return replace(answer, figures=withhold(figures), totals=answer.totals.clear(), method=found.method)


def _status(itself: pl.Expr) -> pl.Expr:
    """Return why a ratio is not given, or that a group is the one that others are compared with."""
    return (
        pl.when(pl.col("status") != "ok")
        .then("status")
        .when(pl.col("other_status").is_null() | (pl.col("other_status") != "ok"))
        .then(pl.lit("no_reference"))
        .when(pl.col("other_numerator") == 0)
        .then(pl.lit("no_events"))
        .when(itself)
        .then(pl.lit("reference"))
        .otherwise(pl.lit("ok"))
    )


KIND = Ratio()
