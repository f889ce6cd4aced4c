"""What draws charts in a reader's browser, taken from the library that draws them here."""

from importlib.metadata import version
from pathlib import Path

from openhalo.base.errors import MissingExtra

_LICENCE = (
    "/*! Vega, Vega-Lite, Vega-Embed (BSD-3-Clause, University of Washington Interactive Data Lab and others) */\n"
)


def write_engine(assets: Path, cache: Path | None) -> None:
    """Write what draws charts in a browser beside the other assets: `vega.js`, the same bytes in every release.

    Raises:
        MissingExtra: the library that holds it is not installed.
    """
    kept = cache / f"vega-{version('vl-convert-python')}.js" if cache else None
    if kept is None or not kept.is_file():
        try:
            import vl_convert
        except ImportError:
            raise MissingExtra("publish", "drawing charts") from None
        text = _LICENCE + vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
        if kept is None:
            (assets / "vega.js").write_text(text, encoding="utf-8", newline="\n")
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(kept)
    (assets / "vega.js").write_bytes(kept.read_bytes())
