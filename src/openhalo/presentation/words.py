"""The language that pages speak: every visible sentence passes through `_`, so that a language is added, not built in.

English needs no catalogue: its sentences are the keys.
"""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Language:
    """A language of pages: its tag, its direction, its translations."""

    tag: str = "en"
    name: str = "English"
    """What its speakers call it."""
    direction: str = "ltr"
    translations: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)


ENGLISH = Language()
_spoken: ContextVar[Language] = ContextVar("spoken", default=ENGLISH)


def _(text: str) -> str:
    """Return the sentence in the language being spoken."""
    return _spoken.get().translations.gettext(text)


def plural(one: str, many: str, n: float) -> str:
    """Return the singular or the plural form that fits `n`, in the language being spoken."""
    return _spoken.get().translations.ngettext(one, many, int(n) if float(n).is_integer() else 2)


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
