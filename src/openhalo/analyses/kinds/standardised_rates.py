"""Shares of places, standardised: had each the mix of circumstances of the whole."""

import math
from dataclasses import dataclass

import polars as pl

from openhalo.analyses.cells import cells_of
from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import contrast
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.catalogue.analysis_kinds.standardised_rates import StandardisedRates
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure, interval
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation
from openhalo.statistics.results import Refused
from openhalo.statistics.standardised_rates import direct


@dataclass(frozen=True)
class _StandardisedRatesAccount(Account):
    """The standardised shares beside the shares as they are; `left` are the places that have none."""

    left: tuple[str, ...]

    def told(self, result: AnalysisResult) -> str:
        text = _("With circumstances held equal, the share lies between {low} and {high} over {n} places.")
        values = [one.estimate for one in result.contrasts]
        return text.format(low=formatting.share(min(values)), high=formatting.share(max(values)), n=len(values))

    def notes(self, result: AnalysisResult) -> list[str]:
        if not self.left:
            return []
        text = _("Left out, because they have no record of one of the circumstances held equal: {places}.")
        return [text.format(places=", ".join(self.left))]

    def tables(self, result: AnalysisResult) -> list[Counts]:
        counted = result.detail.select("place", "outcome", "records").iter_rows()
        shares = {place: k / n if n else math.nan for place, k, n in counted}
        heads = [_("Place"), _("Standardised share"), _("95% interval"), _("Share as it is")]
        rows = [
            [
                one.group,
                formatting.share(one.estimate),
                interval("share", one.low, one.high),
                formatting.share(shares[one.group]),
            ]
            for one in result.contrasts
        ]
        return [Counts(_("Shares by place"), heads, rows)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        rows = [
            Figure(one.group, one.estimate, one.low, one.high, n=one.n, denominator=float(one.n), code=one.group)
            for one in result.contrasts
        ]
        caption = _("The dot is the standardised share of each place; the line is its 95% interval.")
        alt = figures_chart.describe("share", rows, caption.rstrip("."))
        return [Picture(figures_chart.by_group, ("share", rows), (), alt, caption)]


def run(context: AnalysisContext[StandardisedRates]) -> AnalysisResult:
    """Return the share with the outcome in each place, had it the whole's mix of circumstances.

    Raises:
        Refused: no place holds every circumstance.
    """
    cells = cells_of(context, context.spec.outcome, context.spec.place, context.spec.strata).drop_nulls("key")
    standard = cells.group_by("stratum").agg(pl.col("n").sum()).sort("stratum")
    found, left = [], []
    for place in sorted(cells["key"].unique().to_list(), key=formatting.natural):
        mine = standard.select("stratum").join(cells.filter(pl.col("key") == place), on="stratum", how="left")
        mine = mine.sort("stratum").with_columns(pl.col("k", "n").fill_null(0))
        try:
            one = direct(mine["k"].to_numpy(), mine["n"].to_numpy(), standard["n"].to_numpy())
            found.append(contrast(one, "share", group=place, leads=False))
        except Refused:
            left.append(place)
    if not found:
        raise Refused("no place holds records of every circumstance that is held equal")
    crude = cells.group_by("key").agg(pl.col("k", "n").sum()).sort("key")
    return AnalysisResult(
        subject=context.subject,
        contrasts=tuple(found),
        account=_StandardisedRatesAccount(tuple(left)),
        detail=crude.select(place="key", outcome="k", records="n", share=pl.col("k") / pl.col("n")),
        limit=mark_for_translation(
            "A standardised share describes no real place: it serves comparison with others made alike."
        ),
    )
