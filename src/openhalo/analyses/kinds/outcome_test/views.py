"""Hit rates as a table and as charts: by group, and place by place against the reference group."""

from collections.abc import Sequence

import numpy as np

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.results import Counts, Picture
from openhalo.catalogue.analysis_kinds.outcome_test import OutcomeTest
from openhalo.charts import analysis_charts, figures_chart
from openhalo.charts.figure import Figure, interval
from openhalo.language import formatting
from openhalo.language.translation import _, capital
from openhalo.statistics.estimates import Numbers, normal_quantile
from openhalo.statistics.proportions import wilson

FEWEST_IN_PLACE = 10
"""Searches of a group in a place below which its hit rate there is neither averaged nor drawn."""
_FEWEST_PLACES = 3


def _figures(context: AnalysisContext[OutcomeTest], hits: Numbers, made: Numbers, codes: Sequence[str]) -> list[Figure]:
    """Return the hit rate of each group over all places."""
    k, n = hits.sum(axis=1), made.sum(axis=1)
    rates = wilson(k, n)
    return [
        Figure(
            context.name(code),
            float(rates.value[index]),
            float(rates.low[index]),
            float(rates.high[index]),
            n=int(n[index]),
            numerator=float(k[index]),
            denominator=float(n[index]),
            code=code,
        )
        for index, code in enumerate(codes)
    ]


def counts_of(
    context: AnalysisContext[OutcomeTest], hits: Numbers, made: Numbers, codes: Sequence[str], places: int
) -> Counts:
    """Return each group's hits, searches and hit rate, pooled and as a plain average over places."""
    heads = [_("Group"), _("Searches that found something"), _("95% interval"), _("Found"), _("Searches")]
    rows = []
    for index, row in enumerate(_figures(context, hits, made, codes)):
        cells = [
            capital(row.label),
            formatting.share(row.value),
            interval("share", row.low, row.high),
            formatting.count(row.numerator),
            formatting.count(row.denominator),
        ]
        k, n = hits[index, :places], made[index, :places]
        large = n >= FEWEST_IN_PLACE
        if places > 1:
            cells.append("–")
            if large.sum() > 1:
                p = k[large] / n[large]
                half = normal_quantile(0.95) * float(np.sqrt(np.sum(p * (1 - p) / (n[large] - 1)))) / len(p)
                text = _("{average} ({interval}; {places} places)")
                span = interval("share", max(p.mean() - half, 0.0), min(p.mean() + half, 1.0))
                cells[-1] = text.format(average=formatting.share(p.mean()), interval=span, places=len(p))
        rows.append(cells)
    if places > 1:
        heads.append(_("Average over places with 10 searches or more"))
    return Counts(_("How often searches found something"), heads, rows)


def pictures_of(
    context: AnalysisContext[OutcomeTest], hits: Numbers, made: Numbers, codes: Sequence[str], base: int
) -> list[Picture]:
    """Draw hit rates by place, each group against the reference; and by group."""
    rows = _figures(context, hits, made, codes)
    alt = figures_chart.describe("share", rows, _("Share of searches that found something"))
    caption = _("The dot is the share of searches that found something; the line is its 95% interval.")
    by_group = Picture(figures_chart.by_group, ("share", rows), (tuple(context.people),), alt, caption)
    panels = []
    for index, code in enumerate(codes):
        both = (made[index] >= FEWEST_IN_PLACE) & (made[base] >= FEWEST_IN_PLACE)
        if index == base or both.sum() < _FEWEST_PLACES:
            continue
        up, across = (hits[at][both] / made[at][both] for at in (index, base))
        sizes = (made[index] + made[base])[both]
        points = [
            analysis_charts.Point(x, y, n) for x, y, n in zip(across.tolist(), up.tolist(), sizes.tolist(), strict=True)
        ]
        panels.append(analysis_charts.Panel(context.name(code), code, points))
    if not panels:
        return [by_group]
    reference = context.name(codes[base])
    caption = _(
        "Each circle is a place with 10 searches or more of both groups; its size shows how many there were. On the "
        "dashed line, searches of both groups find something equally often. Below it, searches of the group named "
        "find something less often than searches of {reference}."
    ).format(reference=reference)
    axes = (_("Hit rate, {group}").format(group=reference), _("Hit rate, group named"))
    places = Picture(analysis_charts.places, (panels,), (tuple(context.people), *axes), f"{alt} {caption}", caption)
    return [places, by_group]
