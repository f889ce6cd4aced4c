"""The interrupted series: records by month, before and after something began."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.contrasts import contrast
from openhalo.analyses.months import by_month, must_have_months
from openhalo.analyses.results import Account, AnalysisResult, Picture
from openhalo.analyses.wording import Wording
from openhalo.catalogue.analysis_kinds.interrupted_series import InterruptedSeries
from openhalo.charts import analysis_charts
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation
from openhalo.statistics.interrupted_series import interrupted_series
from openhalo.statistics.results import Refused

_ESTIMATE = mark_for_translation(
    "From {event} on, the monthly number was {value} times what the trend and season before lead to "
    "(95% interval {span}; {n} {units})."
)


@dataclass(frozen=True)
class _InterruptedSeriesAccount(Account):
    """The months before and after, which the result holds one by one."""

    def notes(self, result: AnalysisResult) -> list[str]:
        event, after = result.subject.event, int(result.detail["after"].sum())
        assert event is not None
        text = _("{before} months before are compared with {after} months from then on. Months in part are left out.")
        growth = _("Before, the number changed by {change} a month, the season aside.")
        return [
            text.format(before=result.detail.height - after, after=after),
            growth.format(change=f"{100 * (result.facts['trend_per_month'] - 1):+.1f}%"),
            _("Why this day: {reason}").format(reason=_(event.because)),
        ]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        subject, event = result.subject, result.subject.event
        assert event is not None
        rows = [
            analysis_charts.Month(month.isoformat(), float(counted), expected)
            for month, counted, expected in result.detail.select("month", "counted", "expected").iter_rows()
        ]
        caption = _(
            "Each dot is the number of {units} of one month. The line is the trend and season before {event}; from "
            "there on it is dashed and shows what would have come had they gone on."
        ).format(units=subject.unit, event=_(event.label))
        after = [row for row in rows if row.start >= event.start.isoformat()]
        text = _("{units}: {counted} in {months} months from then on; the trend before leads to {expected}.")
        alt = text.format(
            units=subject.unit,
            counted=formatting.count(sum(row.counted for row in after)),
            months=len(after),
            expected=formatting.count(sum(row.expected for row in after)),
        )
        return [Picture(analysis_charts.series, (rows,), (event.start.isoformat(),), f"{alt} {caption}", caption)]


def run(context: AnalysisContext[InterruptedSeries]) -> AnalysisResult:
    """Return the level after an event divided by what the trend and season before it lead to.

    Raises:
        Refused: no event is named, the records are kept by the year, or there are too few whole months on a side.
    """
    event = context.event
    if event is None:
        raise Refused("the plan does not say what began, and when")
    months = must_have_months(context)
    counted = by_month(context)
    events = np.array([counted.get(month, 0) for month in months], float)
    after = np.array([month >= event.start for month in months])
    found = interrupted_series(
        events,
        after,
        harmonics=context.spec.harmonics,
        season_start=months[0].month if months else 1,
        slope=context.spec.slope,
        lags=context.spec.lags,
    )
    return AnalysisResult(
        subject=context.subject,
        contrasts=(contrast(found, "ratio"),),
        account=_InterruptedSeriesAccount(),
        wording=Wording(
            _ESTIMATE,
            mark_for_translation("The level rose by more than chance explains."),
            mark_for_translation("The level fell by more than chance explains."),
            mark_for_translation("After {event}, against before"),
            {"event": event.label},
        ),
        detail=pl.DataFrame(
            {"month": months, "counted": events.astype(int), "expected": found.expected, "after": after}
        ),
        limit=found.limit,
        facts={
            "event": event.model_dump(mode="json"),
            "dispersion": found.dispersion,
            "trend_per_month": found.trend,
            "autocorrelation": found.autocorrelation,
        },
    )
