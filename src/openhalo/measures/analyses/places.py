"""Shares of places: standardised, so that they can be compared at all, and the funnel of those that lie apart."""

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from openhalo.catalogue.analysis_kinds import Funnel, StandardisedRates
from openhalo.charts import analysis_charts, figures_chart
from openhalo.charts.figure import Figure, interval
from openhalo.language import formatting
from openhalo.language.translation import _, later
from openhalo.measures.analyses.asked import Asked
from openhalo.measures.analyses.cells import cells_of
from openhalo.measures.analyses.contrasts import Contrast, contrast
from openhalo.measures.analyses.results import AnalysisResult, Counts, Picture
from openhalo.measures.analyses.shares import NOT_ALONE
from openhalo.statistics.peers import funnel, funnel_limits
from openhalo.statistics.rates import rate
from openhalo.statistics.results import Refused
from openhalo.statistics.standardisation import direct


def standardised(asked: Asked[StandardisedRates]) -> AnalysisResult:
    """Return the share with the outcome in each place, had it the whole's mix of circumstances.

    Raises:
        Refused: no place holds every circumstance.
    """
    cells = cells_of(asked, [asked.spec.place]).drop_nulls("key0")
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
        asked=asked,
        contrasts=tuple(found),
        detail=crude.select(place="key0", outcome="k", records="n", share=pl.col("k") / pl.col("n")),
        told=lambda: _span_said(found),
        tell=lambda: _left_out(left),
        limit=later("A standardised share describes no real place: it serves comparison with others made alike."),
        depict=lambda: [_place_picture(found)],
        tabulate=lambda: _place_counts(found, crude),
    )


def funnel_of_places(asked: Asked[Funnel]) -> AnalysisResult:
    """Return which places have more or fewer outcomes than their mix of circumstances leads to.

    Raises:
        Refused: fewer than 10 places.
    """
    cells = cells_of(asked, [asked.spec.place]).drop_nulls("key0")
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
        asked=asked,
        contrasts=contrasts,
        detail=places.select(place="key0", outcome="k", records="n", expected="expected"),
        told=told,
        limit=NOT_ALONE,
        depict=lambda: [_funnel_picture(points)],
        facts={"dispersion": found.dispersion, "between": found.between, "stand_out": out},
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


def _funnel_picture(points: Sequence[analysis_charts.Place]) -> Picture:
    caption = _(
        "Each dot is a place: what was counted, divided by what its records lead one to expect. Between the lines lie "
        "places whose distance from 1 is chance, or as usual among places."
    )
    out = sum(point.out for point in points)
    alt = _("{out} of {all} places lie apart.").format(out=out, all=len(points))
    return Picture(analysis_charts.funnel, (list(points),), (), f"{alt} {caption}", caption)
