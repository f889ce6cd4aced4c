"""Shares of places, standardised: had each the mix of circumstances of the whole."""

import math
from collections.abc import Sequence

import polars as pl

from openhalo.analyses.cells import cells_of
from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast, contrast
from openhalo.analyses.results import AnalysisResult, Counts, Picture
from openhalo.catalogue.analysis_kinds.standardised_rates import StandardisedRates
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure, interval
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation
from openhalo.statistics.results import Refused
from openhalo.statistics.standardised_rates import direct


def run(context: AnalysisContext[StandardisedRates]) -> AnalysisResult:
    """Return the share with the outcome in each place, had it the whole's mix of circumstances.

    Raises:
        Refused: no place holds every circumstance.
    """
    cells = cells_of(context, [context.spec.place]).drop_nulls("key0")
    standard = cells.group_by("stratum").agg(pl.col("n").sum()).sort("stratum")
    found, left = [], []
    for place in sorted(cells["key0"].unique().to_list(), key=formatting.natural):
        mine = standard.select("stratum").join(cells.filter(pl.col("key0") == place), on="stratum", how="left")
        mine = mine.sort("stratum").with_columns(pl.col("k", "n").fill_null(0))
        try:
            one = direct(mine["k"].to_numpy(), mine["n"].to_numpy(), standard["n"].to_numpy())
            found.append(contrast(one, "share", group=place, leads=False))
        except Refused:
            left.append(place)
    if not found:
        raise Refused("no place holds records of every circumstance that is held equal")
    crude = cells.group_by("key0").agg(pl.col("k", "n").sum()).sort("key0")
    return AnalysisResult(
        context=context,
        contrasts=tuple(found),
        detail=crude.select(place="key0", outcome="k", records="n", share=pl.col("k") / pl.col("n")),
        told=lambda: _span_said(found),
        tell=lambda: _left_out(left),
        limit=mark_for_translation(
            "A standardised share describes no real place: it serves comparison with others made alike."
        ),
        depict=lambda: [_place_picture(found)],
        tabulate=lambda: _place_counts(found, crude),
    )


def _span_said(found: Sequence[Contrast]) -> str:
    text = _("With circumstances held equal, the share lies between {low} and {high} over {n} places.")
    values = [one.estimate for one in found]
    return text.format(low=formatting.share(min(values)), high=formatting.share(max(values)), n=len(found))


def _left_out(places: Sequence[str]) -> list[str]:
    if not places:
        return []
    text = _("Left out, because they have no record of one of the circumstances held equal: {places}.")
    return [text.format(places=", ".join(places))]


def _place_picture(found: Sequence[Contrast]) -> Picture:
    rows = [
        Figure(one.group, one.estimate, one.low, one.high, n=one.n, denominator=float(one.n), code=one.group)
        for one in found
    ]
    caption = _("The dot is the standardised share of each place; the line is its 95% interval.")
    return Picture(
        figures_chart.by_group, ("share", rows), (), figures_chart.describe("share", rows, caption.rstrip(".")), caption
    )


def _place_counts(found: Sequence[Contrast], crude: pl.DataFrame) -> Counts:
    shares = {place: k / n if n else math.nan for place, k, n in crude.select("key0", "k", "n").iter_rows()}
    heads = [_("Place"), _("Standardised share"), _("95% interval"), _("Share as it is")]
    rows = [
        [
            one.group,
            formatting.share(one.estimate),
            interval("share", one.low, one.high),
            formatting.share(shares[one.group]),
        ]
        for one in found
    ]
    return Counts(_("Shares by place"), heads, rows)
