"""The kinds of measures: a module each, named by the kind's id, with the facts that say what may be done with it."""

from importlib import import_module
from pkgutil import iter_modules

from openhalo.catalogue.measure_traits import MeasureTraits


def _traits(kind: str) -> MeasureTraits:
    found: MeasureTraits = import_module(f"{__name__}.{kind}").TRAITS
    return found


KINDS: dict[str, MeasureTraits] = dict(
    sorted(((module.name, _traits(module.name)) for module in iter_modules(__path__)), key=lambda one: one[1].order)
)
"""Every kind by its id, in the order of lists. A new one is a module here, and one of its name in `measures.kinds`."""
