"""Parts of sentences."""

from datetime import date

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_QUARTERS = ("first", "second", "third", "fourth")


def day(when: date) -> str:
    """Write a date in full.

    >>> day(date(2017, 3, 14))
    'March 14, 2017'
    """
    return f"{_MONTHS[when.month - 1]} {when.day}, {when.year}"


def period(label: str, first: date | None = None, last: date | None = None) -> str:
    """Write a period as it stands in a sentence; `all` by its first and last day.

    >>> period("2017-Q3"), period("2017-08"), period("2017-08-31"), period("2017")
    ('the third quarter of 2017', 'August 2017', 'August 31, 2017', '2017')
    """
    if label == "all":
        if first is None or last is None:
            return "the whole time"
        whole_years = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
        if whole_years:
            return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
        return f"the time from {day(first)} to {day(last)}"
    year, _, part = label.partition("-")
    if part.startswith("Q"):
        return f"the {_QUARTERS[int(part[1]) - 1]} quarter of {year}"
    if len(part) == 2:
        return f"{_MONTHS[int(part) - 1]} {year}"
    return day(date.fromisoformat(label)) if part else year
