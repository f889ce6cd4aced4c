"""Verbs that ask the records: `measure`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from openhalo.cli.terminal import AsJson, out, print_json
from openhalo.measures.figures import MeasureResult
from openhalo.sites.open_site import open_site


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(measure)


def measure(
    measure: Annotated[str, typer.Argument(help="The measure, such as stops/search_share")],
    site: Annotated[Path, typer.Option(help="The site's folder")] = Path(),
    by: Annotated[str, typer.Option(help="Groups to cut by, joined by commas")] = "",
    period: Annotated[str, typer.Option(help="One figure per day, month, quarter, year, or over all")] = "all",
    as_json: AsJson = False,
) -> None:
    """Answer a measure, with n, interval and what the guards found."""
    groups = [name.strip() for name in by.split(",") if name.strip()]
    result = open_site(site).measure(measure, by=groups, period=period)  # type: ignore[arg-type]
    if as_json:
        print_json(result.to_dict())
    else:
        _print(result)


def _print(result: MeasureResult) -> None:
    table = Table(title=result.spec.question, title_justify="left", box=None, header_style="bold")
    for name in [*result.by, "period", "numerator", "denominator", "value", "low", "high"]:
        table.add_column(name, justify="left" if name in result.by else "right")
    for row in result.figures.iter_rows(named=True):
        table.add_row(*[_cell(row[column.header]) for column in table.columns])  # type: ignore[index]
    out.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "not known"
    return (
        f"{value:,.4g}"
        if isinstance(value, float) and value < 1
        else f"{value:,.0f}"
        if isinstance(value, float)
        else str(value)
    )
