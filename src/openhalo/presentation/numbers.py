"""Numbers as people read them."""


def count(value: float | None) -> str:
    """Write a count with separators.

    >>> count(51920)
    '51,920'
    """
    return "" if value is None else f"{value:,.0f}"


def share(value: float | None) -> str:
    """Write a share as a percentage with one decimal place.

    >>> share(0.13332)
    '13.3%'
    """
    return "" if value is None else f"{100 * value:.1f}%"
