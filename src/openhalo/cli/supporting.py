"""Verbs of early intervention: `backtest`, `signal`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

import openhalo
from openhalo.cli.terminal import AsJson, out, print_json, progress
from openhalo.presentation import numbers

if TYPE_CHECKING:
    from openhalo.early_intervention.backtest import Backtest, Estimate


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(backtest)
    app.command()(signal)


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
    from openhalo.sites.signalling import try_out

    opened = openhalo.open_site(site)
    with progress() as say:
        found = try_out(opened, outcome, counted, first, last, capacity, say)
    page = None
    if report is not None:
        from openhalo.publications.backtest_page import write_backtest

        page = write_backtest(report, found, opened.catalogue, opened.settings.title)
    if as_json:
        from openhalo.early_intervention.verdict import sentences

        print_json(found.to_dict() | {"verdict": sentences(found)})
        return
    _print(found)
    if page is not None:
        out.print(f"Report, restricted: {page}", markup=False, highlight=False, soft_wrap=True)


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
    from openhalo.sites.signalling import signal as signalled

    opened = openhalo.open_site(site)
    found = signalled(opened, known_by.date(), version)
    if as_json:
        print_json(found.to_dict())
        return
    out.print(f"{len(found.signals)} officers to review by {found.review_by}; first reader: {found.first_reader}",
              style="bold", markup=False)  # fmt: skip
    out.print(f"Restricted. In no order of need. Lapses on {found.lapses}.", style="dim")
    for one in found.signals:
        out.print(f"\n{one.officer}, unit {one.unit}, among {one.peers} officers doing the same work", markup=False)
        for factor in one.factors:
            out.print(f"- {factor.sentence}", markup=False, highlight=False)
    notes = [f"{name}: {why}" for name, why in found.refused.items()]
    notes += [f"{rows:,} records of {record} do not say when they were learned; they count from their day"
              for record, rows in found.undated.items() if rows]  # fmt: skip
    notes += [f"{rows:,} events of {name} never count: nobody wrote down when they were found out"
              for name, rows in found.unlearned.items()]  # fmt: skip
    newest = opened.store.manifest().version
    if found.provenance["store_version"] != newest:
        notes.append(f"from store version {found.provenance['store_version']}; --version {newest} is the newest")
    if found.left_out:
        notes.append(f"{found.left_out:,} more officers were found than can be reviewed")
    for note in notes:
        out.print(f"! {note}", markup=False, highlight=False)


def _print(found: "Backtest") -> None:
    from openhalo.early_intervention.verdict import sentences

    for sentence in sentences(found):
        out.print(sentence, markup=False, highlight=False)
    # Two tables, since one does not fit a terminal of 80 columns.
    good = _table("way to choose", "reviewed", "right, of 100", "times chance", "against shrunken")
    work = _table(
        "way to choose", "alerts", "found, of 100", "reviews for one", "came : foreseen", "new a month", "stays",
        "days of warning",
    )  # fmt: skip
    for one in found.scores:
        steady = one.steady
        good.add_row(one.label, numbers.count(one.reviewed), _span(one.precision, 100), _span(one.lift, 1),
                     _span(one.better, 100))  # fmt: skip
        work.add_row(
            one.label, numbers.count(one.alerts), _span(one.recall, 100),
            numbers.measured(one.reviews_for_one, "rate") if one.reviews_for_one == one.reviews_for_one else "",
            numbers.measured(one.calibration, "ratio") if one.calibration == one.calibration else "",
            numbers.count(steady.new_a_month) if steady else "", numbers.share(steady.stays) if steady else "",
            numbers.count(steady.warning_days) if steady else "",
        )  # fmt: skip
    out.print(good)
    out.print(work)
    for policy, why in found.refused.items():
        out.print(f"! {policy}: {why}", markup=False, highlight=False)
    out.print(f"fairness of “{found.best.label}”", style="bold", markup=False)
    fair = _table("officers by", "group", "reviewed", "without the outcome", "with the outcome", "missed")
    for row in found.best.by_group:
        if row.false is None and row.missed is None:
            continue
        wrong = _share(row.false, row.false_low, row.false_high)
        missed = _share(row.missed, row.missed_low, row.missed_high)
        fair.add_row(row.trait, row.group, numbers.count(row.reviewed), wrong, numbers.count(row.affected), missed)
    out.print(fair)


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, justify="left" if head in ("way to choose", "officers by", "group") else "right")
    return table


def _span(one: "Estimate", times: int) -> str:
    if one.value != one.value:
        return ""
    return f"{times * one.value:.2f} ({times * one.low:.2f} to {times * one.high:.2f})" if times == 1 else (
        f"{times * one.value:.1f} ({times * one.low:.1f} to {times * one.high:.1f})"
    )  # fmt: skip


def _share(value: float | None, low: float | None, high: float | None) -> str:
    return "withheld" if value is None else f"{numbers.share(value)} ({numbers.share(low)} to {numbers.share(high)})"
