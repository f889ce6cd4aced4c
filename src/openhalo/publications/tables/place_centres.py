"""Where the middle of a place lies, as its own records tell: an area, never the spot of a record."""

from collections.abc import Sequence

import ibis
import polars as pl

from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.records.reading import Records

FEWEST_RECORDS = 30
"""Fewer records than this give a place no centre: it could lie too near to one of them."""
_STEP = 0.002
"""Degrees, some 200 m, to which centres are rounded: they say which area, never which house."""
COORDINATES = ("latitude", "longitude")


def centres(path: str, answers: Sequence[ReleaseFigures], records: Records) -> pl.DataFrame:
    """Return the centre of each place: the median of its records' coordinates, rounded.

    Record types without coordinates take the centres of those that have them; where several have, the type with the
    most records in a place counts.
    """
    schema = {"code": pl.String(), "latitude": pl.Float64(), "longitude": pl.Float64(), "n": pl.Int64()}
    known = [pl.DataFrame(schema=schema)]
    for record in sorted({answer.counted.record for answer in answers}):
        fields = records.catalogue.record_type(record).fields
        if all(name in fields for name in COORDINATES):
            table = records.table(record)
            spots = table.filter(*(table[name].notnull() for name in (path, *COORDINATES)))
            medians = {name: ibis._[name].median() for name in COORDINATES}
            known.append(
                records.fetch(spots.group_by(code=spots[path]).agg(**medians, n=ibis._.count())).select(list(schema))
            )
    rounded = [((pl.col(name) / _STEP).round() * _STEP).round(3) for name in COORDINATES]
    enough = pl.concat(known).filter(pl.col("n") >= FEWEST_RECORDS).sort("n", "latitude", descending=True)
    return enough.unique("code", keep="first", maintain_order=True).select("code", *rounded).sort("code")
