"""OpenHALO: from a police department's own records to accountability that anyone can check.

>>> import openhalo
>>> site = openhalo.open_site("my-site")  # doctest: +SKIP
>>> site.measure("stops/search_share", by="race", period="year").to_polars()  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openhalo.sites.open_site import Site, open_site

__version__ = "0.1.0"
__all__ = ["Site", "__version__", "open_site"]


def __getattr__(name: str) -> Any:
    """Import the public face on first use, so that `import openhalo` itself costs nothing."""
    if name in {"Site", "open_site"}:
        from openhalo.sites import open_site as module

        return getattr(module, name)
    raise AttributeError(f"module 'openhalo' has no attribute '{name}'")
