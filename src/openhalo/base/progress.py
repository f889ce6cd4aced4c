"""Long work says how far it is. The library reports; whoever runs it decides how that looks."""

from collections.abc import Callable

Report = Callable[[str], None]
"""Called with one short sentence each time a step of long work begins."""


def silent(step: str) -> None:
    """Report nothing: the default for library use."""
