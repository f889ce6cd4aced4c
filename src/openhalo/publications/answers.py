"""All figures of a release: each measure over everything, by each of its groups, and through time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from openhalo.base.periods import Grain, Period
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.evaluation import evaluate
from openhalo.measures.figures import MeasureResult
from openhalo.measures.planning import Question
from openhalo.publications.imprint import counted, cuts
from openhalo.records.reading import Records

_FINEST: tuple[Grain, ...] = ("month", "quarter", "year")


@dataclass
class Answer:
    """One measure, answered every way that the release shows."""

    spec: MeasureSpec
    counted: MeasureSpec
    """The measure whose records are counted: itself, or what a ratio compares."""
    first: date
    last: date
    total: MeasureResult | None
    """Over all groups and days; None for a ratio, which only compares groups."""
    cuts: list[MeasureResult] = field(default_factory=list)
    """By each group, over all days."""
    trend: MeasureResult | None = None
    """Over all groups, by the finest period that the measure has; None where all lie in one period."""
    more: list[MeasureResult] = field(default_factory=list)
    """What goes into the tables but has no chart of its own: other periods, groups by year."""

    @property
    def results(self) -> list[MeasureResult]:
        """Return every result, each once."""
        return [one for one in (self.total, *self.cuts, self.trend, *self.more) if one is not None]


def needed(spec: MeasureSpec, records: Records) -> list[str]:
    """Return the record types that a measure needs and of which nothing was delivered."""
    base = counted(spec, records.catalogue)
    wanted = [base.record, *([base.per.record] if base.per else [])]
    return [record for record in wanted if record not in records.manifest.tables]


def answer(spec: MeasureSpec, records: Records) -> Answer:
    """Evaluate a measure for a release."""
    base = counted(spec, records.catalogue)
    covers = records.manifest.tables[base.record].coverage
    first, last = min(c.first for c in covers), max(c.last for c in covers)

    within = _shared(base, Period(first, last), records)

    def ask(by: Sequence[str], grain: Grain = "all") -> MeasureResult:
        return evaluate(Question(spec, list(by), grain, within=within), records)

    if spec.kind == "ratio":
        others = [group for group in spec.groups if group != spec.across]
        found = Answer(spec, base, first, last, None, [ask([spec.across])])
        found.more = [ask([spec.across, group]) for group in others]
    else:
        found = Answer(spec, base, first, last, ask([]), [ask([group]) for group in cuts(spec)])
    facts = found.results[0].provenance
    found.first, found.last = facts.get("first") or first, facts.get("last") or last
    if within is not None:
        found.first, found.last = max(found.first, within.first), min(found.last, within.last)
    if spec.kind == "ratio":
        return found
    grains = [grain for grain in _FINEST if grain in spec.periods]
    by_time = [ask([], grain) for grain in grains]
    found.trend = next((one for one in by_time if one.figures.height > 1), None)
    found.more = [one for one in by_time if one is not found.trend]
    if "year" in grains and first.year != last.year:
        found.more += [ask([group], "year") for group in cuts(spec)]
    return found


def _shared(base: MeasureSpec, counted_days: Period, records: Records) -> Period | None:
    """Return the days that both sides of a rate cover: uses of force of six years over stops of one would mislead."""
    if base.per is None or not base.per.matches_period:
        return None
    covers = records.manifest.tables[base.per.record].coverage
    return counted_days.overlap(Period(min(c.first for c in covers), max(c.last for c in covers)))
