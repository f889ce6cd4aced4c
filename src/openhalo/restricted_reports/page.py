"""One page that stays inside: a single file with its styles, letters and charts, that asks nothing of anyone."""

import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

from openhalo.language.templates import assets, environment
from openhalo.language.translation import spoken

_LETTERS = re.compile(r'url\("vendor/(public-sans-latin-\d+\.woff2)"\)')
_OTHER_LETTERS = re.compile(r"@font-face \{[^}]*latin-ext[^}]*\}\n?")


def write_restricted(place: Path, name: str, template: str, **content: Any) -> Path:
    """Write a restricted page as one file and return where it is.

    Args:
        place: a file that ends in .html, or a folder, which gets `name`.html.
        name: of the file within a folder.
        template: its template.
        content: what the template shows.

    Raises:
        MissingExtra: the library that writes pages is not installed.
    """
    file = place if place.suffix.lower() in (".html", ".htm") else place / f"{name}.html"
    text = (
        environment("openhalo.restricted_reports")
        .get_template(template)
        .render(language=spoken(), style=_style(), **content)
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
    return file


@cache
def _style() -> Any:
    """Return the styles of all pages, the letters within them."""
    from markupsafe import Markup

    def letters(found: re.Match[str]) -> str:
        return f'url("data:font/woff2;base64,{b64encode((assets() / "vendor" / found[1]).read_bytes()).decode()}")'

    own = _OTHER_LETTERS.sub("", (assets() / "site.css").read_text(encoding="utf-8"))
    return Markup((assets() / "vendor" / "uswds.css").read_text(encoding="utf-8") + _LETTERS.sub(letters, own))
