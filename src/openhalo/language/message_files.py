"""Languages from their message files (`.po`), with what the Unicode CLDR says of their numbers, dates and direction."""

import gettext
import io
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from openhalo.base.errors import MissingExtra, Problem, SiteError, did_you_mean, name_all
from openhalo.language.translation import ENGLISH, Language, capital


def shipped() -> list[Path]:
    """Return the folders with the message files that come with OpenHALO."""
    return [Path(str(files(package))) / "locale" for package in ("openhalo_catalogue", "openhalo")]


def known(folders: Iterable[Path]) -> list[str]:
    """Return the tags of the languages that have message files in these folders, and English.

    Args:
        folders: folders that hold one folder a language, such as `locale/es/`.
    """
    found = {path.parent.name for folder in folders for path in folder.glob("*/*.po")}
    return sorted({ENGLISH.tag, *found})


def read(tag: str, folders: Sequence[Path]) -> Language:
    """Return a language whose sentences stand in `FOLDER/TAG/*.po`; where two files have one, the first folder's holds.

    The header `Language` of a file says whose numbers and dates are written (`es_US` and `es` differ), and
    `X-Reviewed-By` who has read the translation. The language counts as reviewed when every file names someone.

    Raises:
        MissingExtra: Babel is not installed.
        SiteError: no folder has the language, or a file cannot be read.
    """
    if tag == ENGLISH.tag:
        return ENGLISH
    paths = [path for folder in folders for path in sorted((folder / tag).glob("*.po"))]
    if not paths:
        found = known(folders)
        raise SiteError(Problem("", f"there is no language '{tag}'", name_all(found), did_you_mean(tag, found)))
    try:
        from babel import Locale
    except ImportError:
        raise MissingExtra("publish", "speaking another language") from None
    read_ones = [_messages(path) for path in paths]
    translations = read_ones[0][0]
    for other, _headers in read_ones[1:]:
        translations.add_fallback(other)
    locale = Locale.parse(read_ones[0][1].get("language", tag), sep="_")
    name = str(locale.get_language_name() or tag)
    return Language(
        tag=tag,
        name=capital(name),
        direction=locale.text_direction,
        translations=translations,
        reviewed=all(headers.get("x-reviewed-by") for _messages_, headers in read_ones),
        **written(locale),
    )


def spoken_in(tag: str, own: Sequence[Path] = ()) -> Language:
    """Return a language as a site speaks it.

    Args:
        tag: such as `es`.
        own: folders of a site's own message files, which hold before those that come with OpenHALO.

    Raises:
        SiteError: there is no such language.
    """
    return read(tag, [*own, *shipped()])


def written(locale: Any) -> dict[str, Any]:
    """Return how a Babel locale writes numbers and dates: `separators`, `percent` and `drawn` of a `Language`."""
    symbols = locale.number_symbols
    symbols = symbols.get(locale.default_numbering_system, symbols)
    decimal, group = symbols["decimal"], symbols["group"]
    percent = re.sub(r"[#0,.]+", "{}", locale.percent_formats[None].pattern)
    months, days = locale.months["stand-alone"], locale.days["format"]
    if (decimal, group, percent) == (".", ",", "{}%"):
        numbers: dict[str, Any] = {}
    else:
        numbers = {
            "number": {
                "decimal": decimal,
                "thousands": group,
                "grouping": [3],
                "currency": ["$", ""],
                "percent": percent.replace("{}", ""),
            }
        }
    times = {
        "dateTime": "%x, %X",
        "date": "%Y-%m-%d",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": [days["wide"][(day - 1) % 7] for day in range(7)],
        "shortDays": [days["abbreviated"][(day - 1) % 7] for day in range(7)],
        "months": [months["wide"][month] for month in range(1, 13)],
        "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
    }
    return {
        "separators": {ord("."): decimal, ord(","): group} if numbers else {},
        "percent": percent,
        "drawn": {**numbers, "time": times},
    }


def _messages(path: Path) -> tuple[gettext.GNUTranslations, dict[str, str]]:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        text = path.read_text(encoding="utf-8")
        catalog = read_po(io.StringIO(text), abort_invalid=True)
        _must_keep_placeholders(path, catalog)
        compiled = io.BytesIO()
        write_mo(compiled, catalog)
        return gettext.GNUTranslations(io.BytesIO(compiled.getvalue())), headers(text)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise SiteError(
            Problem(str(path), f"the message file cannot be read: {error}", todo="mend or remove it")
        ) from None


def _must_keep_placeholders(path: Path, catalog: Any) -> None:
    wrong = []
    for one in catalog:
        ids, said = ([part] if isinstance(part, str) else list(part) for part in (one.id, one.string))
        allowed = {name for text in ids for name in placeholders(text)}
        for text in said if one.id else []:
            if text and not (lost := set(placeholders(text)) ^ allowed) <= (set() if len(ids) == 1 else allowed):
                found = f"the translation of '{ids[0]}' does not keep {name_all(lost)}"
                wrong.append(Problem(f"{path}:{one.lineno}", found, todo="write placeholders and tags as they are"))
    if wrong:
        raise SiteError(wrong)


def placeholders(text: str) -> list[str]:
    """Return what a translation must keep: placeholders, and the tags of HTML.

    >>> placeholders("<strong>{n}</strong> of %(whole)s, 95%%")
    ['%(whole)s', '</strong>', '<strong>', '{n}']
    """
    return sorted(set(re.findall(r"\{\w*\}|%\(\w+\)s|</?\w+>", text)))


def headers(text: str) -> dict[str, str]:
    """Return the headers of a message file, by small-lettered name; Babel keeps only those that it knows.

    >>> headers('msgid ""\\nmsgstr ""\\n"X-Reviewed-By: A. Pérez\\\\n"\\n\\nmsgid "Stops"')
    {'x-reviewed-by': 'A. Pérez'}
    """
    head = text.partition("\n\n")[0]
    return {name.lower(): value.strip() for name, value in re.findall(r'^"([\w-]+): ?(.*?)\\n"$', head, re.MULTILINE)}
