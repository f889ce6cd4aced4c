"""The language that pages speak: every visible sentence passes through `_`, so that a language is added, not built in.

English needs no message file: its sentences are the keys.
"""

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Language:
    """A language of pages: its sentences, its direction, and how its numbers are written."""

    tag: str = "en"
    name: str = "English"
    """What its speakers call it."""
    direction: str = "ltr"
    translations: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    reviewed: bool = True
    """Whether a person has read the translation; until then each page says that nobody has."""
    separators: Mapping[int, str] = field(default_factory=dict)
    """What stands for `.` and `,` in numbers, as `str.translate` takes it; empty: these themselves."""
    percent: str = "{}%"
    """How a percentage is written."""
    drawn: Mapping[str, Any] = field(default_factory=dict)
    """How axes of charts write numbers and dates: `number` and `time` of Vega's `locale`; empty: as in English."""


ENGLISH = Language()
_spoken: ContextVar[Language] = ContextVar("spoken", default=ENGLISH)


class Message(str):
    """A sentence in English that keeps its pattern and what fills it: `_` says it in another language."""

    pattern: str
    values: Mapping[str, Any]


def _(text: str) -> str:
    """Return the sentence in the language being spoken."""
    if isinstance(text, Message):
        values = {name: _(value) if isinstance(value, str) else value for name, value in text.values.items()}
        return _(text.pattern).format(**values)
    return _spoken.get().translations.gettext(text) if text else ""


def plural(one: str, many: str, n: float) -> str:
    """Return the singular or the plural form that fits `n`, in the language being spoken."""
    return _spoken.get().translations.ngettext(one, many, int(n) if float(n).is_integer() else 2)


def capital(text: str) -> str:
    """Return a text with a capital first letter, as a row or a sentence begins; the rest stays as it is.

    >>> capital("people of several races")
    'People of several races'
    """
    return text[:1].upper() + text[1:]


def mark_for_translation(text: str) -> str:
    """Return the text as it is, and mark it for translation: it passes through `_` where it is said."""
    return text


def message(pattern: str, /, **values: Any) -> str:
    """Return a pattern with its values, in English, and mark it for translation as `mark_for_translation` does.

    >>> str(message("fewer than {n} searches", n=30))
    'fewer than 30 searches'
    """
    text = Message(pattern.format(**values))
    text.pattern, text.values = pattern, values
    return text


def spoken() -> Language:
    """Return the language being spoken."""
    return _spoken.get()


@contextmanager
def speaking(language: Language) -> Iterator[Language]:
    """Speak a language for as long as the context lasts."""
    token = _spoken.set(language)
    try:
        yield language
    finally:
        _spoken.reset(token)
