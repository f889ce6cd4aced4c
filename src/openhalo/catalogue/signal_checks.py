"""Signals beside the other definitions: each kind checks what it refers to."""

from openhalo.catalogue.documents import Document
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.signal_kinds import KINDS
from openhalo.catalogue.signal_specs import SignalSpec


def _cross_check(spec: SignalSpec, document: Document, shelves: Shelves) -> None:
    spec.cross_check(document, shelves)


KIND = Kind("indicators/signals/NAME", SignalSpec, _cross_check, site_may_redefine=True, forms=KINDS)
