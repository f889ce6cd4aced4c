"""Verbs that follow a signal: `outcomes`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

import openhalo
from openhalo.cli.terminal import AsJson, out, print_json
from openhalo.presentation import numbers

SiteFolder = Annotated[Path, typer.Option("--site", help="The site's folder")]


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(outcomes)


def outcomes(
    site: SiteFolder = Path(),
    outcome: Annotated[str, typer.Option(help="The count of which there should be fewer")] = "accusations",
    version: Annotated[int | None, typer.Option(help="Store version; the newest without it")] = None,
    as_json: AsJson = False,
) -> None:
    """Show whether support was followed by fewer events than equals had, and how useful each factor was. Restricted.

    Example: openhalo outcomes --site springfield --outcome force_reports
    """
    from openhalo.early_intervention.interventions import sentences
    from openhalo.sites.following_up import follow_up

    found = follow_up(openhalo.open_site(site), outcome, version)
    if as_json:
        print_json(found.to_dict())
        return
    out.print("Restricted: not for publication.", style="dim")
    for one in found.interventions:
        out.print(one.kind or "all kinds of support", style="bold", markup=False)
        for sentence in sentences(one):
            out.print(sentence, markup=False, highlight=False)
    if found.factors:
        table = Table(
            box=None, pad_edge=False, header_style="bold", title="verdicts of reviewers", title_justify="left"
        )
        for head in ("factor", "verdicts", "useful"):
            table.add_column(head, justify="left" if head == "factor" else "right")
        for row in found.factors:
            useful = "too few to say (under 10)" if row.useful is None else (
                f"{numbers.share(row.useful)} ({numbers.share(row.low)} to {numbers.share(row.high)})"
            )  # fmt: skip
            table.add_row(row.factor, numbers.count(row.given), useful)
        out.print(table)
