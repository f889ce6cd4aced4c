"""Verbs that bring figures out: `publish`, `verify`."""

from pathlib import Path
from typing import Annotated

import typer

from openhalo.base.errors import ReleaseError
from openhalo.cli.terminal import AsJson, out, print_json, progress, say_problems
from openhalo.releases.hashes import verify as verify_release
from openhalo.sites.open_site import open_site


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(publish)
    app.command()(verify)


def publish(site: Annotated[Path, typer.Argument(help="The site's folder")], as_json: AsJson = False) -> None:
    """Build a release from the newest store version: figures, pages, descriptor with every hash."""
    with progress() as report:
        folder = open_site(site).publish(report=report)
    if as_json:
        print_json({"release": str(folder)})
    else:
        out.print(f"release: {folder}", soft_wrap=True)


def verify(release: Annotated[Path, typer.Argument(help="A release's folder")], as_json: AsJson = False) -> None:
    """Check that every byte of a release is the one that was published."""
    problems = verify_release(release)
    if as_json:
        print_json({"release": str(release), "problems": [str(problem) for problem in problems]})
    elif problems:
        say_problems(ReleaseError(problems))
    else:
        out.print(f"{release}: every file is as published")
    if problems:
        raise typer.Exit(ReleaseError.exit_code)
