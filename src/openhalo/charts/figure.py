"""One figure as plain numbers: what sentences, charts and tables are made from."""

from dataclasses import dataclass

from openhalo.language import formatting
from openhalo.language.marks import inked
from openhalo.language.scales import scale_of
from openhalo.language.translation import _


@dataclass(frozen=True, slots=True)
class Figure:
    """A value that is never bare. Shares lie in 0..1; `low` and `high` bound the 95 % interval.

    `bound_low` and `bound_high` say where the value would lie whatever the records of unknown group were.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    missing: int = 0
    numerator: float | None = None
    denominator: float | None = None
    bound_low: float | None = None
    bound_high: float | None = None
    status: str = "ok"
    code: str | None = None
    period: str = ""
    k: int = 10
    """The least number of people that a figure may show; fewer are withheld."""
    id: str = ""
    """What it is called in the data that its numbers are marked by; empty: they are not marked."""
    beside: str = ""
    """What stands beside the value, where it is not taken of a number of records; empty: what it is taken of."""

    @property
    def bounded(self) -> bool:
        """Return whether records of unknown group leave the value open: its bounds are given and differ."""
        return self.bound_low is not None and self.bound_high is not None and self.bound_low < self.bound_high


def said(kind: str, figure: Figure, minimum: int = 10) -> str:
    """Return the value in figures, or in words why there is none. Never zero for what is not known.

    >>> said("share", Figure("A", None, status="too_few"))
    'too few to say (under 10)'
    """
    if figure.value is not None:
        return formatting.measured(figure.value, kind)
    reasons = {
        "withheld": _("withheld (protects fewer than {k})").format(k=figure.k),
        "too_few": _("too few to say (under {minimum})").format(minimum=minimum),
        "no_denominator": _("no rate"),
        "not_coded": _("no rate: not counted as a group"),
        "visitors": _("no rate: visitors"),
        "no_events": _("none in the group compared with"),
        "no_reference": _("no figure in the group compared with"),
    }
    return inked(reasons.get(figure.status, _("no data")), f"{figure.id}#status" if figure.id else "")


def interval(kind: str, low: float | None, high: float | None) -> str:
    """Return a range in words.

    >>> interval("share", 0.1, 0.2)
    '10.0% to 20.0%'
    """
    if low is None or high is None:
        return ""
    percent = scale_of(kind).percent
    ends = (formatting.percent(end) if percent else formatting.measured(end, kind) for end in (low, high))
    return _("{low} to {high}").format(low=next(ends), high=next(ends))


def base(kind: str, figure: Figure) -> str:
    """Return the n to stand beside a dot: what the value is taken of."""
    if figure.beside:
        return figure.beside
    if (taken_of := scale_of(kind).base) == "fraction":
        return _("of {n}").format(n=formatting.count(figure.denominator))
    counted = getattr(figure, taken_of)
    return _("n {n}").format(n=formatting.count(figure.n if counted is None else counted))
