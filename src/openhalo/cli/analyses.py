"""Verbs that test: `analyse`."""

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

import openhalo
from openhalo.cli.terminal import AsJson, out, print_json
from openhalo.language import formatting

if TYPE_CHECKING:
    from openhalo.analyses.results import AnalysisResult

PLACE = 50
"""Where its verbs stand in the list of all: as records flow."""


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(analyse)


def analyse(
    analysis: Annotated[str, typer.Argument(help="The analysis, such as stops/hit_rates; without it, a list")] = "",
    site: Annotated[Path, typer.Option(help="The site's folder")] = Path(),
    version: Annotated[int | None, typer.Option(help="Store version; the newest without it")] = None,
    known_by: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what had been recorded by this date")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Carry out a statistical test, as the site's analysis plan says. Without an analysis, list them.

    Example: openhalo analyse stops/hit_rates --site springfield
    """
    opened = openhalo.open_site(site)
    if not analysis:
        _list(opened, as_json)
        return
    result = opened.analyse(analysis, version=version, known_by=known_by.date() if known_by else None)
    if as_json:
        print_json(result.to_dict())
    else:
        _print(result)


def _list(site: "openhalo.Site", as_json: bool) -> None:
    planned = {test.analysis for test in site.plan.tests} if site.plan else set()
    later = {test.analysis for test in site.plan.exploratory} if site.plan else set()
    rows = [
        {
            "id": spec.id,
            "kind": spec.kind,
            "label": spec.label,
            "plan": "planned" if spec.id in planned else "exploratory" if spec.id in later else "",
        }
        for _id, spec in sorted(site.catalogue.analyses.items())
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("analysis", "kind", "what it asks", "in the plan"):
        table.add_column(head, no_wrap=head != "what it asks")
    for row in rows:
        table.add_row(row["id"], row["kind"], row["label"], row["plan"])
    out.print(table)


def _print(result: "AnalysisResult") -> None:
    from openhalo.analyses.wording import shown, span, ways

    spec, subject = result.subject.spec, result.subject
    out.print(spec.question, style="bold")
    period = formatting.span(subject.days.first, subject.days.last) if subject.days else "no records"
    out.print(f"{subject.standing}; {period}", style="dim")
    out.print(result.sentence(), highlight=False)
    bounded = any(one.bounds for one in result.contrasts)
    if result.contrasts:
        out.print()
        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in ("compared", "how", "n", "estimate", "95% interval", "p", *(["unknown group"] if bounded else [])):
            table.add_column(head, justify="left" if head in ("compared", "how") else "right", no_wrap=True)
        for one in result.contrasts:
            p = one.p if math.isnan(one.adjusted) else one.adjusted
            cells = [
                one.group,
                ways(one.way),
                formatting.count(one.n),
                shown(one.estimate, one.scale),
                span(one.low, one.high, one.scale),
                "" if math.isnan(p) else f"{p:.2g}",
            ]
            if bounded:
                cells.append(span(*one.bounds, one.scale) if one.bounds else "")
            table.add_row(*cells, style=None if one.leads else "dim")
        out.print(table)
    for counts in [] if result.leading else result.tables()[:1]:
        table = Table(*counts.heads, box=None, pad_edge=False, header_style="bold", title_justify="left")
        for row in counts.rows:
            table.add_row(*row)
        out.print(table)
    for note in result.notes:
        out.print(f"- {note}", highlight=False)
    for text, state in result.assumptions:
        out.print(f"{'! ' if state == 'not met' else '- '}{text}: {state}", highlight=False)
    version, definition = result.subject.provenance["store_version"], result.subject.provenance["definition"][:12]
    out.print(f"store version {version}; definition {definition}", style="dim", highlight=False)
