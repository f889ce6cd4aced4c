"""Bring the message files of every language up to date with code, templates and catalogue: `make fresh`.

`make messages ARGS=fr` adds a language. A test fails when a file is not up to date.
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from openhalo.catalogue.index import KINDS, load
from openhalo.catalogue.translating import help_in, spec_in
from openhalo.language.message_files import headers
from openhalo.sites.analysis_plan import read_plan
from openhalo.sites.settings import Settings, read_settings

SOURCE = Path(__file__).parents[1] / "src"
LIBRARY, CATALOGUE, DESIGN = (SOURCE / name for name in ("openhalo", "openhalo_catalogue", "openhalo_design"))
KEYWORDS: dict[str, Any] = {"_": None, "mark_for_translation": None, "message": (1,), "gettext": None}
KEYWORDS |= {"plural": (1, 2), "ngettext": (1, 2)}
REASONS = {"Assumption": (1,), "Refused": (1,)}
"""What a test rests on, and why one was not made: said on pages where the test stands on pages."""
PUBLISHED = re.compile(r"openhalo/(measures|analyses|statistics)/.*\.py")
"""Modules whose reasons and assumptions stand on the pages of tests."""
HEADER = """# {title}
# An empty `X-Reviewed-By` says that no person has read this translation: every page of the language says so.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"X-Reviewed-By: {reviewer}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
LOCALES = {"es": "es_US"}
"""Tag → whose numbers and dates are written, where that is not the tag's own: US Spanish writes 51,920 and 13.3%."""

Text = str | tuple[str, ...]


def messages() -> dict[Path, dict[Text, list[str]]]:
    """Return every text to translate, and where it stands, by message file (`{tag}` for the language).

    A text that stands in several places is in the first file only.
    """
    found: dict[Path, dict[Text, list[str]]] = {}
    seen: dict[Text, list[str]] = {}
    for file, message, place in _all():
        if message not in seen:
            seen[message] = found.setdefault(file, {}).setdefault(message, [])
        if place not in seen[message]:
            seen[message].append(place)
    return found


def _all() -> Iterator[tuple[Path, Text, str]]:
    file = LIBRARY / "locale" / "{tag}" / "openhalo.po"
    for path in sorted([*LIBRARY.rglob("*.py"), *LIBRARY.rglob("*.html"), *DESIGN.rglob("*.html")]):
        place = path.relative_to(SOURCE).as_posix()
        for message in _in_code(path):
            yield file, message, place
    catalogue = load()
    for domain, text in sorted(catalogue.help.items()):
        for one in _collected(lambda say, text=text: help_in(text, say)):
            yield CATALOGUE / "locale" / "{tag}" / f"{domain}.po", one, f"{domain}/help.md"
    for shelf in KINDS:
        for name, spec in sorted(getattr(catalogue, shelf).items()):
            domain = name.partition("/")[0] if "/" in name else shelf
            for one in _collected(lambda say, spec=spec: spec_in(spec, say)):
                yield CATALOGUE / "locale" / "{tag}" / f"{domain}.po", one, f"{shelf}/{name}"
    settings: Settings = read_settings(CATALOGUE / "demo")
    plan = read_plan(CATALOGUE / "demo")
    for spec, name in ((settings, "agency.yaml"), (plan, "analysis_plan.yaml")):
        for one in _collected(lambda say, spec=spec: spec_in(spec, say)):
            yield CATALOGUE / "demo" / "locale" / "{tag}" / "site.po", one, f"demo/{name}"


def _in_code(path: Path) -> Iterable[Text]:
    if path.suffix == ".py":
        method, options = "python", {}
    else:
        method, options = "jinja2.ext:babel_extract", {"trimmed": "true", "newstyle_gettext": "true"}
    with path.open("rb") as file:
        published = PUBLISHED.fullmatch(path.relative_to(SOURCE).as_posix())
        keywords = KEYWORDS | REASONS if published else KEYWORDS
        for _line, message, _comments, _context in extract(method, file, keywords, options=options):
            yield message if isinstance(message, str) else tuple(message)


def _collected(walk: Any) -> list[str]:
    texts: dict[str, None] = {}

    def say(text: str) -> str:
        texts[text] = None
        return text

    walk(say)
    return [text for text in texts if text]


def updated(tag: str) -> dict[Path, str]:
    """Return every message file of a language as it should be: all texts of today, translations kept.

    The translation of a text that is gone stands commented out at the end of its file, for the day it comes back.
    """
    kept: dict[Text, Any] = {}
    gone: dict[Path, dict[Text, Any]] = {}
    reviewers: dict[Path, str] = {}
    today = messages()
    used = {message for found in today.values() for message in found}
    for pattern in (LIBRARY / "locale", CATALOGUE / "locale", CATALOGUE / "demo" / "locale"):
        for path in sorted((pattern / tag).glob("*.po")):
            text = path.read_text(encoding="utf-8")
            reviewers[path] = headers(text).get("x-reviewed-by", "")
            old = read_po(io.StringIO(text))
            own = {one.id: one.string for one in [*old, *old.obsolete.values()] if one.id and one.string}
            gone[path] = {message: said for message, said in own.items() if message not in {*used, *kept}}
            kept |= own
    written = {}
    for pattern, found in today.items():
        path = Path(str(pattern).format(tag=tag))
        catalog = Catalog(locale=LOCALES.get(tag, tag))
        for message, places in found.items():
            catalog.add(message, kept.get(message), locations=[(place, None) for place in places])
        for message, said in gone.get(path, {}).items():
            catalog.obsolete[message] = Message(message, said)
        body = io.BytesIO()
        write_po(body, catalog, omit_header=True, width=116)
        written[path] = _header(tag, path, reviewers.get(path, "")) + body.getvalue().decode("utf-8")
    return written


def _header(tag: str, path: Path, reviewer: str) -> str:
    language = LOCALES.get(tag, tag)
    name = Locale.parse(language).get_display_name("en")
    title = f"{path.relative_to(SOURCE).as_posix()}: {name}"
    return HEADER.format(title=title, language=language, plurals=get_plural(language).plural_forms, reviewer=reviewer)


def tags() -> list[str]:
    """Return the languages that the library has message files for."""
    return sorted(path.name for path in (LIBRARY / "locale").glob("*") if path.is_dir())


def main() -> None:
    """Write all message files; say how much each language lacks."""
    for tag in sorted({*tags(), *sys.argv[1:]}):
        missing = 0
        for path, text in updated(tag).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            missing += sum(not one.string or not all(one.string) for one in read_po(io.StringIO(text)) if one.id)
        sys.stdout.write(f"{tag}: {missing} texts to translate\n")


if __name__ == "__main__":
    main()
