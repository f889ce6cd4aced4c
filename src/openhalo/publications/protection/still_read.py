"""What protected figures that are out read of the records of a store version."""

from collections.abc import Sequence

from openhalo.catalogue.conditions import fields_of
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.record_types import RecordType
from openhalo.publications.protection.cells import sides
from openhalo.publications.protection.earlier_releases import Kept
from openhalo.records.purged_counts import Counted


def fields_read(told: Sequence[Kept], catalogue: Catalogue, record: RecordType, version: int) -> Counted | None:
    """Return the fields of a record type that figures read from a store version; None where none do."""
    fields: set[str] = set()
    firsts, by_day = [], False
    for kept in told:
        for view in kept.views:
            if record.id not in kept.days or version not in {theirs for _days, theirs in view.stretches}:
                continue
            firsts.append(kept.days[record.id].first)
            for measure, by, grain in view.tables:
                spec = catalogue.measures.get(measure)
                for side in sides(spec, by, grain, catalogue) if spec else []:
                    if side.record == record.id:
                        nodes = [catalogue.condition(record.id, text) for text in (*side.where, *side.says)]
                        paths = {*side.fields, *(path for node in nodes if node for path in fields_of(node))}
                        fields |= {path.partition(".")[0] for path in paths}
                        by_day |= grain == "day"
    units = {path.partition(".")[0] for path in record.protects.values() if path}
    return Counted(frozenset(fields | units), min(firsts), by_day) if firsts else None


def versions_read(told: Sequence[Kept]) -> set[int]:
    """Return the store versions that tables are counted from, each as the newest release with it counts it."""
    newest = {table: view for kept in told for view in kept.views for table in view.tables}
    return {version for view in newest.values() for _days, version in view.stretches}
