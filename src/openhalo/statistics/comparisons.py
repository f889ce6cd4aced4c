"""How groups compare with an estimated benchmark, over all of them at once."""

import math

from openhalo.statistics.estimates import counts, normal_quantile
from openhalo.statistics.proportions import wilson
from openhalo.statistics.rate_ratio import EXPOSURE, INDEPENDENT
from openhalo.statistics.results import Assumption, Refused, Result, whole


def disparity_index(
    events: float, all_events: float, share: float, share_error: float = 0.0, confidence: float = 0.95
) -> Result:
    """Return a group's share of the events divided by its share of a benchmark.

    Args:
        events: of the group, 0 ≤ events ≤ all_events.
        all_events: of everybody, > 0.
        share: the group's share of the benchmark population, 0 < share ≤ 1.
        share_error: its standard error (a census margin of error divided by 1.645).
        confidence: 0 < confidence < 1.

    The interval is Wilson's, widened on the log scale by the error of the benchmark.

    >>> round(disparity_index(204420, 297150, 648846 / 1569657).estimate, 3)
    1.664
    """
    if not 0 < share <= 1 or share_error < 0:
        raise ValueError("share must lie above 0 and at most at 1, and its error must not be negative")
    if all_events <= 0:
        raise Refused("no event was counted: there is nothing to share out")
    found = wilson(events, all_events, confidence)
    value, low, high = (float(part) for part in found[:3])
    error = normal_quantile(confidence) * share_error / share
    if error and value:
        low = value * math.exp(-math.hypot(math.log(value / low), error))
        high = value * math.exp(math.hypot(math.log(high / value), error))
    elif error:
        high *= math.exp(error)
    return Result(
        what="The group's share of the events, divided by its share of the benchmark,",
        n=whole(all_events),
        unit="events",
        estimate=value / share,
        low=low / share,
        high=high / share,
        confidence=confidence,
        method="Wilson score" + (", with the benchmark's error" if error else ""),
        assumptions=(EXPOSURE, INDEPENDENT),
        citation="Wilson (1927), JASA 22, 209-212.",
        limit="Who lives in a place is not who can be stopped there: the index says nothing about cause.",
        neutral=1.0,
        above="The group's share of the events is larger than its share of the benchmark.",
        below="The group's share of the events is smaller than its share of the benchmark.",
    )


def weighted_displacement(
    control: tuple[float, float], treated: tuple[float, float], confidence: float = 0.9
) -> Result:
    """Return how many events a treated area changed by, less the change in a comparable one (WDD test).

    Args:
        control, treated: (before, after) counts of events in the two areas, over periods of the same length.
        confidence: 0 < confidence < 1.

    Raises:
        Refused: fewer than 10 events in all, where the normal approximation fails.

    Source: Wheeler and Ratcliffe (2018), Crime Science 7, 11.

    >>> found = weighted_displacement((20, 20), (20, 10))
    >>> round(found.estimate), round(found.low, 3), round(found.high, 3)
    (-10, -23.762, 3.762)
    """
    numbers = counts([*control, *treated], "events")
    if numbers.sum() < 10:
        raise Refused("fewer than 10 events in all are too few for this test")
    change = float(numbers[3] - numbers[2] - numbers[1] + numbers[0])
    error = math.sqrt(float(numbers.sum()))
    half = normal_quantile(confidence) * error
    return Result(
        what="The change in events, less the change in the comparison area,",
        n=whole(numbers.sum()),
        unit="events",
        estimate=change,
        low=change - half,
        high=change + half,
        confidence=confidence,
        method=f"weighted displacement difference, standard error {error:.4f}",
        assumptions=(
            INDEPENDENT,
            Assumption("without the treatment both areas would have changed by the same number", "not testable"),
        ),
        citation="Wheeler and Ratcliffe (2018), Crime Science 7, 11.",
        limit="It holds only if the two areas would otherwise have changed alike.",
        p=math.erfc(abs(change) / error / math.sqrt(2)),
        neutral=0.0,
        above="Events rose by more than in the comparison area.",
        below="Events fell by more than in the comparison area.",
    )
