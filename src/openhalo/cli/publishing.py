"""Verbs that bring figures out: `publish`, `verify`, `serve`."""

from pathlib import Path
from typing import Annotated

import typer

import openhalo
from openhalo.base.errors import ReleaseError
from openhalo.cli.terminal import AsJson, err, out, print_json, progress, say_problems


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(publish)
    app.command()(verify)
    app.command()(serve)


def publish(site: Annotated[Path, typer.Argument(help="The site's folder")], as_json: AsJson = False) -> None:
    """Build a release from the newest store version: figures, pages, descriptor with every hash.

    Example: openhalo publish springfield
    """
    with progress() as report:
        folder = openhalo.open_site(site).publish(report=report)
    if as_json:
        print_json({"release": str(folder)})
    else:
        out.print(f"release: {folder}", soft_wrap=True)


def verify(release: Annotated[Path, typer.Argument(help="A release's folder")], as_json: AsJson = False) -> None:
    """Check every byte of a release, and count its figures again from its own incident files.

    Needs nothing but the folder: no site, no records, no network.

    Example: openhalo verify springfield/releases/0001
    """
    from openhalo.publications.rederiving import Rederived, rederive
    from openhalo.releases import hashes

    problems = hashes.verify(release)
    again = rederive(release) if not problems else Rederived()
    problems += again.problems
    if as_json:
        facts = {"figures": again.figures, "counted_again": again.agree, "withheld": again.withheld}
        told = [str(problem) for problem in problems]
        print_json({"release": str(release), "problems": told, **facts, "cannot": again.cannot})
    elif problems:
        say_problems(ReleaseError(problems))
    else:
        out.print(f"{release}: every file is as published", soft_wrap=True)
        out.print(f"  {again.agree:,} of {again.figures:,} figures counted again from the incident files: all agree")
        for why, figures in sorted(again.cannot.items()):
            out.print(f"  {figures:,} only the agency can check: {why}", soft_wrap=True, highlight=False)
    if problems:
        raise typer.Exit(ReleaseError.exit_code)


def serve(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any that is free", min=0, max=65535)] = 8000,
) -> None:
    """Show the newest release in a browser: serves its files, and nothing else, until interrupted (Ctrl+C).

    Example: openhalo serve springfield --port 8080
    """
    from openhalo.publications import serving

    folder = serving.newest_release(openhalo.open_site(site).releases)
    err.print(f"serving {folder}; stop with Ctrl+C", soft_wrap=True)
    serving.serve(folder, host, port)
