"""Static pages of a release: a home page and one page a measure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openhalo.base.errors import MissingExtra
from openhalo.measures.figures import MeasureResult
from openhalo.presentation import numbers


def write_pages(folder: Path, results: Sequence[Sequence[MeasureResult]], imprint: Any) -> None:
    """Write `index.html` and `pages/<domain>/<measure>.html`."""
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("publish", "writing pages") from None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("openhalo.publications"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters.update(count=numbers.count, share=numbers.share)
    for group in results:
        page = folder / "pages" / f"{group[0].spec.id}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        text = environment.get_template("measure.html").render(results=group, spec=group[0].spec, imprint=imprint)
        page.write_text(text, encoding="utf-8")
    specs = [group[0].spec for group in results]
    home = environment.get_template("home.html").render(specs=specs, imprint=imprint)
    (folder / "index.html").write_text(home, encoding="utf-8")
