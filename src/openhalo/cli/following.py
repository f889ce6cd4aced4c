"""Verbs that follow a signal: `outcomes`, `own-record`, `sheet`."""

from datetime import datetime
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
    app.command("own-record")(own_record)
    app.command()(sheet)


def outcomes(
    site: SiteFolder = Path(),
    outcome: Annotated[str, typer.Option(help="The count of which there should be fewer")] = "allegations",
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


def own_record(
    officer: Annotated[str, typer.Argument(help="The officer's pseudonym or record key")],
    known_by: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Only what had been recorded by this date")],
    site: SiteFolder = Path(),
    version: Annotated[int | None, typer.Option(help="Store version; the newest without it")] = None,
    as_json: AsJson = False,
) -> None:
    """Show an officer everything that is held about them, what each indicator counts, and how to have it corrected.

    Restricted: for this officer. It shows nobody else.

    Example: openhalo own-record 10014 --site springfield --known-by 2013-12-31
    """
    from openhalo.sites.following_up import see_own_record

    told = see_own_record(openhalo.open_site(site), officer, known_by.date(), version)
    if as_json:
        print_json(told)
        return
    out.print(f"What is held about {officer} by {known_by.date()}. Restricted.", style="bold", markup=False)
    for record, rows in told["records"].items():
        out.print(f"{record}: {len(rows)} records", markup=False, highlight=False)
    table = Table("indicator", "months: how many", box=None, pad_edge=False, header_style="bold")
    for one in told["indicators"]:
        values = {months: value for months, value in one["values"].items() if value}
        if values:
            table.add_row(one["label"], "; ".join(f"{months}: {value:g}" for months, value in values.items()))
    out.print(table)
    signal = told["signal"]
    out.print("No signal names you." if signal is None else f"A signal names you until {signal['lapses']}:",
              markup=False)  # fmt: skip
    for factor in signal["reasons"]["factors"] if signal else []:
        out.print(f"- {factor['sentence']}", markup=False, highlight=False)
    if "contest_decided_by" in told["corrections"]:
        way = told["corrections"]
        out.print(f"To have a record corrected: {way['how']}. {way['contest_decided_by']} answers within "
                  f"{way['answer_within_days']} days.", markup=False, highlight=False)  # fmt: skip


def sheet(
    quarter: Annotated[str, typer.Option(help="The quarter at whose end we look: 2013-Q4")],
    to: Annotated[Path, typer.Option("--out", help="Where the page goes: a file .html or a folder")],
    site: SiteFolder = Path(),
    rule: Annotated[list[str] | None, typer.Option(help="Rule whose thresholds count; may stand twice; all")] = None,
    version: Annotated[int | None, typer.Option(help="Store version; the newest without it")] = None,
) -> None:
    """Write a sheet to print: who reached a threshold, in no order, with space for a verdict on each reason.

    Restricted: it names officers by pseudonym.

    Example: openhalo sheet --site springfield --quarter 2013-Q4 --out sheet.html
    """
    from openhalo.publications.sheet_page import write_sheet
    from openhalo.sites.following_up import quarterly_sheet

    opened = openhalo.open_site(site)
    found = quarterly_sheet(opened, quarter, rule or (), version)
    page = write_sheet(to, found, opened.catalogue, opened.settings.title)
    out.print(f"{len(found.cards)} officers. To print, restricted: {page}", markup=False, highlight=False,
              soft_wrap=True)  # fmt: skip
