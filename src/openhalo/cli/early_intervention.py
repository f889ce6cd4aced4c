"""Verbs of early intervention: `backtest`, `signal`, and what follows a signal: `outcomes`, `own-record`, `sheet`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

import openhalo
from openhalo.cli.terminal import AsJson, out, print_json, progress
from openhalo.language import formatting

if TYPE_CHECKING:
    from openhalo.early_intervention.backtest import Backtest, Estimate


SiteFolder = Annotated[Path, typer.Option("--site", help="The site's folder")]

PLACE = 60
"""Where its verbs stand in the list of all: as records flow."""


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(backtest)
    app.command()(signal)
    app.command()(outcomes)
    app.command("own-record")(own_record)
    app.command()(sheet)


def backtest(
    site: Annotated[Path, typer.Option(help="The site's folder")] = Path(),
    outcome: Annotated[
        str, typer.Option(help="The count that is to be foreseen; as the governance record says, or allegations")
    ] = "",
    counted: Annotated[str, typer.Option(help="The count whose history foresees it; the outcome's own")] = "",
    first: Annotated[int, typer.Option(help="First year on whose last day we look")] = 2008,
    last: Annotated[int, typer.Option(help="Last such year; the records must reach a year further")] = 2012,
    capacity: Annotated[int, typer.Option(help="Officers that can be reviewed on each of these days")] = 0,
    report: Annotated[
        Path | None, typer.Option(help="Write a restricted page with charts: a file .html or a folder")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how good ways to choose officers for a review would have been, and whether any is worth its alarms.

    Example: openhalo backtest --site springfield --outcome allegations_sustained --counted allegations
    """
    opened = openhalo.open_site(site)
    with progress() as say:
        found = opened.backtest(outcome=outcome, counted=counted, first=first, last=last, capacity=capacity, report=say)
    page = None
    if report is not None:
        from openhalo.restricted_reports.backtest_page import write_backtest

        page = write_backtest(report, found, opened.catalogue, opened.settings.title)
    if as_json:
        from openhalo.early_intervention.backtest_summary import sentences

        print_json(found.to_dict() | {"summary": sentences(found)})
        return
    _print(found)
    if page is not None:
        out.print(f"Report, restricted: {page}", highlight=False, soft_wrap=True)


def signal(
    known_by: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Only what had been recorded by this date")],
    site: Annotated[Path, typer.Option(help="The site's folder")] = Path(),
    version: Annotated[
        int | None, typer.Option(help="Store version; the one on which this day was first asked without it")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show whom to offer a review on a day: a set in no order of need, each with the reasons. Restricted.

    Example: openhalo signal --known-by 2013-12-31 --site springfield
    """
    opened = openhalo.open_site(site)
    found = opened.signal(known_by.date(), version=version)
    if as_json:
        print_json(found.to_dict())
        return
    out.print(
        f"{len(found.signals)} officers to review by {found.review_by}; first reader: {found.first_reader}",
        style="bold",
    )
    out.print(f"Restricted. In no order of need. Lapses on {found.lapses}.", style="dim")
    for one in found.signals:
        out.print(f"\n{one.officer}, unit {one.unit}, among {one.peers} officers doing the same work")
        for factor in one.factors:
            out.print(f"- {factor.sentence}", highlight=False)
    notes = [f"{name}: {why}" for name, why in found.refused.items()]
    notes += [
        f"{rows:,} records of {record} do not say when they were learned; they count from their day"
        for record, rows in found.undated.items()
        if rows
    ]
    notes += [
        f"{rows:,} events of {name} never count: nobody wrote down when they were found out"
        for name, rows in found.unlearned.items()
    ]
    newest = opened.store.manifest().version
    if found.provenance["store_version"] != newest:
        notes.append(f"from store version {found.provenance['store_version']}; --version {newest} is the newest")
    if found.left_out:
        notes.append(f"{found.left_out:,} more officers were found than can be reviewed")
    for note in notes:
        out.print(f"! {note}", highlight=False)


def _print(found: "Backtest") -> None:
    from openhalo.early_intervention.backtest_summary import sentences

    for sentence in sentences(found):
        out.print(sentence, highlight=False)
    # Two tables, since one does not fit a terminal of 80 columns.
    good = _table("way to choose", "reviewed", "right, of 100", "times chance", "against shrunken")
    work = _table(
        "way to choose",
        "alerts",
        "found, of 100",
        "reviews for one",
        "came : foreseen",
        "new a month",
        "stays",
        "days of warning",
    )
    for one in found.scores:
        steady = one.steady
        good.add_row(
            one.label,
            formatting.count(one.reviewed),
            _span(one.precision, 100),
            _span(one.lift, 1),
            _span(one.better, 100),
        )
        work.add_row(
            one.label,
            formatting.count(one.alerts),
            _span(one.recall, 100),
            formatting.measured(one.reviews_for_one, "rate") if one.reviews_for_one == one.reviews_for_one else "",
            formatting.measured(one.calibration, "ratio") if one.calibration == one.calibration else "",
            formatting.count(steady.new_a_month) if steady else "",
            formatting.share(steady.stays) if steady else "",
            formatting.count(steady.warning_days) if steady else "",
        )
    out.print(good)
    out.print(work)
    for policy, why in found.refused.items():
        out.print(f"! {policy}: {why}", highlight=False)
    out.print(f"fairness of “{found.best.label}”", style="bold")
    fair = _table("officers by", "group", "reviewed", "without the outcome", "with the outcome", "missed")
    for row in found.best.by_group:
        if row.false is None and row.missed is None:
            continue
        wrong = _share(row.false, row.false_low, row.false_high)
        missed = _share(row.missed, row.missed_low, row.missed_high)
        fair.add_row(
            row.trait, row.group, formatting.count(row.reviewed), wrong, formatting.count(row.affected), missed
        )
    out.print(fair)


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, justify="left" if head in ("way to choose", "officers by", "group") else "right")
    return table


def _span(one: "Estimate", times: int) -> str:
    if one.value != one.value:
        return ""
    return (
        f"{times * one.value:.2f} ({times * one.low:.2f} to {times * one.high:.2f})"
        if times == 1
        else (f"{times * one.value:.1f} ({times * one.low:.1f} to {times * one.high:.1f})")
    )


def _share(value: float | None, low: float | None, high: float | None) -> str:
    return (
        "withheld"
        if value is None
        else f"{formatting.share(value)} ({formatting.share(low)} to {formatting.share(high)})"
    )


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

    found = openhalo.open_site(site).outcomes(outcome, version=version)
    if as_json:
        print_json(found.to_dict())
        return
    out.print("Restricted: not for publication.", style="dim")
    for one in found.interventions:
        out.print(one.kind or "all kinds of support", style="bold")
        for sentence in sentences(one):
            out.print(sentence, highlight=False)
    if found.factors:
        table = Table(
            box=None, pad_edge=False, header_style="bold", title="verdicts of reviewers", title_justify="left"
        )
        for head in ("factor", "verdicts", "useful"):
            table.add_column(head, justify="left" if head == "factor" else "right")
        for row in found.factors:
            useful = (
                "too few to say (under 10)"
                if row.useful is None
                else (f"{formatting.share(row.useful)} ({formatting.share(row.low)} to {formatting.share(row.high)})")
            )
            table.add_row(row.factor, formatting.count(row.given), useful)
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
    told = openhalo.open_site(site).own_record(officer, known_by.date(), version=version)
    if as_json:
        print_json(told)
        return
    out.print(f"What is held about {officer} by {known_by.date()}. Restricted.", style="bold")
    for record, rows in told["records"].items():
        out.print(f"{record}: {len(rows)} records", highlight=False)
    table = Table("indicator", "months: how many", box=None, pad_edge=False, header_style="bold")
    for one in told["indicators"]:
        values = {months: value for months, value in one["values"].items() if value}
        if values:
            table.add_row(one["label"], "; ".join(f"{months}: {value:g}" for months, value in values.items()))
    out.print(table)
    signal = told["signal"]
    out.print("No signal names you." if signal is None else f"A signal names you until {signal['lapses']}:")
    for factor in signal["reasons"]["factors"] if signal else []:
        out.print(f"- {factor['sentence']}", highlight=False)
    if "contest_decided_by" in told["corrections"]:
        way = told["corrections"]
        out.print(
            f"To have a record corrected: {way['how']}. {way['contest_decided_by']} answers within "
            f"{way['answer_within_days']} days.",
            highlight=False,
        )


def sheet(
    quarter: Annotated[str, typer.Option(help="The quarter at whose end we look: 2013-Q4")],
    to: Annotated[Path, typer.Option("--out", help="Where the page goes: a file .html or a folder")],
    site: SiteFolder = Path(),
    rule: Annotated[list[str] | None, typer.Option(help="Rule whose thresholds count; may stand twice; all")] = None,
    version: Annotated[int | None, typer.Option(help="Store version; the newest without it")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a sheet to print: who reached a threshold, in no order, with space for a verdict on each reason.

    Restricted: it names officers by pseudonym.

    Example: openhalo sheet --site springfield --quarter 2013-Q4 --out sheet.html
    """
    from openhalo.restricted_reports.quarterly_sheet import write_sheet

    opened = openhalo.open_site(site)
    found = opened.sheet(quarter, rules=rule or (), version=version)
    page = write_sheet(to, found, opened.catalogue, opened.settings.title)
    if as_json:
        print_json({"page": str(page), "officers": len(found.cards)})
        return
    out.print(f"{len(found.cards)} officers. To print, restricted: {page}", highlight=False, soft_wrap=True)
