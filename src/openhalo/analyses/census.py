"""How many people of each kind live in each place: the records that a survey's answers are weighted to."""

from collections.abc import Mapping

import polars as pl

from openhalo.engines.ibis_expressions import to_ibis
from openhalo.language.translation import mark_for_translation, message
from openhalo.records.reading import Records, must_hold
from openhalo.statistics.results import Refused


def people(records: Records, record: str, where: str, by: Mapping[str, str], size: str) -> pl.DataFrame:
    """Return how many people there are of each kind, in the last year on file.

    Args:
        records: a store version.
        record: record type that holds the numbers.
        where: which of its records count; empty: all.
        by: name of a column → the field of the record type that tells kinds apart.
        size: its field that says how many people there are.

    Returns:
        One row a kind: the columns of `by` as text, and `people` > 0. Records that do not say their kind are left out.

    Raises:
        MeasureError: there are no such records.
        Refused: they count the same people more than once.
    """
    must_hold(records, record)
    catalogue = records.catalogue
    relation, definition = records.relation(record), catalogue.record_type(record)
    node = catalogue.condition(record, where)
    if node is not None:
        relation.table = relation.table.filter(to_ibis(node, relation))
    apart = [name for name, field in definition.fields.items() if field.overlaps]
    columns = {name: relation.field(path).cast("string") for name, path in by.items()}
    columns |= {"people": relation.field(size).cast("float64"), "_when": relation.field(definition.date_column)}
    columns |= {f"_{name}": relation.field(name) for name in apart}
    rows = records.fetch(relation.table.select(**columns)).filter(pl.col("people") > 0).drop_nulls([*by, "_when"])
    last = rows.filter(pl.col("_when") == pl.col("_when").max())
    for name in apart:
        codes = sorted(last[f"_{name}"].drop_nulls().unique())
        if len(codes) > 1:
            text = mark_for_translation(
                "numbers that count the same people would be added up: '{field}' is {codes}, and may be one"
            )
            raise Refused(message(text, field=name, codes=", ".join(codes)))
    return last.group_by(*by, maintain_order=True).agg(pl.col("people").sum()).sort(*by)
