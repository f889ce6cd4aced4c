"""Peers: who has more than chance and the usual differences among officers doing the same work explain?"""

import numpy as np
from scipy.stats import false_discovery_control

from openhalo.catalogue.signal_kinds.peers import PeersSignal
from openhalo.early_intervention.factors import Reasons, SignalContext, beside_peers, peer_factor


def find(context: SignalContext, spec: PeersSignal) -> Reasons:
    """Return who does so after multiplicity.

    Raises:
        Refused: nobody has exposure, or nothing happened.
    """
    at = beside_peers(context, spec.indicator, spec.months)
    asked_of = at.usual > 0
    adjusted = np.ones(len(at.chance))
    adjusted[asked_of] = false_discovery_control(at.chance[asked_of])
    out = np.flatnonzero((adjusted <= spec.false_discovery) & (at.events > at.usual))
    return {
        int(row): [peer_factor(context, at, int(row), spec.indicator, spec.months, "peers", spec.id)] for row in out
    }
