"""All figures of a release: each measure over everything, by each of its groups, and through time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from openhalo.base.periods import Grain, Period
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.counting import Kept
from openhalo.measures.evaluation import evaluate
from openhalo.measures.field_coverage import told_within, unsaid
from openhalo.measures.figures import MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.declared_fields import counted, cuts
from openhalo.records.reading import Records

May = Callable[[Sequence[str], Grain], bool]
"""Whether figures by these groups and periods go out."""
_FINEST: tuple[Grain, ...] = ("month", "quarter", "year")


@dataclass
class ReleaseFigures:
    """One measure, answered every way that the release shows."""

    spec: MeasureSpec
    counted: MeasureSpec
    """The measure whose records are counted: itself, or what a ratio compares."""
    days: Period
    """The days that the figures speak for: all that both sides of a rate cover; against residents, the newest year."""
    all_days: Period
    """The days that the figures through time speak for."""
    total: MeasureResult | None = None
    """Over all groups and days; None for a ratio, which only compares groups."""
    cuts: list[MeasureResult] = field(default_factory=list)
    """By each group, over all days."""
    trend: MeasureResult | None = None
    """Over all groups, by the finest period that the measure has; None where all lie in one period."""
    more: list[MeasureResult] = field(default_factory=list)
    """What goes into the tables but has no chart of its own: other periods, groups by year."""

    def defined_by(self, catalogue: Catalogue) -> "ReleaseFigures":
        """Return the same answer to the same measure as a catalogue in another language defines it."""
        return replace(self, spec=catalogue.measure(self.spec.id), counted=catalogue.measure(self.counted.id))

    @property
    def results(self) -> list[MeasureResult]:
        """Return every result, each once."""
        return [one for one in (self.total, *self.cuts, self.trend, *self.more) if one is not None]

    @property
    def records(self) -> list[str]:
        """Return the record types that are counted, and counted against."""
        return [self.counted.record, *([self.counted.per.record] if self.counted.per else [])]


def needed(spec: MeasureSpec, records: Records) -> list[str]:
    """Return what a measure needs and the records do not hold.

    Record types of which nothing was delivered, or nothing of the same days; then fields (`stops/stop.duration`) that
    not one record says.
    """
    base = counted(spec, records.catalogue)
    wanted = [base.record, *([base.per.record] if base.per else [])]
    missing = [record for record in wanted if not records.coverage(record)]
    if not missing and base.per is not None and base.per.matches_period and _common(base, records) is None:
        return [base.per.record]
    return missing or [f"{base.record}.{path}" for path in unsaid(base, records)]


def release_figures(spec: MeasureSpec, records: Records, may: May = lambda by, grain: True) -> ReleaseFigures:
    """Evaluate a measure for a release, by every group and period by which it `may` be."""
    base = counted(spec, records.catalogue)
    all_days = told_within(base, records) or _days(base.record, records)
    if base.per is not None and base.per.matches_period:
        all_days = _common(base, records) or all_days
    by_the_year = base.per is not None and not base.per.matches_period
    kept = Kept()
    found = ReleaseFigures(spec, base, _newest_year(all_days) if by_the_year else all_days, all_days)

    def ask(cuts: Iterable[Sequence[str]], grain: Grain = "all") -> list[MeasureResult]:
        days = found.days if grain == "all" else all_days
        return [evaluate(Question(spec, list(by), grain, days), records, kept) for by in cuts if may(by, grain)]

    if spec.traits.compares_groups:
        found.cuts = ask([[spec.across]])
        found.more = ask([spec.across, group] for group in spec.groups if group != spec.across)
        return found
    found.total, found.cuts = next(iter(ask([[]])), None), ask([group] for group in cuts(spec))
    grains = [grain for grain in _FINEST if grain in spec.periods]
    by_time = [one for grain in grains for one in ask([[]], grain)]
    found.trend = next((one for one in by_time if one.figures.height > 1), None)
    found.more = [one for one in by_time if one is not found.trend]
    found.more += ask(spec.pairs)
    if "year" in grains and all_days.first.year != all_days.last.year:
        found.more += ask(([group] for group in cuts(spec)), "year")
    return found


def _days(record: str, records: Records) -> Period:
    covers = records.coverage(record)
    return Period(min(cover.first for cover in covers), max(cover.last for cover in covers))


def _common(base: MeasureSpec, records: Records) -> Period | None:
    """Return the days that both sides of a rate cover: uses of force of six years over stops of one would mislead."""
    assert base.per is not None
    return _days(base.record, records).overlap(_days(base.per.record, records))


def _newest_year(days: Period) -> Period:
    """Return the newest whole year of these days; without one, what there is of the newest year."""
    years = [Period(date(y, 1, 1), date(y, 12, 31)) for y in range(days.last.year, days.first.year - 1, -1)]
    return next((year for year in years if year.overlap(days) == year), years[0].overlap(days) or days)
