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


def measured(value: float | None, kind: str) -> str:
    """Write the value of a measure of a kind: count, share, rate, ratio or mean.

    >>> measured(0.13332, "share"), measured(51920, "count"), measured(1.97148810, "ratio")
    ('13.3%', '51,920', '1.97')
    """
    if value is None or kind in ("count", "share"):
        return share(value) if kind == "share" else count(value)
    return f"{value:,.2f}" if kind == "ratio" else f"{value:,.1f}"
