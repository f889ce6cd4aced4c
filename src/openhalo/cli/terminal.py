"""How the command line speaks: tables and one progress line for people, JSON for programs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from openhalo.base.errors import OpenHaloError
from openhalo.base.progress import Report

if TYPE_CHECKING:
    from openhalo.sites.open_site import Site

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


def warn_of_uncounted(site: "Site") -> None:
    """Say that receipts of purges wait for an upgrade."""
    from openhalo.sites.signed_receipts import waiting_receipts

    if waiting := waiting_receipts(site.store):
        text = f"{len(waiting)} receipt(s) of purges are of an earlier format, and none that is gone or wrong is found"
        err.print(f"{text}; openhalo upgrade {site.path}", soft_wrap=True, highlight=False)


def print_json(facts: Any) -> None:
    """Print plain data as JSON on standard output."""
    sys.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n")


@contextmanager
def progress() -> Iterator[Report]:
    """Show one line that says what is being done; nothing when the output is piped."""
    with err.status("") as status:
        yield lambda step: status.update(Text(f"{step} …"))
