"""Which places lie further from the rest than chance and usual differences explain."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from openhalo.analyses.cells import cells_of
from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.results import AnalysisResult, Picture
from openhalo.analyses.wording import NOT_ALONE
from openhalo.catalogue.analysis_kinds.funnel import Funnel
from openhalo.charts import analysis_charts
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics.funnel import funnel, funnel_limits
from openhalo.statistics.rates import rate


def run(context: AnalysisContext[Funnel]) -> AnalysisResult:
    """Return which places have more or fewer outcomes than their mix of circumstances leads to.

    Raises:
        Refused: fewer than 10 places.
    """
    cells = cells_of(context, [context.spec.place]).drop_nulls("key0")
    share = pl.col("k").sum().over("stratum") / pl.col("n").sum().over("stratum")
    places = cells.with_columns(expected=pl.col("n") * share).group_by("key0").agg(pl.col("k", "n", "expected").sum())
    places = places.filter(pl.col("expected") > 0)
    places = pl.concat(
        [places.filter(pl.col("key0") == one) for one in sorted(places["key0"].to_list(), key=formatting.natural)]
    )
    observed, expected = places["k"].to_numpy().astype(float), places["expected"].to_numpy()
    found = funnel(observed, expected)
    exact = rate(observed, expected)
    contrasts = tuple(
        Contrast(
            group=place,
            scale="ratio",
            estimate=float(found.ratio[at]),
            low=float(exact.low[at]),
            high=float(exact.high[at]),
            neutral=1.0,
            n=int(places["n"][at]),
            p=float(found.p[at]),
            adjusted=float(found.adjusted[at]),
            leads=False,
            method=found.method,
            assumptions=(),
            citation=found.citation,
        )
        for at, place in enumerate(places["key0"])
    )
    out = int(np.sum(found.adjusted < 0.05))
    low, high = funnel_limits(expected, found.between)
    points = [
        analysis_charts.Place(float(e), float(r), float(a), float(b), bool(q < 0.05))
        for e, r, a, b, q in zip(expected, found.ratio, low, high, found.adjusted, strict=True)
    ]

    def told() -> str:
        text = _(
            "{out} of {all} places differ from the rest by more than chance and their usual differences explain. "
            "Some of those may be chance too. It is no ranking."
        )
        return text.format(out=out, all=len(places))

    return AnalysisResult(
        context=context,
        contrasts=contrasts,
        detail=places.select(place="key0", outcome="k", records="n", expected="expected"),
        told=told,
        limit=NOT_ALONE,
        depict=lambda: [_funnel_picture(points)],
        facts={"dispersion": found.dispersion, "between": found.between, "stand_out": out},
    )


def _funnel_picture(points: Sequence[analysis_charts.Place]) -> Picture:
    caption = _(
        "Each dot is a place: what was counted, divided by what its records lead one to expect. Between the lines lie "
        "places whose distance from 1 is chance, or as usual among places."
    )
    out = sum(point.out for point in points)
    alt = _("{out} of {all} places lie apart.").format(out=out, all=len(points))
    return Picture(analysis_charts.funnel, (list(points),), (), f"{alt} {caption}", caption)
