"""Counts of the catalogue by name, and whether the records are held that they count."""

from collections.abc import Mapping

from openhalo.base.errors import CatalogueError, MeasureError, Problem, did_you_mean, name_all
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.indicators import IndicatorSpec
from openhalo.records.reading import Records

ROSTER = ("officers/officer", "officers/assignment")
"""Record types that say who serves where, without which nobody can be compared with equals."""


def count_over_a_year(catalogue: Catalogue, name: str) -> IndicatorSpec:
    """Return a count over twelve months.

    Raises:
        CatalogueError: there is none of this name.
    """
    counts = {one.id: one for one in catalogue.indicators.values() if one.is_count and 12 in one.months}
    return _named(counts, name, "there is no count over twelve months")


def count_over_two_years(catalogue: Catalogue, name: str) -> IndicatorSpec:
    """Return a count of one record type over one and over two years.

    Raises:
        CatalogueError: there is none of this name.
    """
    counts = {
        one.id: one
        for one in catalogue.indicators.values()
        if one.record and {12, 24} <= set(one.months) and one.kind != "time_since"
    }
    return _named(counts, name, "there is no count over one and two years")


def must_hold(records: Records, *needed: str) -> None:
    """Refuse where records of some type are not there.

    Raises:
        MeasureError: with every type that is missing.
    """
    missing = [record for record in needed if record not in records.manifest.tables]
    if missing:
        found = "no records of this type have been imported"
        raise MeasureError([Problem(record, found, todo="import them first") for record in missing])


def held_of(records: Records, spec: IndicatorSpec) -> list[str]:
    """Return the record types held that a count, or any part of a sum, counts.

    Raises:
        MeasureError: none of them is held.
    """
    indicators = records.catalogue.indicators
    counted = sorted({indicators[name].record for name in spec.any_of or [spec.id]})
    held = [record for record in counted if record in records.manifest.tables]
    if not held:
        must_hold(records, counted[0])
    return held


def _named(counts: Mapping[str, IndicatorSpec], name: str, found: str) -> IndicatorSpec:
    if name not in counts:
        raise CatalogueError(
            Problem("indicators", f"{found} '{name}'", name_all(counts, 60), did_you_mean(name, counts))
        )
    return counts[name]
