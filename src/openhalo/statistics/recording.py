"""Whether a group is written down less often where the outcome is absent: comparison would mislead."""

from openhalo.language.translation import message
from openhalo.statistics.proportions import difference
from openhalo.statistics.results import Refused

TOLERANCE = 0.02
"""Gap in the share recorded, in favour of one side, beyond which recording is called uneven."""


def refuse_uneven_recording(with_it: tuple[float, float], without: tuple[float, float], what: str) -> None:
    """Refuse a comparison of groups where the group is recorded by the outcome.

    Args:
        with_it: records with the outcome: how many say the group, of how many.
        without: the same for records without it.
        what: the records with the outcome, in words.

    Raises:
        Refused: the two shares surely differ by more than 2 percentage points.
    """
    gap = difference(*with_it, *without)
    if float(gap.low) > TOLERANCE or float(gap.high) < -TOLERANCE:
        raise Refused(
            message(
                "the group was recorded for {share}% of {what} and {other}% of the others: a comparison would show who "
                "was recorded, not who was treated differently",
                share=f"{100 * with_it[0] / with_it[1]:.0f}",
                other=f"{100 * without[0] / without[1]:.0f}",
                what=what,
            )
        )
