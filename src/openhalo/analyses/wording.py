"""What an analysis shows, in sentences that never say more than the test does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openhalo.analyses.contrasts import Contrast
from openhalo.analyses.subject import Subject
from openhalo.language import formatting
from openhalo.language.translation import _, capital, mark_for_translation

NOT_ALONE = mark_for_translation("A difference does not show its cause: what is not held equal may explain it.")
"""The limit of every comparison of records that were made for other ends."""


@dataclass(frozen=True)
class Wording:
    """How a kind of test says one comparison. The patterns may name what `estimate` fills in, and `values`."""

    estimate: str
    """What was found, with its interval and n."""
    above: str = mark_for_translation("The difference is larger than chance explains.")
    below: str = mark_for_translation("The difference is larger than chance explains.")
    whole: str = mark_for_translation("All")
    """What a comparison is called that compares no groups."""
    values: Mapping[str, str] = field(default_factory=dict)
    against: str = ""
    """What a comparison of two groups is called beside estimates of single ones; empty: as its group."""


def in_words(one: Contrast, subject: Subject[Any], wording: Wording, family: int) -> str:
    """Return what a comparison shows, as one sentence; `family` is how many comparisons the plan makes."""
    if one.direction == "neither":
        return _("Chance alone could give such a difference. That does not prove that there is none.")
    if one.direction == "chance":
        text = _(
            "Taken alone this would be rare by chance, but {n} comparisons were made, and among so many it is not."
        )
        return text.format(n=family)
    pattern = wording.above if one.direction == "above" else wording.below
    return _(pattern).format(group=subject.name(one.group), reference=subject.name(one.reference))


def shown(value: float, scale: str) -> str:
    """Write a value on the scale of a comparison.

    >>> shown(-0.1234, "difference"), shown(0.8851, "ratio")
    ('-12.3 points', '0.89')
    """
    text = formatting.compared(value, scale)
    return _("{points} points").format(points=text) if scale in formatting.POINTS else text


def span(low: float, high: float, scale: str) -> str:
    """Write an interval on the scale of a comparison."""
    text = _("{low} to {high} points") if scale in formatting.POINTS else _("{low} to {high}")
    return text.format(low=formatting.compared(low, scale), high=formatting.compared(high, scale))


def ways(way: str) -> str:
    """Return a way of comparing in words."""
    named = {
        "pooled": _("all places together"),
        "within places": _("within the same places"),
        "average of places": _("average over places"),
        "by last name and ZIP code": _("by last name and ZIP code"),
        "all stops of a place": _("each place weighted by all its stops"),
        "a group's own stops": _("each place weighted by the group's own stops"),
    }
    return named.get(way) or _(way)


def estimate(one: Contrast, subject: Subject[Any], wording: Wording) -> str:
    """Return the estimate of a comparison with its interval, as a sentence."""
    return _(wording.estimate).format(
        group=subject.name(one.group),
        reference=subject.name(one.reference),
        size=formatting.size(one.estimate, one.scale),
        direction=_("more") if one.estimate > 0 else _("less"),
        higher=_("higher") if one.estimate > 0 else _("lower"),
        way=ways(one.way),
        value=shown(one.estimate, one.scale),
        span=span(one.low, one.high, one.scale),
        n=formatting.count(one.n),
        units=subject.unit,
        **{name: _(text) for name, text in wording.values.items()},
    )


def named(one: Contrast, subject: Subject[Any], wording: Wording) -> str:
    """Return what is compared, for the first column of a table."""
    values = {name: _(text) for name, text in wording.values.items()}
    name = subject.name(one.group) if one.group else _(wording.whole).format(**values)
    if one.reference and wording.against:
        name = _(wording.against).format(group=name, reference=subject.name(one.reference))
    name = capital(name)
    return f"{name}, {ways(one.way)}" if one.way else name
