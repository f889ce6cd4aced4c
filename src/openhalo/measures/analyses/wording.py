"""What an analysis shows, in sentences that never say more than the test does."""

from openhalo.measures.analyses.asked import Asked
from openhalo.measures.analyses.contrasts import Contrast
from openhalo.presentation import numbers
from openhalo.presentation.words import _


def verdict(one: Contrast, asked: Asked, family: int) -> str:
    """Return what a comparison shows, as one sentence; `family` is how many comparisons the plan makes."""
    group, reference = (asked.name(code) for code in (one.group, one.reference))
    if one.verdict == "neither":
        return _("Chance alone could give such a difference. That does not prove that there is none.")
    if one.verdict == "chance":
        text = _(
            "Taken alone this would be rare by chance, but {n} comparisons were made, and among so many it is not."
        )
        return text.format(n=family)
    return _VERDICTS[asked.spec.kind, one.verdict]().format(group=group, reference=reference)


def shown(value: float, scale: str) -> str:
    """Write a value on the scale of a comparison.

    >>> shown(-0.1234, "difference"), shown(0.8851, "ratio")
    ('-12.3 points', '0.89')
    """
    if scale == "difference":
        return _("{points} points").format(points=f"{100 * value:+.1f}")
    return numbers.measured(value, scale)


def span(low: float, high: float, scale: str) -> str:
    """Write an interval on the scale of a comparison."""
    if scale == "difference":
        return _("{low} to {high} points").format(low=f"{100 * low:+.1f}", high=f"{100 * high:+.1f}")
    return _("{low} to {high}").format(low=numbers.measured(low, scale), high=numbers.measured(high, scale))


def ways(way: str) -> str:
    """Return a way of comparing in words."""
    named = {
        "pooled": _("all places together"),
        "within places": _("within the same places"),
        "average of places": _("average over places"),
    }
    return named.get(way, way)


def estimate(one: Contrast, asked: Asked) -> str:
    """Return the estimate of a comparison with its interval, as a sentence."""
    event = _(asked.event.label) if asked.event else ""
    texts = {
        "outcome_test": _(
            "Searches of {group} found something {size} percentage points {direction} often than searches of "
            "{reference}, {way} (95% interval {span}; {n} searches)."
        ),
        "veil_of_darkness": _(
            "At the same time of day, the odds that a stop was of {group} rather than of {reference} were {value} "
            "times as high in darkness as in daylight (95% interval {span}; {n} {units})."
        ),
        "interrupted_series": _(
            "From {event} on, the monthly number was {value} times what the trend and season before lead to "
            "(95% interval {span}; {n} {units})."
        ),
        "rate_ratio": _(
            "The share among {group} was {value} times that among {reference}, with place and circumstances held "
            "equal (95% interval {span}; {n} {units})."
        ),
    }
    return texts[asked.spec.kind].format(
        group=asked.name(one.group),
        reference=asked.name(one.reference),
        size=f"{100 * abs(one.estimate):.1f}",
        direction=_("more") if one.estimate > 0 else _("less"),
        way=ways(one.way),
        value=shown(one.estimate, one.scale),
        span=span(one.low, one.high, one.scale),
        n=numbers.count(one.n),
        units=asked.unit,
        event=event,
    )


_VERDICTS = {
    ("outcome_test", "above"): lambda: _(
        "More than chance explains. It is what one would see if {group} were searched only on stronger grounds."
    ),
    ("outcome_test", "below"): lambda: _(
        "More than chance explains. It is what one would see if {group} were searched on weaker grounds."
    ),
    ("veil_of_darkness", "above"): lambda: _(
        "More than chance explains. A larger share of the stops in darkness is of {group}; this test shows no sign "
        "that officers stop {group} more when they can see them."
    ),
    ("veil_of_darkness", "below"): lambda: _(
        "More than chance explains. A smaller share of the stops in darkness is of {group}, as one would see if "
        "officers stopped {group} more when they can see them."
    ),
    ("interrupted_series", "above"): lambda: _("The level rose by more than chance explains."),
    ("interrupted_series", "below"): lambda: _("The level fell by more than chance explains."),
    ("rate_ratio", "above"): lambda: _("The difference is larger than chance explains."),
    ("rate_ratio", "below"): lambda: _("The difference is larger than chance explains."),
}
