"""The kinds of measures: a module each, named by the kind's id, that counts and estimates; its facts: the catalogue."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module

from openhalo.base.errors import Problem
from openhalo.catalogue.kinds import without_runner
from openhalo.catalogue.measure_kinds import KINDS
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.measure_kind import CountingKind, MeasureKind


def check_kinds(kinds: Iterable[str] = tuple(KINDS)) -> list[Problem]:
    """Return a problem for each kind of measure that the catalogue knows and no module here counts."""
    return without_runner(kinds, __name__, "KIND", "measures")


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
