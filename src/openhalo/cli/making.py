"""Verbs that make and check a site: `check`."""

from pathlib import Path
from typing import Annotated

import typer

from openhalo.base.errors import CatalogueError
from openhalo.catalogue import index
from openhalo.cli.terminal import AsJson, out, print_json, say_problems
from openhalo.sites.open_site import open_site


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(check)


def check(
    site: Annotated[
        Path | None, typer.Argument(help="A site's folder; without it, the shipped catalogue alone")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every definition: unknown keys and codes, dangling references, conditions that do not read."""
    if site is not None:
        open_site(site)
    catalogue, problems = index.examine(site / "catalogue" if site else None)
    shelves = ("vocabularies", "record_types", "sources", "measures")
    counts = {shelf: len(getattr(catalogue, shelf)) for shelf in shelves}
    if as_json:
        print_json({"counts": counts, "problems": [vars(p) if hasattr(p, "__dict__") else str(p) for p in problems]})
    elif not problems:
        out.print(", ".join(f"{count} {shelf.replace('_', ' ')}" for shelf, count in counts.items()) + ": all good")
    if problems:
        error = CatalogueError(problems)
        if not as_json:
            say_problems(error)
        raise typer.Exit(error.exit_code)
