"""Codes that have a row and a cell whether or not a record has them.

A row that is there because of one record would tell of it, and so would a sum: where nobody has a code, the others add
up to their total. So the codes that the sources can give stand in the tables, and the cell of one that nobody has is
withheld as any small cell is, where the policy withholds zeros.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import polars as pl

from openhalo.catalogue.conditions import (
    Compare,
    Field,
    Has,
    In,
    Missing,
    Node,
    Question,
    fields_of,
    links_of,
    questions,
)
from openhalo.engines.polars_expressions import to_polars
from openhalo.measures.field_coverage import codes_said
from openhalo.publications.protection.cells import NO, YES, Counted, as_named, dimension
from openhalo.records.reading import Records

MAX_TRIED = 50_000
"""The most combinations of values for which a definition is asked what goes together."""


def listed_codes(record: str, path: str, records: Records) -> list[str]:
    """Return the codes that a field's sources can give; none where it has no list of codes."""
    followed = records.catalogue.schema.follow(record, path)
    spec = followed[1] if followed else None
    if spec is not None and spec.vocabulary:
        said = codes_said(record, path, records)
        order = records.catalogue.vocabularies[spec.vocabulary].order
        return list(order) if said is None else [code for code in order if code in said]
    return ["true", "false"] if spec is not None and spec.type == "boolean" else []


def listed(side: Counted, records: Records) -> dict[str, list[str]]:
    """Return, for each dimension, the codes that have a cell whether or not a record has them, as cells call them."""
    found = {path: named(listed_codes(side.record, path, records)) for path in side.fields}
    return {**found, **{dimension(text): [YES, NO] for text in (*side.where, *side.says)}}


def named(codes: Sequence[str]) -> list[str]:
    """Return codes as they stand in the names of cells."""
    return pl.DataFrame({"code": codes}, schema={"code": pl.String}).select(as_named(pl.col("code")))["code"].to_list()


def go_together(
    pair: tuple[str, str], side: Counted, rows: pl.DataFrame, codes: dict[str, list[str]], records: Records
) -> pl.DataFrame:
    """Return the codes of two dimensions that go together: in some record, or by definition where no record has one.

    Args:
        pair: two dimensions of which one tells of the other.
        side: the cross in which they stand.
        rows: its records.
        codes: what `listed` says of it.
        records: give the meaning of conditions.
    """
    seen = rows.select(pair).unique()
    every = pl.DataFrame(
        list(product(*([*dict.fromkeys([*rows[dim].unique(), *codes.get(dim, [])])] for dim in pair))),
        schema=dict.fromkeys(pair, pl.String),
        orient="row",
    )
    new = [~pl.col(dim).is_in(rows[dim].unique().implode()) for dim in pair]
    allowed, unseen = _by_definition(pair, side, records), every.filter(pl.any_horizontal(new))
    more = unseen if allowed is None else unseen.join(allowed, on=pair, how="semi")
    return pl.concat([seen, more])


def _by_definition(pair: tuple[str, str], side: Counted, records: Records) -> pl.DataFrame | None:
    """Return the codes that can go together, as the conditions are written; None where that cannot be tried."""
    texts = {dimension(text): text for text in (*side.where, *side.says)}
    nodes = {dim: records.catalogue.condition(side.record, texts[dim]) for dim in pair if dim in texts}
    if any(links_of(node) or any(map(_of_more, questions(node))) for node in nodes.values()):
        return None
    paths = sorted({path for dim in pair for path in (fields_of(nodes[dim]) if dim in nodes else {dim})})
    tried = {path: _values(side.record, path, list(nodes.values()), records) for path in paths}
    if not 0 < math.prod(map(len, tried.values())) <= MAX_TRIED:
        return None
    frame = pl.DataFrame(list(product(*tried.values())), schema=paths, orient="row", infer_schema_length=None)
    return frame.select(_code(dim, nodes.get(dim)).alias(dim) for dim in pair).unique()


def _code(dim: str, node: Node | None) -> pl.Expr:
    if node is None:
        return as_named(pl.col(dim))
    holds = to_polars(node)
    return as_named(pl.when(holds).then(pl.lit(YES)).when(~holds).then(pl.lit(NO)))


def _values(record: str, path: str, nodes: Sequence[Node | None], records: Records) -> list[Any]:
    """Return values of a field of which each stands for all that the conditions tell no differently; none: unknown."""
    followed = records.catalogue.schema.follow(record, path)
    kind = followed[1].type if followed else ""
    if kind in ("code", "boolean"):
        codes = listed_codes(record, path, records)
        return [*(codes if kind == "code" else (True, False)), None]
    if kind not in ("integer", "number"):
        return []
    asked = sorted({value for node in nodes for value in _asked(path, node)})
    near = dict.fromkeys(close for value in asked for close in (value - 1, value, value + 1))
    return [*near, None] if near else []


def _of_more(question: Question) -> bool:
    """Return whether a question reads more than the values of fields: reasons, lists, another field."""
    match question:
        case Missing(_, reason):
            return bool(reason)
        case Compare(_, _, right):
            return isinstance(right, Field)
    return isinstance(question, Has)


def _asked(path: str, node: Node | None) -> Iterator[float]:
    for question in questions(node):
        match question:
            case Compare(_, Field(of), int(value) | float(value)) if of == path:
                yield value
            case In(Field(of), values) if of == path:
                yield from (value for value in values if isinstance(value, int | float))
