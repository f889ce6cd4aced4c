"""Charts that watch: does a monthly number, or what is expected of the records, move away from where it was?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import polars as pl

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.months import day_of, must_have_months
from openhalo.analyses.results import Account, AnalysisResult, Counts, Picture
from openhalo.catalogue.analysis_kinds.monitoring import Monitoring
from openhalo.charts import analysis_charts
from openhalo.language import formatting
from openhalo.language.translation import _, mark_for_translation, message
from openhalo.statistics import monitoring
from openhalo.statistics.estimates import Numbers
from openhalo.statistics.monitoring import Cusum
from openhalo.statistics.results import Assumption, Refused

_FEWEST = 30
"""Records in the first months below which what is usual is not known."""
_WATCHED = 6
"""Months to watch, at least."""
_SHOWN = 6
_METHODS = {
    True: mark_for_translation("risk-adjusted CUSUM by month, limits by simulation, and a running total (VLAD)"),
    False: mark_for_translation(
        "Poisson CUSUM by month, allowing for scatter, limits by simulation, and a running total (VLAD)"
    ),
}
"""Whether the chart watches shares → how."""
_CITATIONS = {
    True: "Steiner, Cook, Farewell and Treasure (2000), Biostatistics 1, 441-452.",
    False: "Lucas (1985), Technometrics 27, 129-144.",
}


@dataclass(frozen=True)
class Watched:
    """One place's charts (or the whole's, with an empty name), over the months after the first ones.

    Attributes:
        counted, expected: (months,) all of them.
        rise, fall: the charts for either direction, of the months that are watched.
    """

    place: str
    counted: Numbers
    expected: Numbers
    rise: Cusum
    fall: Cusum

    @property
    def alarmed(self) -> bool:
        """Whether either chart raised an alarm."""
        return bool(self.rise.alarms or self.fall.alarms)


@dataclass(frozen=True)
class _MonitoringAccount(Account):
    """The charts of the whole and of each place.

    Attributes:
        months: first day of each.
        first: how many of them what is usual was learnt from.
        left: places with too few records in these.
    """

    whole: Watched
    places: tuple[Watched, ...]
    months: tuple[date, ...]
    first: int
    left: tuple[str, ...]

    def told(self, result: AnalysisResult) -> str:
        parts = []
        for chart, once, often in (
            (
                self.whole.rise,
                _("The chart for a rise gave an alarm in {month}."),
                _("The chart for a rise gave {n} alarms, the first in {month}."),
            ),
            (
                self.whole.fall,
                _("The chart for a fall gave an alarm in {month}."),
                _("The chart for a fall gave {n} alarms, the first in {month}."),
            ),
        ):
            if days := self._alarms(chart):
                text = once if len(days) == 1 else often
                parts.append(text.format(month=formatting.month(days[0]), n=len(days)))
        if not parts:
            text = _("Neither the chart for a rise nor that for a fall gave an alarm. Small changes can go unseen.")
            parts.append(text)
        counted = float(self.whole.counted[self.first :].sum())
        text = _("In {n} months, {counted} were counted; the first {first} months lead to {expected}.")
        said = text.format(
            n=len(self.months) - self.first,
            first=self.first,
            counted=formatting.count(counted),
            expected=formatting.count(round(counted - _running(self.whole, self.first)[-1])),
        )
        return " ".join([*parts, said])

    def notes(self, result: AnalysisResult) -> list[str]:
        spec = result.subject.spec
        text = _(
            "What is usual was learnt from {first} months, {start} to {end}. The charts look for a rise by a factor of "
            "{rise} and a fall by a factor of {fall}. Where nothing changes, each gives about one false alarm in "
            "{wait} months, or fewer."
        )
        found = [
            text.format(
                first=self.first,
                start=formatting.month(self.months[0]),
                end=formatting.month(self.months[self.first - 1]),
                rise=formatting.measured(spec.ratio, "ratio"),
                fall=formatting.measured(1 / spec.ratio, "ratio"),
                wait=spec.run_length,
            )
        ]
        if self.places:
            text = _("{k} of {n} places gave an alarm; each has its own charts, so some will by chance.")
            found.append(text.format(k=sum(one.alarmed for one in self.places), n=len(self.places)))
        if self.left:
            text = _("Too few in the first months to watch: {places}.")
            found.append(text.format(places=formatting.listed(self.left)))
        return found

    def tables(self, result: AnalysisResult) -> list[Counts]:
        heads = [
            _("Place"),
            _("A month, at first"),
            _("A month, since"),
            _("Alarms for a rise"),
            _("Alarms for a fall"),
        ]
        rows = [
            [
                one.place or _("All"),
                formatting.measured(float(one.counted[: self.first].mean()), "mean"),
                formatting.measured(float(one.counted[self.first :].mean()), "mean"),
                *(_listed(self._alarms(chart)) or _("none") for chart in (one.rise, one.fall)),
            ]
            for one in (self.whole, *self.places)
        ]
        return [Counts(_("What was counted, and the alarms"), heads, rows)]

    def pictures(self, result: AnalysisResult) -> list[Picture]:
        alarms = {month for chart in (self.whole.rise, self.whole.fall) for month in self._alarms(chart)}
        rows = [
            analysis_charts.Month(month.isoformat(), float(counted), float(expected), month in alarms)
            for month, counted, expected in zip(self.months, self.whole.counted, self.whole.expected, strict=True)
        ]
        start = self.months[self.first].isoformat()
        text = _(
            "Each dot is one month; a dark diamond is a month in which a chart gave an alarm. The line is what the "
            "first {first} months lead to, dashed from where the watch begins."
        )
        caption = text.format(first=self.first)
        running = _running(self.whole, self.first)
        total = [(month.isoformat(), value) for month, value in zip(self.months[self.first :], running, strict=True)]
        rising = _(
            "The running total of what was counted, less what the first months lead to. It rises where more is counted."
        )
        end = _("At the end it stands at {value}.").format(value=formatting.count(round(running[-1])))
        return [
            Picture(analysis_charts.series, (rows,), (start,), f"{self.told(result)} {caption}", caption),
            Picture(analysis_charts.running, (total,), (), f"{rising} {end}", rising),
        ]

    def _alarms(self, chart: Cusum) -> list[date]:
        """Return the months in which a chart gave an alarm."""
        return [self.months[self.first + at] for at in chart.alarms]


def run(context: AnalysisContext[Monitoring]) -> AnalysisResult:
    """Return when the monthly number moved away from that of the first months, by charts that wait for a false alarm
    as long as asked.

    Raises:
        Refused: too few whole months, or too few records in the first ones.
    """
    spec, months = context.spec, must_have_months(context)
    needed = spec.baseline_months + _WATCHED
    if len(months) < needed:
        text = mark_for_translation(
            "{n} whole months of records; {needed} are needed to learn what is usual and to watch"
        )
        raise Refused(message(text, n=len(months), needed=needed))
    cells = _cells(context, months)
    whole = _watch(context, "", cells, months)
    if whole is None:
        raise Refused(
            message(mark_for_translation("fewer than {n} in the first months: what is usual is not known"), n=_FEWEST)
        )
    names = sorted(cells["place"].drop_nulls().unique()) if spec.place else []
    watched = {place: _watch(context, place, cells.filter(pl.col("place") == place), months) for place in names}
    places = tuple(one for one in watched.values() if one is not None)
    left = tuple(place for place, one in watched.items() if one is None)
    return AnalysisResult(
        subject=context.subject,
        account=_MonitoringAccount(whole, places, tuple(months), spec.baseline_months, left),
        detail=pl.concat(_rows(one, months, spec.baseline_months) for one in (whole, *places)),
        limit=mark_for_translation("An alarm asks for a look. It does not say why, and some alarms are chance."),
        assumed=(
            Assumption("what is recorded, and how, stayed the same", "not testable"),
            Assumption("the first months were usual ones", "not testable"),
        ),
        method=_METHODS[bool(spec.outcome)],
        sources=(_CITATIONS[bool(spec.outcome)], "Lovegrove et al. (1997), The Lancet 350, 1128-1130."),
        facts={
            "alarms": [
                {"place": one.place, "for": name, "month": months[spec.baseline_months + at].isoformat()}
                for one in (whole, *places)
                for name, chart in (("rise", one.rise), ("fall", one.fall))
                for at in chart.alarms
            ],
            "places": len(places),
        },
    )


def _cells(context: AnalysisContext[Monitoring], months: Sequence[date]) -> pl.DataFrame:
    """Count records (n) and outcomes (k) by month, place and circumstances; without an outcome each record is one."""
    relation, spec = context.relation(), context.spec
    columns: dict[str, Any] = {
        "month": day_of(context, relation).truncate("M").cast("date"),
        "place": relation.field(spec.place).cast("string") if spec.place else ibis.literal(""),
    }
    held = {f"held{at}": relation.field(path).cast("string") for at, path in enumerate(spec.strata)}
    hit = context.condition(relation, spec.outcome) if spec.outcome else ibis.literal(True)
    rows = relation.table.select(**columns, **held, hit=hit)
    counted = context.records.fetch(
        rows.group_by([*columns, *held]).agg(k=ibis._.count(where=ibis._.hit), n=ibis._.hit.count())
    )
    kinds = pl.concat_str([pl.col(name).fill_null("") for name in held], separator=" · ") if held else pl.lit("")
    return counted.with_columns(kind=kinds).filter(pl.col("month").is_in(list(months)), pl.col("n") > 0)


def _watch(
    context: AnalysisContext[Monitoring], place: str, cells: pl.DataFrame, months: Sequence[date]
) -> Watched | None:
    """Return the charts of some cells; None where the first months hold too few records to say what is usual."""
    spec, first = context.spec, context.spec.baseline_months
    kinds = sorted(cells["kind"].unique())
    hits, trials = np.zeros((len(months), len(kinds))), np.zeros((len(months), len(kinds)))
    row, column = {month: at for at, month in enumerate(months)}, {kind: at for at, kind in enumerate(kinds)}
    for month, kind, k, n in cells.group_by("month", "kind").agg(pl.col("k", "n").sum()).iter_rows():
        hits[row[month], column[kind]], trials[row[month], column[kind]] = k, n
    if hits[:first].sum() < _FEWEST:
        return None
    charts = []
    if spec.outcome:
        share = hits[:first].sum() / trials[:first].sum()
        # Half a record drawn from the whole keeps circumstances that are rare from being called impossible.
        risk = (hits[:first].sum(axis=0) + share) / (trials[:first].sum(axis=0) + 1)
        expected = trials @ risk
        for ratio in (spec.ratio, 1 / spec.ratio):
            limit = monitoring.grouped_limit(trials[:first], risk, ratio, spec.run_length, learnt=True)
            charts.append(monitoring.grouped_cusum(hits[first:], trials[first:], risk, ratio, limit))
    else:
        days = np.array([(_after(month) - month).days for month in months], float)
        expected = days * hits[:first].sum() / days[:first].sum()
        counted = hits.sum(axis=1)
        scatter = float(np.sum((counted[:first] - expected[:first]) ** 2 / expected[:first])) / (first - 1)
        spread = max(1.0, scatter)
        for ratio in (spec.ratio, 1 / spec.ratio):
            mean = float(expected.mean())
            limit = monitoring.poisson_limit(mean, ratio, spec.run_length, dispersion=spread, learnt=first)
            charts.append(monitoring.poisson_cusum(counted[first:], expected[first:], ratio, limit, spread))
    return Watched(place, hits.sum(axis=1), expected, *charts)


def _after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _rows(one: Watched, months: Sequence[date], first: int) -> pl.DataFrame:
    def padded(chart: Cusum) -> list[float | None]:
        return [None] * first + [float(value) for value in chart.path]

    return pl.DataFrame(
        {
            "place": [one.place or None] * len(months),
            "month": list(months),
            "counted": one.counted.astype(int),
            "expected": one.expected,
            "running": [None] * first + _running(one, first),
            "rise": padded(one.rise),
            "rise_limit": one.rise.limit,
            "fall": padded(one.fall),
            "fall_limit": one.fall.limit,
        },
        schema_overrides={"place": pl.String},
    )


def _running(one: Watched, first: int) -> list[float]:
    total: list[float] = monitoring.running_excess(one.counted[first:], one.expected[first:]).tolist()
    return total


def _listed(alarms: Sequence[date]) -> str:
    return formatting.listed(
        [*(formatting.month(day) for day in alarms[:_SHOWN]), *(["…"] if len(alarms) > _SHOWN else [])]
    )
