"""Which places lie further from the rest than chance and usual differences explain."""

from dataclasses import dataclass

import polars as pl

from openhalo.analyses.cells import cells_of
from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.results import Account, AnalysisResult, Picture
from openhalo.analyses.wording import NOT_ALONE
from openhalo.catalogue.analysis_kinds.funnel import Funnel
from openhalo.charts import analysis_charts
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.statistics.funnel import funnel, funnel_limits
from openhalo.statistics.rates import rate


@dataclass(frozen=True)
class _FunnelAccount(Account):
    """How many places lie apart, and the funnel."""

    points: tuple[analysis_charts.Place, ...]

    @property
    def out(self) -> int:
        """Return how many places lie apart."""
        return sum(point.out for point in self.points)

    def told(self, result: AnalysisResult) -> str:
        text = _(
            "{out} of {all} places differ from the rest by more than chance and their usual differences explain. "
            "Some of those may be chance too. It is no ranking."
        )
        return text.format(out=self.out, all=len(self.points))

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        caption = _(
            "Each dot is a place: what was counted, divided by what its records lead one to expect. Between the lines "
            "lie places whose distance from 1 is chance, or as usual among places."
        )
        alt = _("{out} of {all} places lie apart.").format(out=self.out, all=len(self.points))
        return [Picture(analysis_charts.funnel, (list(self.points),), (), f"{alt} {caption}", caption)]


def run(context: AnalysisContext[Funnel]) -> AnalysisResult:
    """Return which places have more or fewer outcomes than their mix of circumstances leads to.

    Raises:
        Refused: fewer than 10 places.
    """
    cells = cells_of(context, context.spec.outcome, context.spec.place, context.spec.strata).drop_nulls("key")
    share = pl.col("k").sum().over("stratum") / pl.col("n").sum().over("stratum")
    places = cells.with_columns(expected=pl.col("n") * share).group_by("key").agg(pl.col("k", "n", "expected").sum())
    places = places.filter(pl.col("expected") > 0)
    order = pl.Series(sorted(places["key"].to_list(), key=formatting.natural), dtype=pl.String)
    places = order.to_frame("key").join(places, on="key", how="left", maintain_order="left")
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
        for at, place in enumerate(places["key"])
    )
    low, high = funnel_limits(expected, found.between)
    points = tuple(
        analysis_charts.Place(float(e), float(r), float(a), float(b), bool(q < 0.05))
        for e, r, a, b, q in zip(expected, found.ratio, low, high, found.adjusted, strict=True)
    )
    account = _FunnelAccount(points)
    return AnalysisResult(
        subject=context.subject,
        contrasts=contrasts,
        account=account,
        detail=places.select(place="key", outcome="k", records="n", expected="expected"),
        limit=NOT_ALONE,
        facts={"dispersion": found.dispersion, "between": found.between, "stand_out": account.out},
    )
