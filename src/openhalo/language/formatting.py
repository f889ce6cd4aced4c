"""Numbers, dates and periods as people read them."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from openhalo.language.marks import Marked, inked, scaled
from openhalo.language.scales import scale_of
from openhalo.language.translation import _, mark_for_translation, spoken

MONTHS = (
    mark_for_translation("January"),
    mark_for_translation("February"),
    mark_for_translation("March"),
    mark_for_translation("April"),
    mark_for_translation("May"),
    mark_for_translation("June"),
    mark_for_translation("July"),
    mark_for_translation("August"),
    mark_for_translation("September"),
    mark_for_translation("October"),
    mark_for_translation("November"),
    mark_for_translation("December"),
)
POINTS = {"difference": 100, "points": 1}
"""Scales of differences → how many points 1 is."""
_P = ParamSpec("_P")


def _marking(write: Callable[Concatenate[float | None, _P], str]) -> Callable[Concatenate[float | None, _P], str]:
    """Return a function that writes a number, so that the text of a marked one keeps the mark."""

    @wraps(write)
    def written(value: float | None, /, *args: _P.args, **kwargs: _P.kwargs) -> str:
        if isinstance(value, Marked):
            return inked(write(float(value), *args, **kwargs), value.of)
        return write(value, *args, **kwargs)

    return written


def _written(value: float, style: str) -> str:
    """Write a number as the language being spoken does."""
    return format(value, style).translate(spoken().separators)


@_marking
def count(value: float | None) -> str:
    """Write a count with separators.

    >>> count(51920)
    '51,920'
    """
    return "" if value is None else _written(value, ",.0f")


@_marking
def share(value: float | None) -> str:
    """Write a share as a percentage with one decimal place; what is neither nothing nor all is never rounded to it.

    >>> share(0.13332), share(1.0), share(0.99969), share(0.0001)
    ('13.3%', '100.0%', 'over 99.9%', 'under 0.1%')
    """
    if value is not None and 0.9995 <= value < 1:
        return _("over {share}").format(share=percent(0.999))
    if value is not None and 0 < value < 0.0005:
        return _("under {share}").format(share=percent(0.001))
    return percent(value)


@_marking
def percent(value: float | None) -> str:
    """Write a share as a percentage with one decimal place, rounded.

    >>> percent(0.99969)
    '100.0%'
    """
    return "" if value is None else spoken().percent.format(_written(100 * value, ".1f"))


@_marking
def measured(value: float | None, kind: str) -> str:
    """Write a value on a scale: count, share, rate, ratio or mean; or a difference in points.

    >>> measured(0.13332, "share"), measured(51920, "count"), measured(1.97148810, "ratio")
    ('13.3%', '51,920', '1.97')
    >>> [measured(value, "rate") for value in (0.0123, 4.2, 121.34, 12345.6)]
    ['0.0123', '4.2', '121.3', '12,345.6']
    >>> measured(159.0, "mean"), measured(159.5, "mean")
    ('159', '159.5')
    """
    scale = scale_of(kind)
    if value is None:
        return ""
    if scale.percent:
        return share(value)
    if scale.whole and value == round(value):
        return count(value)
    if scale.written:
        return _written(value, scale.written)
    return _written(value, ",.1f" if abs(value) >= 1 or value == 0 else ".3g")


@_marking
def signed(value: float | None) -> str:
    """Write a change with its sign.

    >>> signed(-0.1234), signed(1.5)
    ('-0.12', '+1.50')
    """
    return "" if value is None else _written(value, "+,.2f")


def compared(value: float, scale: str) -> str:
    """Write an estimate on the scale of a comparison; a difference of shares is written in points.

    >>> compared(-0.1234, "difference"), compared(0.8851, "ratio")
    ('-12.3', '0.89')
    """
    if scale in POINTS:
        return measured(scaled(value, POINTS[scale]), "points")
    return signed(value) if scale == "per_100" else measured(value, scale)


@_marking
def size(value: float | None, scale: str) -> str:
    """Write how large a difference is, in points or percent, without its direction.

    >>> size(-0.1234, "difference")
    '12.3'
    """
    return "" if value is None else f"{POINTS.get(scale, 100) * abs(value):.1f}"


@_marking
def p_value(value: float | None) -> str:
    """Write a p-value with three decimal places.

    >>> p_value(0.0312)
    '0.031'
    """
    if value is None:
        return ""
    return _("under 0.001") if value < 0.001 else f"{value:.3f}"


def listed(words: Iterable[object]) -> str:
    """Write things in a row, as the language being spoken parts them.

    >>> listed(["1", "2", "3"])
    '1, 2, 3'
    """
    return _("{one}, {next}").partition("{one}")[2].partition("{next}")[0].join(map(str, words))


def fraction(numerator: float | None, denominator: float | None) -> str:
    """Write the fraction behind a percentage.

    >>> fraction(66, 647)
    '66 of 647'
    """
    if numerator is None or denominator is None:
        return ""
    return _("{part} of {whole}").format(part=count(numerator), whole=count(denominator))


def day(when: date) -> str:
    """Write a date in full.

    >>> day(date(2017, 3, 1))
    'March 1, 2017'
    """
    return _("{month} {day}, {year}").format(month=_(MONTHS[when.month - 1]), day=when.day, year=when.year)


def as_known(said: str, known_by: date | None) -> str:
    """Return what was said, with the day on which it was known so; as it is where nothing of later is left out.

    >>> as_known("Officers searched 9 people.", date(2017, 6, 30))
    'As it was known on June 30, 2017: Officers searched 9 people.'
    """
    return _("As it was known on {day}: {said}").format(day=day(known_by), said=said) if known_by else said


def month(when: date) -> str:
    """Write a month in full.

    >>> month(date(2017, 3, 1))
    'March 2017'
    """
    return _("{month} {year}").format(month=_(MONTHS[when.month - 1]), year=when.year)


def span(first: date, last: date) -> str:
    """Write a closed range of days in the shortest exact words.

    >>> span(date(2017, 1, 1), date(2017, 12, 31))
    '2017'
    >>> span(date(2016, 1, 1), date(2021, 8, 31))
    'January 2016 to August 2021'
    """
    start, end = _ends(first, last)
    return start if start == end else _("{first} to {last}").format(first=start, last=end)


def stretch(first: date, last: date) -> str:
    """Write a closed range of days as it stands after "in" or "of".

    >>> stretch(date(2017, 1, 1), date(2017, 12, 31)), stretch(date(2016, 1, 1), date(2021, 8, 31))
    ('2017', 'the time from January 2016 to August 2021')
    """
    start, end = _ends(first, last)
    return start if start == end else _("the time from {first} to {last}").format(first=start, last=end)


def _ends(first: date, last: date) -> tuple[str, str]:
    after = last + timedelta(days=1)
    if (first.month, first.day, after.month, after.day) == (1, 1, 1, 1):
        return str(first.year), str(last.year)
    if first.day == 1 and after.day == 1:
        return month(first), month(last)
    return day(first), day(last)


def period(label: str) -> str:
    """Write the label of a period (`2017`, `2017-Q3`, `2017-08`, `2017-08-31`) in full.

    >>> period("2017-Q3"), period("2017-08")
    ('July to September 2017', 'August 2017')
    """
    start = period_start(label)
    if start is None or re.fullmatch(r"\d{4}", label):
        return label
    if "Q" in label:
        first, last = _(MONTHS[start.month - 1]), month(start.replace(month=start.month + 2))
        return _("{first} to {last}").format(first=first, last=last)
    return month(start) if len(label) == 7 else day(start)


def period_start(label: str) -> date | None:
    """Return the first day of a labelled period; None for `all` and for what is no label.

    >>> period_start("2017-Q3")
    datetime.date(2017, 7, 1)
    """
    match = re.fullmatch(r"(\d{4})(?:-Q([1-4])|-(\d\d)(?:-(\d\d))?)?", label)
    if match is None:
        return None
    year, quarter, month_, day_ = (int(part) if part else 0 for part in match.groups())
    return date(year, 3 * quarter - 2 if quarter else month_ or 1, day_ or 1)


def period_end(label: str) -> date:
    """Return the last day of a labelled period.

    >>> period_end("2017-Q3"), period_end("2016-02")
    (datetime.date(2017, 9, 30), datetime.date(2016, 2, 29))
    """
    start = period_start(label)
    if start is None:
        raise ValueError(f"'{label}' names no period")
    if len(label) == 10:
        return start
    last = 12 if len(label) == 4 else start.month + 2 if "Q" in label else start.month
    return date(start.year, last, monthrange(start.year, last)[1])


def natural(text: str) -> list[tuple[int, int, str]]:
    """Return a sort key that puts 2 before 10 and words by letter.

    >>> sorted(["10", "2", "Hill"], key=natural)
    ['2', '10', 'Hill']
    """
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part.casefold()) for part in re.split(r"(\d+)", text) if part
    ]
