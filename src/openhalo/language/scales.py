"""Scales: what values are written and drawn as. A measure, a comparison or a chart names its scale by the id."""

from dataclasses import dataclass
from typing import Literal

from openhalo.language.translation import mark_for_translation


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How values of one sort read.

    Attributes:
        id: the name by which it is asked for.
        head: what its column of a table is called; to be translated.
        percent: values lie in 0..1 and are written as percentages.
        written: the format of a number; empty: as many digits as it needs.
        whole: whole numbers are written without decimal places.
        drawn: the format of a number that a browser writes (d3).
        base: what stands beside a value: the fraction behind it, its numerator, its denominator or the records.
        bars: drawn as bars from zero, with nothing beside them: all there is was counted.
        below_zero: values may lie below zero.
        same: the value at which two groups do not differ; None where a value compares nothing.
        beside_whole: the value for all lies among those of the groups, so it may be drawn beside them.
        grows: a period that is covered in part has a smaller value for that alone.
    """

    id: str
    head: str
    percent: bool = False
    written: str = ""
    whole: bool = False
    drawn: str = ",.4~r"
    base: Literal["fraction", "numerator", "denominator", "n"] = "n"
    bars: bool = False
    below_zero: bool = False
    same: float | None = None
    beside_whole: bool = False
    grows: bool = False


_DIFFERENCE = mark_for_translation("Difference")
SCALES = {
    scale.id: scale
    for scale in (
        Scale(id="count", head=mark_for_translation("Count"), written=",.0f", drawn=",.0f", bars=True, grows=True),
        Scale(
            id="share",
            head=mark_for_translation("Share"),
            percent=True,
            drawn=".1%",
            base="fraction",
            beside_whole=True,
        ),
        Scale(
            id="rate",
            head=mark_for_translation("Rate per {times}"),
            base="numerator",
            beside_whole=True,
            grows=True,
        ),
        Scale(
            id="ratio",
            head=mark_for_translation("Times as high"),
            written=",.2f",
            drawn=",.2f",
            base="numerator",
            same=1.0,
        ),
        Scale(id="mean", head=mark_for_translation("Average"), whole=True, base="denominator", beside_whole=True),
        Scale(id="points", head=_DIFFERENCE, written="+,.1f", below_zero=True),
        Scale(id="difference", head=_DIFFERENCE),
        Scale(id="per_100", head=mark_for_translation("Change per 100")),
    )
}


def scale_of(name: str) -> Scale:
    """Return the scale of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in SCALES:
        raise ValueError(f"'{name}' is no scale; there are {', '.join(SCALES)}")
    return SCALES[name]
