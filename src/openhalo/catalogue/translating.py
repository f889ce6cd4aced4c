"""The catalogue in another language: the same definitions, with every text that pages show passed through a translator.

Each schema names its public texts (`said`); nothing else changes, so a translated catalogue answers every question as
the original does. What a list is ordered by stays as it is in English: a group has one place and one colour everywhere.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from openhalo.catalogue.index import KINDS, Catalogue
from openhalo.catalogue.reader import Spec, SpecT
from openhalo.catalogue.vocabularies import Vocabulary

Say = Callable[[str], str]
"""Returns a text in another language."""
_BLOCK = re.compile(r"^(#+ |- |\d+\. )?(\S.*?)(?=\n\s*\n|\n(?:#+ |- |\d+\. )|\s*\Z)", re.DOTALL | re.MULTILINE)


def translated(catalogue: Catalogue, say: Say) -> Catalogue:
    """Return the catalogue with every public text as `say` has it."""
    shelves: dict[str, Any] = {
        shelf: {name: spec_in(spec, say) for name, spec in getattr(catalogue, shelf).items()} for shelf in KINDS
    }
    return replace(catalogue, help={domain: help_in(text, say) for domain, text in catalogue.help.items()}, **shelves)


def spec_in(spec: SpecT, say: Say) -> SpecT:
    """Return one definition with its public texts, and those of its parts, as `say` has them."""
    if isinstance(spec, Vocabulary):
        _ = spec.order  # fixed before the labels change; the copy keeps it
    changed = {}
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        new = _each(value, lambda text: say(text) if text else text) if name in spec.said else _each(value, None, say)
        if new is not value:
            changed[name] = new
    return spec.model_copy(update=changed)


def help_in(markdown: str, say: Say) -> str:
    """Return a help text, heading by heading and paragraph by paragraph, as `say` has it.

    >>> help_in("# Stops\\n\\nA stop is\\nwhen.\\n\\n- **One.** Two", str.upper)
    '# STOPS\\n\\nA STOP IS WHEN.\\n\\n- **ONE.** TWO'
    """
    return _BLOCK.sub(lambda block: (block[1] or "") + say(" ".join(block[2].split())), markdown)


def _each(value: Any, change: Say | None, within: Say | None = None) -> Any:
    """Return a value with every text in it changed, or with every part that is a spec translated."""
    if isinstance(value, str):
        return change(value) if change else value
    if isinstance(value, Spec):
        return spec_in(value, within) if within else value
    if isinstance(value, list):
        return [_each(one, change, within) for one in value]
    if isinstance(value, dict):
        return {name: _each(one, change, within) for name, one in value.items()}
    return value
