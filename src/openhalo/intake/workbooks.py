"""Spreadsheets that OpenHALO writes: cells are data, never formulas, and a file that cannot be written says why."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from openhalo.base.errors import DeliveryError, Problem


@contextmanager
def new_workbook(path: Path) -> Iterator[Any]:
    """Open a new xlsxwriter workbook and save it at the end.

    Raises:
        DeliveryError: the file cannot be written there.
    """
    try:
        with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            yield book
    except FileCreateError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: Exception) -> DeliveryError:
    """Say that a file cannot be written at a place."""
    todo = "close it where it is open, or name another place"
    return DeliveryError(Problem(str(path), f"the file cannot be written ({error})", todo=todo))
