"""Small numbers before and after something began, compared exactly."""

from dataclasses import dataclass, replace
from datetime import timedelta

import ibis
import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import Contrast, contrast
from openhalo.analyses.months import day_of
from openhalo.analyses.results import Account, AnalysisResult, Picture
from openhalo.analyses.wording import Wording
from openhalo.catalogue.analysis_kinds.count_change import CountChange
from openhalo.catalogue.analysis_specs import Event
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


@dataclass(frozen=True)
class _CountChangeAccount(Account):
    """What was counted before and after, and in how many days."""

    counted: tuple[int, int]
    days: tuple[int, int]

    def notes(self, result: AnalysisResult) -> list[str]:
        event = result.subject.event
        assert event is not None
        text = _("{before} in {days} days before, {after} in {more} days from then on.")
        said = text.format(
            before=formatting.count(self.counted[0]),
            days=formatting.count(self.days[0]),
            after=formatting.count(self.counted[1]),
            more=formatting.count(self.days[1]),
        )
        return [said, _("Why this day: {reason}").format(reason=_(event.because))]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        event, years = result.subject.event, np.array(self.days) / _YEAR
        assert event is not None
        exact = rate(np.array(self.counted, float), years)
        labels = (_("Before"), _("From {event} on").format(event=_(event.label)))
        rows = [
            Figure(
                labels[at],
                float(exact.value[at]),
                float(exact.low[at]),
                float(exact.high[at]),
                n=n,
                numerator=float(n),
                denominator=float(years[at]),
            )
            for at, n in enumerate(self.counted)
        ]
        text = _("The dot is the number of {units} a year; the line is its 95% interval.")
        caption = text.format(units=result.subject.unit)
        alt = figures_chart.describe("rate", rows, caption.rstrip("."))
        return [Picture(figures_chart.by_group, ("rate", rows), (), alt, caption)]


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
    account = _CountChangeAccount(
        _counted(context, event), ((event.start - days.first).days, (days.last - event.start).days + 1)
    )
    return AnalysisResult(
        subject=context.subject,
        contrasts=(_compared(context, account),),
        account=account,
        wording=Wording(
            _ESTIMATE,
            mark_for_translation("The number rose by more than chance explains."),
            mark_for_translation("The number fell by more than chance explains."),
            mark_for_translation("After {event}, against before"),
            {"event": event.label},
        ),
        detail=pl.DataFrame({"after": [False, True], "records": list(account.counted), "days": list(account.days)}),
        limit=mark_for_translation("A difference in rates does not show its cause."),
        facts={"event": event.model_dump(mode="json")},
    )


def _counted(context: AnalysisContext[CountChange], event: Event) -> tuple[int, int]:
    """Count the records before and after an event."""
    relation = context.relation()
    rows = relation.table.select(after=day_of(context, relation) >= ibis.literal(event.start))
    counted = dict(context.records.fetch(rows.group_by("after").agg(n=ibis._.count())).select("after", "n").iter_rows())
    return counted.get(False, 0), counted.get(True, 0)


def _compared(context: AnalysisContext[CountChange], account: _CountChangeAccount) -> Contrast:
    (before, after), (days, more) = account.counted, account.days
    found = contrast(mid_p_ratio(after, more, before, days), "ratio")
    alike = Assumption(
        "both stretches of time hold the same months of the year", "met" if _alike(context) else "not met"
    )
    return replace(
        found,
        p=e_test(after, before, more, days),
        assumptions=(*found.assumptions, alike),
        method=mark_for_translation("mid-p interval of a Poisson rate ratio, p-value of the E-test"),
        citation="Krishnamoorthy and Thomson (2004), J. Statistical Planning and Inference 119, 23-35; "
        + found.citation,
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
