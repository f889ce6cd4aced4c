"""Count: who has most, in a count that is drawn towards all others?"""

from openhalo.catalogue.signal_kinds.count import CountSignal
from openhalo.early_intervention.factors import Factor, Filler, SignalContext, beside_peers, peer_factor
from openhalo.early_intervention.selection_rules import shrunken


def find(context: SignalContext, spec: CountSignal) -> Filler:
    """Return each officer's shrunken count.

    Raises:
        Refused: nothing was counted.
    """
    at = beside_peers(context, spec.indicator, spec.months)
    number = shrunken(context.history, context.day, spec.months, spec.indicator)

    def own(row: int) -> list[Factor]:
        return [peer_factor(context, at, row, spec.indicator, spec.months, "count", spec.id)]

    return Filler(number * (at.events > 0), own)
