"""The kinds of analyses: a module each, named by the kind's id, with the settings that its test takes and no others."""

from openhalo.catalogue.analysis_specs import AnalysisSpec
from openhalo.catalogue.kinds import forms_in

KINDS: dict[str, type[AnalysisSpec]] = forms_in(__name__, __path__, AnalysisSpec)
"""Every kind by its id. A new one is a module here, and one of the same name in `analyses.kinds` that runs it."""
