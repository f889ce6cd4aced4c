"""Polars = Ibis on DuckDB = plain Python, on random records and random conditions."""

import atexit
import os
import shutil
import tempfile
from collections import Counter
from itertools import count
from pathlib import Path

import ibis
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import And, Compare, Count, Exists, Field, Has, In, Missing, Not, Or, Truth
from openhalo.catalogue.index import Catalogue
from openhalo.engines.columns import IBIS, polars_schema
from openhalo.engines.duckdb_cursor import cursor
from openhalo.engines.ibis_expressions import to_ibis
from openhalo.engines.polars_expressions import to_polars
from openhalo.records.reading import Records

from .generating import TYPES, conditions, schemas, worlds
from .meaning import World

NODES = {And, Compare, Count, Exists, Has, In, Missing, Not, Or, Truth}
ORDERED = {"integer", "number", "date", "time"}
_names = count()
FOLDER = Path(tempfile.mkdtemp(prefix="openhalo-conditions-"))
atexit.register(shutil.rmtree, FOLDER, True)


class Generated(Records):
    """Records read as from a store, whose tables were made by a test."""

    def __init__(self, schema, records):
        super().__init__(
            None, None, Catalogue(vocabularies=dict(schema.vocabularies), record_types=dict(schema.record_types))
        )
        made, frames = {}, {}
        vars(self).update(made=made, frames=frames)
        for name, definition in schema.record_types.items():
            columns = definition.columns()
            frame = pl.DataFrame(records[name], schema=polars_schema(columns))
            self.made[name] = f"generated:{next(_names)}"
            self.frames[name] = frame
            file = FOLDER / f"{next(_names)}.parquet"
            frame.write_parquet(file)
            cursor().execute(f"CREATE TABLE \"{self.made[name]}\" AS FROM '{file}'")
            file.unlink()
            self._tables[name] = ibis.table({c: IBIS[t] for c, t in columns.items()}, name=self.made[name])

    def table(self, record):
        return self._tables[record]

    def ask(self, nodes, record):
        """The answers to all conditions of a record type from one query, so that they share its joins."""
        relation = self.relation(record)
        answers = {f"answer{n}": to_ibis(node, relation) for n, node in enumerate(nodes)}
        return self.fetch(relation.table.select("record_key", **answers)).sort("record_key")

    def drop(self):
        for name in self.made.values():
            cursor().execute(f'DROP TABLE "{name}"')


def agree(data, linked):
    schema = data.draw(schemas())
    records = data.draw(worlds(schema))
    record = data.draw(st.sampled_from(sorted(schema.record_types)))
    texts = data.draw(st.lists(conditions(schema, record, linked), min_size=1, max_size=5))
    nodes = []
    for text in texts:
        node, problems = parse(text, record, schema)
        assert problems == [], text
        nodes.append(node)
    world, engine = World(schema, records), Generated(schema, records)
    rows = sorted(records[record], key=lambda row: row["record_key"])
    try:
        answers = [engine.ask(nodes, record)]
        if not linked:
            compiled = {f"answer{n}": to_polars(node) for n, node in enumerate(nodes)}
            answers.append(engine.frames[record].select("record_key", **compiled).sort("record_key"))
    finally:
        engine.drop()
    for answer in answers:
        assert answer["record_key"].to_list() == [row["record_key"] for row in rows]
        for number, node in enumerate(nodes):
            meant = [world.holds(node, record, row) for row in rows]
            assert answer[f"answer{number}"].to_list() == meant, texts[number]


EXAMPLES = int(os.environ.get("OPENHALO_EXAMPLES", "25"))
RUN = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


@settings(max_examples=EXAMPLES, **RUN)
@given(st.data())
def test_conditions_over_links_mean_the_same(data):
    agree(data, linked=True)


@settings(max_examples=EXAMPLES, **RUN)
@given(st.data())
def test_conditions_on_one_record_mean_the_same_in_three_engines(data):
    agree(data, linked=False)


@pytest.mark.soak
@settings(max_examples=500, **RUN)
@given(st.data(), st.booleans())
def test_conditions_mean_the_same_for_long(data, linked):
    agree(data, linked)


@pytest.mark.ci
def test_the_generator_reaches_every_node_and_every_answer():
    nodes, answers, operators, sides, parts = set(), Counter(), set(), set(), set()

    def walk(node):
        nodes.add(type(node))
        for part in (getattr(node, name) for name in node.__slots__):
            if type(part) in NODES:
                walk(part)
            if isinstance(part, Field):
                parts.add((part.type, part.part, "." in part.path))
        if isinstance(node, Compare):
            operators.add((node.left.type, node.operator))
            sides.add((type(node.left), type(node.right)))
        if isinstance(node, Missing):
            parts.add(("missing", bool(node.reason), "." in node.field.path))

    @settings(max_examples=80, phases=[Phase.generate], database=None, derandomize=True, **RUN)
    @given(st.data())
    def collect(data):
        schema = data.draw(schemas())
        records = data.draw(worlds(schema))
        record = data.draw(st.sampled_from(sorted(schema.record_types)))
        for _ in range(8):
            node, _ = parse(data.draw(conditions(schema, record)), record, schema)
            walk(node)
            answers.update(World(schema, records).holds(node, record, row) for row in records[record])

    collect()
    assert nodes == NODES
    assert min(answers[value] for value in (True, False, None)) > 50, answers
    assert {operator for _, operator in operators} == {"=", "<>", "<", "<=", ">", ">="}
    assert {kind for kind, operator in operators if "<" in operator or ">" in operator} >= ORDERED
    assert {kind for kind, _ in operators} >= ORDERED | {"text", "code", "boolean"}
    assert {(Field, Field), (Field, str), (Count, int), (Count, Count)} <= sides
    assert {("time", "_local"), ("date", "_date")} <= {part[:2] for part in parts}
    assert {(kind, True) for kind in (*TYPES, "missing")} <= {(part[0], part[2]) for part in parts}
    assert {("missing", True), ("missing", False)} <= {part[:2] for part in parts}
