"""How each item of the core list stands in a release: answered by a measure or an analysis, or why not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from openhalo.catalogue.analysis_specs import AnalysisSpec
from openhalo.catalogue.core_list import CoreItem
from openhalo.catalogue.measure_specs import MeasureSpec

Standing = Literal["published", "no_records", "not_declared", "not_built"]


@dataclass(frozen=True)
class CoreStatus:
    """How one item of the core list stands in a release."""

    name: str
    item: CoreItem
    standing: Standing
    """`published`; else why not: `no_records` (measures or analyses exist, and nothing that they count was delivered),
    `not_declared` (the records are there, and the site's policy does not let the figures out, or its plan does not
    ask for the analysis, or this was refused), `not_built` (no measure or analysis exists yet)."""
    measures: tuple[str, ...] = ()
    """Measures of the item: those that are published, or that would be."""
    lacking: tuple[str, ...] = ()
    """Record types that the item's measures and analyses wait for."""
    analyses: tuple[str, ...] = ()
    """Analyses of the item: those that are published, or that would be."""


@dataclass(frozen=True)
class Answering:
    """Measures, or analyses, that may answer items of the core list, most telling first."""

    specs: Sequence[MeasureSpec | AnalysisSpec]
    published: Collection[str]
    """Ids of those in the release."""
    waiting: Mapping[str, Collection[str]]
    """Id of each whose records are not there → the record types that it lacks."""

    def of(self, item: str) -> tuple[str, ...]:
        """Return the ids of those that answer an item."""
        return tuple(spec.id for spec in self.specs if spec.core == item)


def telling(measures: Iterable[MeasureSpec], items: Collection[str], lead: Sequence[str]) -> list[MeasureSpec]:
    """Return measures in the order of the core list; within an item those that lead, then counts, shares and so on.

    Args:
        measures: in any order.
        items: names of the items of the core list, in its order.
        lead: ids of the measures that come before others, in their order.
    """
    places = [*items, ""]
    return sorted(
        measures,
        key=lambda spec: (
            places.index(spec.core if spec.core in items else ""),
            lead.index(spec.id) if spec.id in lead else len(lead),
            spec.traits.order,
            spec.id,
        ),
    )


def core_statuses(items: Mapping[str, CoreItem], measures: Answering, analyses: Answering) -> list[CoreStatus]:
    """Return how each item of the core list stands in a release, in the list's order.

    Args:
        items: the list, by name.
        measures: every measure of the catalogue.
        analyses: every analysis of it.
    """
    return [_status(name, item, measures, analyses) for name, item in items.items()]


def _status(name: str, item: CoreItem, measures: Answering, analyses: Answering) -> CoreStatus:
    both = (measures, analyses)
    found = [one.of(name) for one in both]
    out = [tuple(id for id in ids if id in one.published) for one, ids in zip(both, found, strict=True)]
    if any(out):
        return CoreStatus(name, item, "published", measures=out[0], analyses=out[1])
    waits = [one.waiting.get(id) for one, ids in zip(both, found, strict=True) for id in ids]
    lacking = tuple(sorted({record for records in waits for record in records or ()}))
    standing: Standing = "not_built" if not waits else "no_records" if None not in waits else "not_declared"
    return CoreStatus(name, item, standing, found[0], lacking, found[1])
