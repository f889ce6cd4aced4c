"""Large libraries that some tests hold us against: imported by the test that uses one, never while tests are found."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest


class _Library:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # pytest asks whatever stands in a module about itself
            raise AttributeError(name)
        return getattr(import_module(self._name), name)


def library(name: str) -> Any:
    """Stand for a library until something of it is asked for."""
    return _Library(name)


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip tests where one of these libraries is not installed, without importing any."""
    missing = [name for name in names if find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")
