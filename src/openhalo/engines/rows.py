"""Rows of an engine as a Polars frame, through the Arrow capsule and without pyarrow.

Polars remembers the class of what it converts for the life of the process. Handed a DuckDB relation, it would keep
DuckDB's own modules alive at exit, and DuckDB would print a page of leak warnings. So this module must not import it.
"""

from typing import Any

import polars as pl


class Stream:
    """Rows of a relation or a frame, whose class nobody on the other side needs to know."""

    def __init__(self, relation: Any) -> None:
        self.relation = relation

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Return the rows as an Arrow stream."""
        return self.relation.__arrow_c_stream__(requested_schema)


def to_frame(relation: Any) -> pl.DataFrame:
    """Return the rows of a relation: of anything that speaks the Arrow PyCapsule interface."""
    return pl.DataFrame(Stream(relation))
