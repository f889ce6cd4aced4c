"""How each guard says what it found, in the language being spoken: from numbers, and texts of the catalogue."""

from collections.abc import Mapping, Sequence
from datetime import date

from openhalo.language import formatting
from openhalo.language.formatting import count, fraction, share
from openhalo.language.translation import _, plural

Names = Mapping[str, str]
"""Code → its label in English; empty where the code is its own name."""


def as_written(text: str) -> str:
    """Return a sentence of the catalogue or the code as it stands there."""
    return _(text)


def few(n: int, figures: int, least: int, things: str) -> str:
    """Say how many figures rest on too few records."""
    return plural(
        "One of {all} figures is not given, because it rests on fewer than {least} {things}.",
        "{few} of {all} figures are not given, because each rests on fewer than {least} {things}.",
        n,
    ).format(few=count(n), all=count(figures), least=least, things=_(things))


def overdue(due: date) -> str:
    """Say that a definition should have been reviewed."""
    return _("This definition should have been checked again by {day}.").format(day=formatting.day(due))


def recorded_unevenly(pattern: str, group: str, things: str, others: str, sides: Sequence[tuple[float, float]]) -> str:
    """Say that a group is recorded more often on one side of a figure; of each side: how many are known, and of all."""
    (with_known, with_all), (without_known, without_all) = sides
    said = _(pattern).format(
        group=_(group),
        things=_(things),
        others=_(others),
        with_share=share(with_known / with_all),
        without_share=share(without_known / without_all),
        with_it=fraction(with_known, with_all),
        without=fraction(without_known, without_all),
    )
    return (
        said
        + " "
        + _(
            "So a comparison of these groups could be wrong. For each group we show how low and how "
            "high its figure could be, whatever the missing entries say."
        )
    )


def not_recorded(group: str, things: str, unknown: int, n: int, more: str) -> str:
    """Say how many records do not say the group, and what more follows for this kind of figure."""
    said = _("“{group}” is not recorded for {unknown} of {n} {things} ({share}).").format(
        group=_(group), unknown=count(unknown), n=count(n), things=_(things), share=share(unknown / n)
    )
    return f"{said} {_(more)}" if more else said


def left_out(pattern: str, missing: int, n: int, things: str) -> str:
    """Say how many records are left out of the figure, and why."""
    return _(pattern).format(missing=count(missing), n=count(n), things=_(things), share=share(missing / n))


def stock_of(label: str, years: Sequence[int]) -> str:
    """Say of which years a stock is."""
    return _("The number of {label} is that of {years}.").format(label=_(label), years=formatting.listed(years))


def estimated(label: str, unsure: int, estimates: int) -> str:
    """Say that the denominator is an estimate."""
    text = _("The numbers of {label} are estimates; the interval includes their error.")
    if unsure:
        text = _(
            "The numbers of {label} are estimates. For {unsure} of {all} the error is not known, so the "
            "interval leaves it out and is too narrow."
        )
    return text.format(label=_(label), unsure=count(unsure), all=count(estimates))


def visited(places: Sequence[str]) -> str:
    """Say which places have no rate, because visitors outnumber residents."""
    text = _("No rate is given where visitors outnumber residents: {places}.")
    return text.format(places=formatting.listed(places))


def busy(places: Sequence[str], things: str, per_resident: float) -> str:
    """Say which places have many events for each resident."""
    text = _(
        "In these places there were more than {n} {things} a year for every 1,000 residents: {places}. Either "
        "many of the people counted live elsewhere, or the people who live there are counted often. These "
        "figures cannot tell which."
    )
    return text.format(n=count(1000 * per_resident), things=_(things), places=formatting.listed(places))


def no_denominator(label: str, groups: Names) -> str:
    """Say for which groups the denominator is not known."""
    text = _("The number of {label} is not known for {groups}. We show how many were counted, and no rate.")
    return text.format(groups=formatting.listed(named(groups)), label=_(label))


def not_coded(label: str, things: str, groups: Names) -> str:
    """Say for which groups the counted records have no word."""
    text = _(
        "The records of {things} have no entry for {groups}. They count these people in other groups, so "
        "those groups stand for different people than in the number of {label}."
    )
    return text.format(things=_(things), groups=formatting.listed(named(groups)), label=_(label))


def counted_within(label: str, parts: Names, wholes: Sequence[tuple[str, str]]) -> str:
    """Say which codes are counted within which others; of each of these: its code and label."""
    text = _("“{part}” is counted within “{whole}”, as the number of {label} has it.")
    pairs = zip(named(parts), (_(whole) or code for code, whole in wholes), strict=True)
    return " ".join(text.format(part=part, whole=whole, label=_(label)) for part, whole in pairs)


def by_chance(holders: int, plural_of: str, top: float, chance: float) -> str:
    """Say what chance alone would make of holders who are all alike."""
    text = _(
        "{n} {holders} have any. If they were all alike and only chance told them apart, the top {top} would "
        "still hold {share}. How long each has been there is not taken into account."
    )
    return text.format(n=count(holders), holders=plural_of, top=share(top), share=share(chance))


def named(groups: Names) -> list[str]:
    """Return how groups read."""
    return [_(label) or code for code, label in groups.items()]
