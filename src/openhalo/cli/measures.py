"""Verbs that ask the records: `measure`."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

import openhalo
from openhalo.base.periods import Grain
from openhalo.cli.terminal import AsJson, out, print_json
from openhalo.language import formatting

if TYPE_CHECKING:
    from openhalo.measures.figures import MeasureResult

_REASONS = {
    "too_few": "too few",
    "no_data": "no data",
    "no_denominator": "no denominator",
    "not_coded": "not counted as a group",
    "visitors": "mostly visitors",
    "no_events": "no events to compare with",
    "no_reference": "no reference group",
}

PLACE = 40
"""Where its verbs stand in the list of all: as records flow."""


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(measure)


def measure(
    measure: Annotated[str, typer.Argument(help="The measure, such as stops/search_share; without it, a list")] = "",
    site: Annotated[Path, typer.Option(help="The site's folder")] = Path(),
    by: Annotated[str, typer.Option(help="Groups to cut by, joined by commas")] = "",
    period: Annotated[str, typer.Option(help="One figure per day, month, quarter, year, or over all")] = "all",
    within: Annotated[str, typer.Option(help="Only records of this period: 2017, 2017-Q3, 2016..2018")] = "",
    version: Annotated[int | None, typer.Option(help="Store version; the newest without it")] = None,
    known_by: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what had been recorded by this date")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a measure, with n, interval and what the guards found. Without a measure, list them.

    Example: openhalo measure stops/search_share --by race --period year
    """
    opened = openhalo.open_site(site)
    if not measure:
        _list(opened, as_json)
        return
    groups = [name.strip() for name in by.split(",") if name.strip()]
    grain: Grain = period  # type: ignore[assignment]  # a wrong word is refused with the words that are allowed
    known: date | None = known_by.date() if known_by else None
    result = opened.measure(measure, by=groups, period=grain, within=within, version=version, known_by=known)
    if as_json:
        print_json(result.to_dict())
    else:
        _print(result)


def _list(site: "openhalo.Site", as_json: bool) -> None:
    specs = [site.catalogue.measures[name] for name in sorted(site.catalogue.measures)]
    if as_json:
        print_json(
            [spec.model_dump(mode="json", include={"id", "kind", "label", "groups", "periods"}) for spec in specs]
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("measure", "kind", "what it says", "by"):
        table.add_column(name, no_wrap=name in ("measure", "kind"))
    for spec in specs:
        table.add_row(spec.id, spec.kind, spec.label, ", ".join(spec.groups))
    out.print(table)


def _print(result: "MeasureResult") -> None:
    out.print(result.spec.question, style="bold")
    out.print(result.sentence())
    out.print()
    cut = [*result.by, *(["period"] if result.figures["period"].n_unique() > 1 else [])]
    bounded = result.figures["bound_low"].is_not_null().any() and bool(result.by)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in cut:
        table.add_column(name, no_wrap=True)
    for name in ("counted", "of", "value", "95% interval", *(["bounds"] if bounded else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for row in result.figures.to_dicts():
        names = [result.labels.get(name, {}).get(row[name], row[name] or "unknown") for name in cut]
        table.add_row(*names, *_cells(row, result, bounded))
    for row in result.totals.to_dicts() if result.by else []:
        names = ["all" if name in result.by else row[name] for name in cut]
        table.add_row(*names, *_cells(row, result, bounded), style="bold")
    out.print(table)
    for note in result.guard_notes:
        out.print(f"{'! ' if note.severity == 'headline' else '- '}{note.text}", highlight=False)
    version, definition = result.provenance["store_version"], result.provenance["definition"][:12]
    rests_on = f"{result.method}; store version {version}; definition {definition}"
    out.print(rests_on, style="dim", highlight=False)


def _cells(row: dict[str, Any], result: "MeasureResult", bounded: bool) -> list[str]:
    kind = result.spec.scale
    value = _REASONS.get(row["status"]) or formatting.measured(row["value"], kind)
    cells = [
        formatting.count(row["numerator"]),
        formatting.count(row["denominator"]),
        value,
        _span(row, "low", "high", kind),
    ]
    return [*cells, _span(row, "bound_low", "bound_high", kind)] if bounded else cells


def _span(row: dict[str, Any], low: str, high: str, kind: str) -> str:
    if row[low] is None and row[high] is None:
        return ""
    return f"{formatting.measured(row[low], kind)} – {formatting.measured(row[high], kind) or 'no limit'}"
