"""The kinds of measures: a module each, named by the kind's id, with the facts that say what may be done with it."""

from importlib import import_module
from pkgutil import iter_modules

from openhalo.base.errors import CatalogueError, Problem
from openhalo.catalogue.measure_traits import MeasureTraits


def _traits(kind: str) -> MeasureTraits:
    found = getattr(import_module(f"{__name__}.{kind}"), "TRAITS", None)
    if not isinstance(found, MeasureTraits):
        problem = Problem(f"{__name__}.{kind}", "it does not say what is known of this kind", todo="write its TRAITS")
        raise CatalogueError(problem)
    return found


KINDS: dict[str, MeasureTraits] = dict(
    sorted(((module.name, _traits(module.name)) for module in iter_modules(__path__)), key=lambda one: one[1].order)
)
"""Every kind by its id, in the order of lists. A new one is a module here, and one of its name in `measures.kinds`."""
