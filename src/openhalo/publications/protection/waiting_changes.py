"""What a page says of late changes that wait: over which days, and since when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from openhalo.base.periods import Period
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.publications.protection.cells import KEY
from openhalo.publications.protection.earlier_releases import Kept, Stretches
from openhalo.publications.protection.late_changes import LateChanges


@dataclass(frozen=True)
class Waiting:
    """Days that some tables of a measure count as they stood earlier."""

    days: list[Period]
    since: date
    """When the release went out that first counted them so."""
    many: bool
    """Whether k records or more came in or were changed since."""

    def sentence(self, k: int) -> str:
        """Return what the page says of it."""
        text = (
            _(
                "Some figures of this page count {periods} as these days stood on {day}: {k} records or more that came "
                "in or changed since wait, because some groups have fewer of them."
            )
            if self.many
            else _(
                "Some figures of this page count {periods} as these days stood on {day}: fewer than {k} records came "
                "in or changed since, and they wait for a later release."
            )
        )
        spans = [formatting.span(one.first, one.last) for one in _laid_together(self.days)]
        return text.format(periods=", ".join(spans), day=formatting.day(self.since), k=k)


def waiting(late: LateChanges, kept: Kept) -> dict[str, list[Waiting]]:
    """Return for each measure the days whose late changes wait in some of its tables; none without changes."""
    found = {}
    for spec in dict.fromkeys(table.spec.id for table in late.tables):
        own = [table for table in late.tables if table.spec.id == spec]
        states = [view.stretches for table in own if (view := kept.view(table.name))]
        records = sorted({side.record for table in own for side in table.sides})
        since: dict[date, list[tuple[Period, int]]] = {}
        for days, version in dict.fromkeys(one for stretches in states for one in stretches):
            if version != late.records.manifest.version:
                since.setdefault(_first_told(late.earlier, days, version), []).append((days, version))
        told = [_waiting(late, records, first, tuple(each)) for first, each in sorted(since.items())]
        if moved := [one for one in told if one is not None]:
            found[spec] = moved
    return found


def _waiting(late: LateChanges, records: Sequence[str], since: date, stretches: Stretches) -> Waiting | None:
    now = late.records.manifest.version
    moved = [
        (each, sum(late.rows.changed(record, (each,), ((each[0], now),))[KEY].n_unique() for record in records))
        for each in stretches
    ]
    days = [days for (days, _version), n in moved if n]
    return Waiting(days, since, sum(n for _each, n in moved) >= late.policy.k) if days else None


def _first_told(earlier: Sequence[Kept], days: Period, version: int) -> date:
    """Return when the release went out that first counted these days from a store version."""
    return min(
        kept.published
        for kept in earlier
        for view in kept.views
        for told, theirs in view.stretches
        if theirs == version and told.overlap(days)
    )


def _laid_together(days: Sequence[Period]) -> Iterator[Period]:
    """Yield stretches of days in order, those that follow on each other as one."""
    found: list[Period] = []
    for one in sorted(days, key=lambda each: each.first):
        follows = found and one.first <= found[-1].last + timedelta(days=1)
        found[-1:] = [Period(found[-1].first, max(one.last, found[-1].last))] if follows else [*found[-1:], one]
    yield from found
