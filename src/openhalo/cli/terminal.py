"""How the command line speaks: tables and one progress line for people, JSON for programs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from openhalo.base.errors import OpenHaloError
from openhalo.base.progress import Report

# Names, reasons and messages hold brackets of their own: nothing that is printed is markup.
out = Console(markup=False, emoji=False)
err = Console(stderr=True, markup=False, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print the same facts as JSON")]


def say_problems(error: OpenHaloError) -> None:
    """Print every problem of an error, as plain text."""
    for problem in error.problems:
        err.print(str(problem), style="red", highlight=False, soft_wrap=True)
    if len(error.problems) > 1:
        err.print(f"{len(error.problems)} problems", style="bold red")


def print_json(facts: Any) -> None:
    """Print plain data as JSON on standard output."""
    sys.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n")


@contextmanager
def progress() -> Iterator[Report]:
    """Show one line that says what is being done; nothing when the output is piped."""
    with err.status("") as status:
        yield lambda step: status.update(Text(f"{step} …"))
