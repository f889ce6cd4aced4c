"""What changed since the release before, in plain words for the page of changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openhalo.catalogue.index import Catalogue
from openhalo.presentation.numbers import count
from openhalo.presentation.words import _, plural


@dataclass(frozen=True)
class Change:
    """What changed in one measure."""

    measure: str
    label: str
    what: str
    """How many figures appeared, changed or vanished, as a sentence."""
    why: str
    """What made it so, as a sentence."""
    published: bool
    """Whether the measure has a page in this release."""


def change_rows(changes: Mapping[str, Any], catalogue: Catalogue, published: Sequence[str]) -> list[Change]:
    """Return one row per measure whose figures are not those of the release before; none for a first release."""
    return [
        Change(
            measure=one["measure"],
            label=catalogue.measures[one["measure"]].label if one["measure"] in catalogue.measures else one["measure"],
            what=" ".join(_what(one)),
            why=" ".join(_why(cause) for cause in one["why"]),
            published=one["measure"] in published,
        )
        for one in changes["measures"]
    ]


def in_short(changes: Mapping[str, Any]) -> str:
    """Return in one or two sentences how this release differs from the one before."""
    if changes["from"] is None:
        return _("This is the first release. There is nothing before it to compare with.")
    counts, before = changes["counts"], changes["from"]["release"]
    moved = sum(counts[what] for what in ("appeared", "changed", "vanished"))
    if not moved:
        return _("Every figure is the same as in release {number}.").format(number=before)
    text = plural(
        "{n} figure is not the same as in release {number}; {same} are.",
        "{n} figures are not the same as in release {number}; {same} are.",
        moved,
    )
    return text.format(n=count(moved), number=before, same=count(counts["same"]))


def _what(one: Mapping[str, Any]) -> list[str]:
    said = (
        (one["appeared"], plural("{n} figure is new.", "{n} figures are new.", one["appeared"])),
        (one["changed"], plural("{n} figure changed.", "{n} figures changed.", one["changed"])),
        (one["vanished"], plural("{n} figure is gone.", "{n} figures are gone.", one["vanished"])),
    )
    return [text.format(n=count(number)) for number, text in said if number]


def _why(cause: str) -> str:
    return {
        "data": _("New or corrected records came in."),
        "definition": _("What is counted, or what may be shown, was decided differently."),
        "purge": _("A record was removed on legal authority."),
    }[cause]
