"""The kinds of measures: a module each, named by the kind's id, that counts and estimates; its facts: the catalogue."""

from functools import cache
from importlib import import_module

from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.measure_kind import CountingKind, MeasureKind


@cache
def _kind(name: str) -> MeasureKind:
    """Return the object of the module that has the kind's name."""
    found: MeasureKind = import_module(f"{__name__}.{name}").KIND
    return found


def kind_of(spec: MeasureSpec) -> MeasureKind:
    """Return the kind of a measure."""
    return _kind(spec.kind)


def counting_kind_of(spec: MeasureSpec) -> CountingKind:
    """Return the kind of a measure that counts records: any but one that compares groups of another."""
    found = _kind(spec.kind)
    assert isinstance(found, CountingKind), f"a {spec.kind} counts no records"
    return found
