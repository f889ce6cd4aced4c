"""Pages as templates: what a package brings, on the frame and the parts that all pages share."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from openhalo.base.errors import MissingExtra
from openhalo.language import formatting
from openhalo.language.translation import _, capital, plural

DESIGN = "openhalo_design"


def assets() -> Traversable:
    """Return the folder of styles, fonts, scripts and pictures that all pages share."""
    return files(DESIGN) / "assets"


@cache
def environment(package: str) -> Any:
    """Return the templates of a package, before those that all pages share, compiled once for all languages.

    Sentences pass through `_` as a page is written. What a package's templates need besides, it adds to `filters`.

    Raises:
        MissingExtra: the library that writes pages is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("publish", "writing pages") from None
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(one) for one in (package, DESIGN)]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(_, plural, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        capital=capital,
        count=formatting.count,
        listed=formatting.listed,
        share=formatting.share,
        day=formatting.day,
        span=lambda period: formatting.span(period.first, period.last),
        contact=_link,
    )
    return made


def _link(contact: str) -> Any:
    """Return an address to write to as a link."""
    from markupsafe import Markup

    place = contact if contact.startswith("https://") else f"mailto:{contact}"
    return Markup('<a href="{}">{}</a>').format(place, contact)
