"""The kinds of analyses: a module each, named by the kind's id, with the settings that its test takes and no others."""

from importlib import import_module
from pkgutil import iter_modules
from typing import get_args

from openhalo.catalogue.analysis_specs import AnalysisSpec


def _schema(kind: str) -> type[AnalysisSpec]:
    """Return the schema of a kind: the class of its module whose `kind` is the module's name."""
    named = vars(import_module(f"{__name__}.{kind}")).values()
    schemas = [one for one in named if isinstance(one, type) and issubclass(one, AnalysisSpec)]
    return next(one for one in schemas if kind in get_args(one.model_fields["kind"].annotation))


KINDS: dict[str, type[AnalysisSpec]] = {module.name: _schema(module.name) for module in iter_modules(__path__)}
"""Every kind by its id. A new one is a module here, and one of the same name in `analyses.kinds` that runs it."""
