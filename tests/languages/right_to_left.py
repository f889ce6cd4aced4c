"""A language that exists only in tests: each message in ⟦brackets⟧, in Arabic letters, written from right to left."""

import gettext
import re

from babel import Locale

from openhalo.language.message_files import written
from openhalo.language.translation import Language

_KEPT = re.compile(r"(\{\w*\}|%\(\w+\)s|%%|</?\w+>|\*\*)")
_LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "ابثدعفغهيجكلمنوبقرستيظوخيزابثدعفغهيجكلمنوبقرستيظوخيز"
)


def pseudo(text: str) -> str:
    """Return a message as the test language has it; placeholders, tags and Markdown stay."""
    parts = _KEPT.split(text)
    return "⟦" + "".join(part if _KEPT.fullmatch(part) else part.translate(_LETTERS) for part in parts) + "⟧"


class Pseudo(gettext.NullTranslations):
    """Translates everything, and remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        """Return the message in the test language; one that is in it already stays as it is."""
        if "⟦" in message:
            return message
        self.asked.add(message)
        return pseudo(message)

    def ngettext(self, one: str, many: str, n: int) -> str:
        """Return the form that fits."""
        return self.gettext(one if n == 1 else many)


def right_to_left() -> Language:
    """Return the test language."""
    return Language("ar-XT", pseudo("Test"), "rtl", Pseudo(), reviewed=False, **written(Locale.parse("ar")))
