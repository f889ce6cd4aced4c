"""The kinds of signals: a module each, named by the kind's id, with the keys that it takes and no others."""

from openhalo.catalogue.kinds import forms_in
from openhalo.catalogue.signal_specs import SignalSpec

KINDS: dict[str, type[SignalSpec]] = forms_in(__name__, __path__, SignalSpec)
"""Every kind by its id. A new one is a module here, and one of the same name in `early_intervention.signal_kinds`."""
