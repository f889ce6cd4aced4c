"""Which group may be called the one with the most: only one that stands out from every other."""

import numpy as np
import polars as pl
from scipy.special import stdtrit

from openhalo.measures.figures import MeasureResult
from openhalo.statistics import means, proportions, rates
from openhalo.statistics.estimates import Numbers, holm

ALPHA = 0.05


def leader(result: MeasureResult) -> str | None:
    """Return the group of the highest value, if it may be called so.

    Its difference to every other group that has a figure must survive Holm's correction at 5 %, the figures must
    be cut by one group over one period, and no guard may forbid a headline. Groups that overlap (lists), ratios,
    medians and concentrations are never ranked.
    """
    forbidden = [f for f in result.guard_notes if f.severity == "headline" or f.guard == "groups"]
    if forbidden or len(result.by) != 1 or result.spec.kind in ("ratio", "median", "concentration"):
        return None
    rows = result.figures.filter((pl.col("status") == "ok") & pl.col(result.by[0]).is_not_null())
    if rows["period"].n_unique() != 1 or rows.height < 2:
        return None
    rows = rows.sort("value", descending=True)
    adjusted = holm(_p_values(rows.head(1), rows.slice(1), result.spec.kind))
    return str(rows[result.by[0]][0]) if bool(np.all(adjusted < ALPHA)) else None


def _p_values(first: pl.DataFrame, others: pl.DataFrame, kind: str) -> Numbers:
    k, n = (first[name].cast(pl.Float64).to_numpy() for name in ("numerator", "denominator"))
    k0, n0 = (others[name].cast(pl.Float64).to_numpy() for name in ("numerator", "denominator"))
    if kind == "share":
        return proportions.equality(k, n, k0, n0)
    if kind == "mean":
        return means.equality(k / n, _variance(first, n), n, k0 / n0, _variance(others, n0), n0)
    return rates.equality(k, np.ones_like(k) if kind == "count" else n, k0, np.ones_like(k0) if kind == "count" else n0)


def _variance(rows: pl.DataFrame, n: Numbers) -> Numbers:
    """Return the variances that the t intervals were made from."""
    half = ((rows["high"] - rows["low"]) / 2).to_numpy()
    found: Numbers = (half / stdtrit(n - 1, 0.975)) ** 2 * n
    return found
