"""From counts to figures: values with intervals, bounds over records of unknown group, and why one is withheld."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.measure_kind import CountingKind, Unknown
from openhalo.measures.planning import PERIOD
from openhalo.statistics.estimates import Intervals, Numbers

WITHHELD = ("value", "low", "high", "bound_low", "bound_high")


def fractions(counted: pl.DataFrame) -> tuple[Numbers, Numbers]:
    """Return numerators and denominators, NaN where there is no denominator."""
    n: Numbers = counted["denominator"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return counted["numerator"].to_numpy(), n


def columns(found: Intervals, times: int = 1) -> list[pl.Series]:
    """Return an estimate as columns, null where there is none."""
    parts = (("value", found.value), ("low", found.low), ("high", found.high))
    return [pl.Series(name, np.asarray(part) * times, nan_to_null=True, dtype=pl.Float64) for name, part in parts]


def moments(counted: pl.DataFrame) -> tuple[Any, Any]:
    """Return averages and sample variances from exact sums (`numerator`, `squares`), each rounded once."""
    average, variance = [], []
    for n, total, squares in counted.select("denominator", "total", "squares").rows():
        count, exact = int(n or 0), Fraction(total)
        average.append(float(exact / count) if count else np.nan)
        variance.append(float((Fraction(squares) - exact * exact / count) / (count - 1)) if count > 1 else 0.0)
    return np.array(average, float), np.array(variance, float)


def add_bounds(figures: pl.DataFrame, kind: CountingKind, spec: MeasureSpec, groups: Sequence[str]) -> pl.DataFrame:
    """Add where each value would lie whatever the records of unknown group were: `bound_low` and `bound_high`."""
    unknown = _compatible(figures, groups)
    low, high = kind.bounds(spec, Unknown(pl.col("unknown_numerator"), pl.col("unknown_denominator")))
    complete = pl.all_horizontal(pl.col(list(groups)).is_not_null()) if groups else pl.lit(False)
    return unknown.with_columns(
        pl.when(complete).then(end).otherwise(None).cast(pl.Float64).fill_nan(None).alias(name)
        for name, end in (("bound_low", low), ("bound_high", high))
    )


def _compatible(figures: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Add, per cell, the counts of records that could belong to it: known groups agree, the rest is unknown."""
    sums = [pl.col(name).fill_null(0).sum().alias(f"_{name}") for name in ("numerator", "denominator")]
    found = figures.with_columns(pl.lit(0.0).alias("unknown_numerator"), pl.lit(0.0).alias("unknown_denominator"))
    for size in range(len(groups)):
        for kept in combinations(groups, size):
            hidden = [group for group in groups if group not in kept]
            keys = [PERIOD, *kept]
            blank = figures.filter(pl.all_horizontal(pl.col(hidden).is_null())).group_by(keys).agg(sums)
            found = found.join(blank, on=keys, how="left", maintain_order="left").with_columns(
                (pl.col(f"unknown_{name}") + pl.col(f"_{name}").fill_null(0)).alias(f"unknown_{name}")
                for name in ("numerator", "denominator")
            )
            found = found.drop("_numerator", "_denominator")
    return found


def withhold(figures: pl.DataFrame) -> pl.DataFrame:
    """Take the value, interval and bounds from every figure whose status is not ok; its counts stay."""
    carries = pl.col("status").is_in(["ok", "reference"])
    return figures.with_columns(pl.when(carries).then(pl.col(name)).otherwise(None).alias(name) for name in WITHHELD)
