"""Small numbers before and after something began, compared exactly."""

from dataclasses import replace
from datetime import timedelta

import ibis
import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import contrast
from openhalo.analyses.months import day_of
from openhalo.analyses.results import AnalysisResult, Picture
from openhalo.analyses.wording import Wording
from openhalo.catalogue.analysis_kinds.count_change import CountChange
from openhalo.charts import figures_chart
from openhalo.charts.figure import Figure
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation
from openhalo.measures.planning import has_days
from openhalo.statistics.count_change import e_test, mid_p_ratio
from openhalo.statistics.rates import rate
from openhalo.statistics.results import Assumption, Refused

_YEAR = 365.25
_ALIKE = 0.02
_ESTIMATE = mark_for_translation(
    "From {event} on, there were {value} times as many {units} a day as before (95% interval {span}; {n} {units})."
)


def run(context: AnalysisContext[CountChange]) -> AnalysisResult:
    """Return the rate of records a day from an event on, divided by the rate before.

    Raises:
        Refused: no event is named, days are missing, it lies outside of the days of the records, or there is no record
            before it.
    """
    event, days = context.event, context.days
    if event is None or days is None:
        raise Refused("the plan does not say what began, and when")
    if not has_days(context.records, context.spec.record):
        raise Refused("the records are kept by the year; a change needs days")
    if not days.first < event.start <= days.last:
        raise Refused("the records do not reach from before this day to after it")
    spans = ((event.start - days.first).days, (days.last - event.start).days + 1)
    relation = context.relation()
    rows = relation.table.select(after=day_of(context, relation) >= ibis.literal(event.start))
    counted = dict(context.records.fetch(rows.group_by("after").agg(n=ibis._.count())).select("after", "n").iter_rows())
    before, after = counted.get(False, 0), counted.get(True, 0)
    found = contrast(mid_p_ratio(after, spans[1], before, spans[0]), "ratio")
    alike = Assumption(
        "both stretches of time hold the same months of the year", "met" if _alike(context) else "not met"
    )
    found = replace(
        found,
        p=e_test(after, before, spans[1], spans[0]),
        assumptions=(*found.assumptions, alike),
        method=mark_for_translation("mid-p interval of a Poisson rate ratio, p-value of the E-test"),
        citation="Krishnamoorthy and Thomson (2004), J. Statistical Planning and Inference 119, 23-35; "
        + found.citation,
    )
    exact = rate(np.array([before, after], float), np.array(spans) / _YEAR)

    def rows_of() -> list[Figure]:
        labels = (_("Before"), _("From {event} on").format(event=_(event.label)))
        return [
            Figure(
                labels[at],
                float(exact.value[at]),
                float(exact.low[at]),
                float(exact.high[at]),
                n=n,
                numerator=float(n),
                denominator=spans[at] / _YEAR,
            )
            for at, n in enumerate((before, after))
        ]

    def notes() -> list[str]:
        text = _("{before} in {days} days before, {after} in {more} days from then on.")
        said = text.format(
            before=formatting.count(before),
            days=formatting.count(spans[0]),
            after=formatting.count(after),
            more=formatting.count(spans[1]),
        )
        return [said, _("Why this day: {reason}").format(reason=_(event.because))]

    def depict() -> list[Picture]:
        caption = _("The dot is the number of {units} a year; the line is its 95% interval.").format(units=context.unit)
        alt = figures_chart.describe("rate", rows_of(), caption.rstrip("."))
        return [Picture(figures_chart.by_group, ("rate", rows_of()), (), alt, caption)]

    return AnalysisResult(
        context=context,
        contrasts=(found,),
        wording=Wording(
            _ESTIMATE,
            mark_for_translation("The number rose by more than chance explains."),
            mark_for_translation("The number fell by more than chance explains."),
            mark_for_translation("After {event}, against before"),
            {"event": event.label},
        ),
        detail=pl.DataFrame({"after": [False, True], "records": [before, after], "days": list(spans)}),
        tell=notes,
        limit=mark_for_translation("A difference in rates does not show its cause."),
        depict=depict,
        facts={"event": event.model_dump(mode="json")},
    )


def _alike(context: AnalysisContext[CountChange]) -> bool:
    """Return whether both stretches hold the same share of each month of the year."""
    event, days = context.event, context.days
    assert event is not None and days is not None
    shares = []
    for first, last in ((days.first, event.start - timedelta(days=1)), (event.start, days.last)):
        months = pl.date_range(first, last, "1d", eager=True).dt.month().to_numpy()
        shares.append(np.bincount(months, minlength=13) / len(months))
    return bool(np.max(np.abs(shares[0] - shares[1])) < _ALIKE)
