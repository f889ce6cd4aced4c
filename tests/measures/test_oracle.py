"""The engine held to the oracle on generated records and measures: to-many links, lists and gaps included.

OPENHALO_EXAMPLES sets how many of each are tried.
"""

import os
import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from openhalo.base.periods import Period
from openhalo.catalogue.index import load
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.counting import Kept
from openhalo.measures.evaluation import evaluate
from openhalo.measures.planning import Question

from . import oracle
from .example_records import hold

FILES = {
    "vocabularies/colour.yaml": """
label: Colour
description: A test
source: test
codes: {RED: {label: Red}, GREEN: {label: Green}, BLUE: {label: Blue}}
""",
    "vocabularies/part.yaml": """
label: Part
description: A test
source: test
codes: {WHOLE: {label: Whole}, PART: {label: Part}}
""",
    "test/visit.yaml": """
label: Visit
plural: visits
description: A test
source: test
units: {visit: visits}
time: occurred_at
fields:
  occurred_at: {type: time, label: When, privacy: public, required: true, source: test}
  colour: {type: code, vocabulary: colour, label: Colour, privacy: public, source: test}
  tags: {type: codes, vocabulary: colour, label: Tags, privacy: public, source: test}
  flag: {type: boolean, label: Flag, privacy: public, source: test}
  size: {type: integer, label: Size, privacy: public, source: test}
  amount: {type: number, label: Amount, privacy: public, source: test}
  place: {type: text, label: Place, privacy: public, source: test}
  owner: {type: link, to: test/owner, inverse: visits, label: Owner, privacy: public, source: test}
example: {occurred_at: "2017-01-01 10:00"}
""",
    "test/owner.yaml": """
label: Owner
plural: owners
description: A test
source: test
units: {owner: owners}
time: year
fields:
  year: {type: integer, label: Year, required: true, privacy: public, source: test}
  colour: {type: code, vocabulary: colour, label: Colour, privacy: public, source: test}
example: {year: 2017}
""",
    "test/event.yaml": """
label: Event
plural: events
description: A test
source: test
units: {event: events}
time: occurred_at
fields:
  occurred_at: {type: time, label: When, privacy: public, required: true, source: test}
  visit: {type: link, to: test/visit, inverse: events, label: Visit, privacy: public, source: test}
  hot: {type: boolean, label: Hot, privacy: public, source: test}
example: {occurred_at: "2017-01-01 10:00"}
""",
    "test/stock.yaml": """
label: Stock
plural: stocks
description: A test
source: test
units: {stock: stocks}
time: year
fields:
  year: {type: integer, label: Year, required: true, privacy: public, source: test}
  area: {type: text, label: Area, required: true, privacy: public, source: test}
  kind: {type: code, vocabulary: part, label: Kind, required: true, privacy: public, source: test}
  colour: {type: code, vocabulary: colour, label: Colour, privacy: public, source: test}
  count: {type: integer, label: Count, required: true, privacy: public, source: test}
example: {year: 2017, area: A, kind: WHOLE, count: 1}
""",
}
CODES = ["RED", "GREEN", "BLUE"]
COMMON = {
    "label": "x",
    "question": "x?",
    "answer": "{value}",
    "minimum_n": 10,
    "direction": "neither",
    "periods": ["year", "quarter", "month"],
    "why_it_matters": "x",
    "limits": [],
    "sources": [],
    "author": "x",
    "reviewed": "2026-01-01",
    "next_review": "2099-01-01",
    "example": {"records": {}, "expect": []},
}
VISIT_GROUPS = ["colour", "tags", "flag", "size", "place", "owner.colour"]
EVENT_GROUPS = ["visit.colour", "visit.place"]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    root = tmp_path_factory.mktemp("catalogue")
    for place, text in FILES.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return _Quiet(load(root))


class _Quiet:
    """The catalogue under a short name, so that a failing example stays readable."""

    def __init__(self, catalogue):
        self.all = catalogue

    def __repr__(self):
        return "catalogue"


def worlds(seed, size):
    """Build records from a seed: a fifth of all values missing, some links dangling, some visits with many events."""
    chance = random.Random(seed)

    def maybe(value):
        return None if chance.random() < 0.2 else value

    def moment():
        when = date(2016, 11, 1) + timedelta(days=chance.randrange(200))
        return f"{when} {chance.randrange(24):02}:30"

    owners = [{"key": f"o{i}", "year": 2016, "colour": maybe(chance.choice(CODES))} for i in range(4)]
    visits = [
        {
            "key": f"v{i}",
            "occurred_at": moment(),
            "colour": maybe(chance.choice(CODES)),
            "tags": maybe(sorted(chance.sample(CODES, chance.randrange(4)))),
            "flag": maybe(chance.random() < 0.4),
            "size": maybe(chance.randrange(3)),
            "amount": maybe(chance.randrange(-500, 5000) / 100),
            "place": maybe(chance.choice("ABC")),
            "owner": maybe(f"o{chance.randrange(5)}"),
        }
        for i in range(size)
    ]
    events = [
        {
            "key": f"e{i}",
            "occurred_at": moment(),
            "visit": maybe(f"v{min(chance.randrange(size + 2), chance.randrange(size + 2))}"),
            "hot": maybe(chance.random() < 0.5),
        }
        for i in range(2 * size)
    ]
    stock = [
        {
            "key": f"s{y}{a}{c}",
            "year": y,
            "area": a,
            "kind": "PART" if c else "WHOLE",
            "colour": c,
            "count": chance.randrange(0, 60) * (1 if c else 4),
        }
        for y in (2015, 2017)
        for a in "AB"
        for c in (None, "RED", "GREEN")
    ]
    return oracle.World(visits, owners, events, stock)


leaves = st.sampled_from(
    [
        ("true", "flag"),
        ("equals", "colour", "RED"),
        ("in", "colour", ("RED", "BLUE")),
        ("least", "size", 1),
        ("missing", "colour"),
        ("missing", "tags"),
        ("has", "tags", "GREEN"),
        ("equals", "owner.colour", "RED"),
        ("any", ("always",)),
        ("any", ("true", "hot")),
        ("count", ("always",), 2),
        ("count", ("not", ("true", "hot")), 1),
        ("missing", "owner.colour"),
    ]
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(["and", "or"]), inner, inner)),
    max_leaves=4,
)
grains = st.sampled_from(["all", "year", "quarter", "month"])
sizes = st.integers(min_value=1, max_value=120)
seeds = st.integers(min_value=0, max_value=2**20)
spans = st.sampled_from([None, (date(2016, 12, 1), date(2017, 3, 31)), (date(2017, 1, 1), date(2017, 12, 31))])
quick = settings(
    max_examples=int(os.environ.get("OPENHALO_EXAMPLES", "12")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def held(catalogue, spec, trees, world, by, grain, within, bases=()):
    """Ask engine and oracle the same, and compare every figure."""
    catalogue = catalogue.all
    catalogue.measures.update({base.id: base for base in bases})
    period = Period(*within) if within else None
    try:
        records, kept = hold(catalogue, world.records), None
        if len(world.visits) % 2:  # every other world is asked twice, and the second answer is cut from what was kept
            kept = Kept()
            evaluate(Question(spec, [], grain, period), records, kept)
        result = evaluate(Question(spec, by, grain, period), records, kept)
    finally:
        for base in bases:
            del catalogue.measures[base.id]
    figures, totals = oracle.answer(spec, trees, world, by, grain, within, {b.id: b for b in bases})
    compare(result.figures, figures, result.by)
    if spec.kind != "ratio":
        compare(result.totals, totals, [])
    return result


def compare(frame, expected, by):
    found = {(row["period"], *(row[name] for name in by)): row for row in frame.to_dicts()}
    as_text = {tuple(None if part is None else str(part) for part in key): cell for key, cell in expected.items()}
    assert set(found) == set(as_text)
    for key, row in found.items():
        cell = as_text[key]
        for name in ("n", "missing", "status"):
            assert row[name] == cell[name], (key, name, row, cell)
        for name in ("numerator", "denominator", "value", "low", "high", "bound_low", "bound_high"):
            wanted = cell.get(name)
            wanted = None if name == "denominator" and not wanted and row[name] is None else wanted
            close = None if wanted is None else pytest.approx(float(wanted), rel=1e-12, abs=1e-12)
            assert row[name] == close, (key, name, row, cell)


def spec_of(**parts):
    return MeasureSpec.model_validate({**COMMON, **parts})


@quick
@given(
    seeds,
    sizes,
    conditions,
    conditions,
    st.lists(st.sampled_from(VISIT_GROUPS), max_size=2, unique=True),
    grains,
    spans,
)
def test_shares(catalogue, seed, size, where, numerator, by, grain, within):
    spec = spec_of(
        id="test/share",
        kind="share",
        record="test/visit",
        unit="visit",
        where=oracle.text(where),
        numerator=oracle.text(numerator),
        groups=VISIT_GROUPS,
    )
    held(catalogue, spec, {"where": where, "numerator": numerator}, worlds(seed, size), by, grain, within)


@quick
@given(seeds, sizes, conditions, st.lists(st.sampled_from(VISIT_GROUPS), max_size=2, unique=True), grains, spans)
def test_counts_and_means(catalogue, seed, size, where, by, grain, within):
    world = worlds(seed, size)
    for kind, more in (("count", {}), ("mean", {"value": "amount"})):
        spec = spec_of(
            id=f"test/{kind}",
            kind=kind,
            record="test/visit",
            unit="visit",
            where=oracle.text(where),
            groups=VISIT_GROUPS,
            **more,
        )
        held(catalogue, spec, {"where": where}, world, by, grain, within)


def events_per_visit(where, per_where):
    return spec_of(
        id="test/rate",
        kind="rate",
        record="test/event",
        unit="event",
        where=oracle.text(where),
        groups=EVENT_GROUPS,
        per={
            "record": "test/visit",
            "label": "visits",
            "times": 100,
            "where": oracle.text(per_where),
            "groups": {"visit.colour": "colour", "visit.place": "place"},
            "codes": {"visit.colour": {"BLUE": "GREEN"}},
        },
    )


EVENTS = st.sampled_from([("always",), ("true", "hot"), ("missing", "hot"), ("equals", "visit.colour", "RED")])
BY_EVENT = st.lists(st.sampled_from(EVENT_GROUPS), max_size=2, unique=True)


@quick
@given(seeds, st.integers(30, 120), EVENTS, st.one_of(st.just(("always",)), conditions), BY_EVENT, grains)
def test_rates_against_other_records(catalogue, seed, size, where, per_where, by, grain):
    trees = {"where": where, "per_where": per_where}
    held(catalogue, events_per_visit(where, per_where), trees, worlds(seed, size), by, grain, None)


@quick
@given(seeds, st.integers(30, 120), EVENTS, BY_EVENT, st.sampled_from(["all", "year", "quarter"]), spans)
def test_rates_against_a_stock(catalogue, seed, size, where, by, grain, within):
    spec = spec_of(
        id="test/stock_rate",
        kind="rate",
        record="test/event",
        unit="event",
        where=oracle.text(where),
        groups=EVENT_GROUPS,
        per={
            "record": "test/stock",
            "label": "people",
            "times": 1000,
            "sum": "count",
            "matches_period": False,
            "groups": {"visit.colour": "colour", "visit.place": "area"},
            "codes": {"visit.colour": {"BLUE": "GREEN"}},
            "slices": {"visit.colour": {"cut": "kind = 'PART'", "uncut": "kind = 'WHOLE'"}},
            "place": "visit.place",
        },
    )
    held(catalogue, spec, {"where": where, "per_where": ("always",)}, worlds(seed, size), by, grain, within)


@quick
@given(seeds, st.integers(60, 200), conditions, st.sampled_from([[], ["flag"], ["tags"], ["owner.colour"]]), grains)
def test_ratios_of_shares(catalogue, seed, size, numerator, by, grain):
    base = spec_of(
        id="test/base",
        kind="share",
        record="test/visit",
        unit="visit",
        numerator=oracle.text(numerator),
        groups=VISIT_GROUPS,
    )
    spec = spec_of(id="test/ratio", kind="ratio", of="test/base", across="colour", reference="RED", groups=VISIT_GROUPS)
    trees = {"where": ("always",), "numerator": numerator}
    held(catalogue, spec, trees, worlds(seed, size), by, grain, None, [base])


@quick
@given(seeds, st.integers(60, 200), EVENTS, st.sampled_from([[], ["visit.place"]]), grains)
def test_ratios_of_rates(catalogue, seed, size, where, by, grain):
    base = events_per_visit(where, ("always",))
    spec = spec_of(
        id="test/ratio", kind="ratio", of="test/rate", across="visit.colour", reference="RED", groups=EVENT_GROUPS
    )
    trees = {"where": where, "per_where": ("always",)}
    held(catalogue, spec, trees, worlds(seed, size), by, grain, None, [base])
