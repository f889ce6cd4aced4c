"""The sizes of groups that a survey's answers are weighted to."""

import polars as pl

from openhalo.catalogue.analysis_kinds import Margin
from openhalo.engines.connect import fetch
from openhalo.engines.expressions import to_ibis
from openhalo.records.reading import Records, must_hold


def sizes(margin: Margin, records: Records) -> dict[str, float]:
    """Return how many people of each group the population has, in the last year on file.

    Raises:
        MeasureError: there are no records of it.
    """
    must_hold(records, margin.record)
    catalogue = records.catalogue
    relation = records.relation(margin.record)
    node = catalogue.condition(margin.record, margin.where)
    if node is not None:
        relation.table = relation.table.filter(to_ibis(node, relation))
    when = relation.field(catalogue.record_type(margin.record).date_column)
    columns = {"code": relation.field(margin.by).cast("string"), "size": relation.field(margin.size), "when": when}
    rows = fetch(relation.table.select(**columns)).drop_nulls()
    last = rows.filter(pl.col("when") == pl.col("when").max(), pl.col("size") > 0)
    return dict(last.group_by("code").agg(pl.col("size").sum().cast(pl.Float64)).iter_rows())
