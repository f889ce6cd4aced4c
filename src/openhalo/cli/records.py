"""Verbs that keep the records: `records`, `purge`."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

import openhalo
from openhalo.base.errors import DeliveryError, Problem
from openhalo.cli.terminal import AsJson, out, print_json, progress, warn_of_uncounted

if TYPE_CHECKING:
    import polars as pl

_PEOPLE_SEE = 8
"""Columns that fit a terminal; all of them go to --json, --csv and --parquet."""

PLACE = 30
"""Where its verbs stand in the list of all: as records flow."""


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(records)
    app.command()(purge)


def records(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    record: Annotated[str, typer.Argument(help="The record type, such as stops/stop")],
    where: Annotated[str, typer.Option(help="Only records that make this condition true")] = "",
    version: Annotated[int | None, typer.Option(help="Store version; the newest without it")] = None,
    known_by: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what had happened and been recorded by then")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many; 20 on a terminal without it")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write them to this CSV file")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write them to this Parquet file")] = None,
    as_json: AsJson = False,
) -> None:
    """List records, without restricted fields.

    Example: openhalo records springfield stops/stop --where "search_conducted" --csv searches.csv
    """
    opened, day = openhalo.open_site(site), known_by.date() if known_by else None
    _must_end(csv, ".csv")
    _must_end(parquet, ".parquet")
    files = [file for file in (csv, parquet) if file is not None]
    for file in files:
        rows = opened.write_records(record, file, where=where, version=version, known_by=day, limit=limit)
    if files and as_json:
        print_json({"files": [str(file) for file in files], "rows": rows})
    elif files:
        out.print(f"{rows:,} records: {' and '.join(map(str, files))}", soft_wrap=True)
    if files:
        return
    lazy = opened.records(record, where=where, version=version, known_by=day)
    if as_json:
        print_json((lazy if limit is None else lazy.head(limit)).collect().to_dicts())
    else:
        _print(lazy, limit or 20, day)


def purge(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    key: Annotated[str, typer.Argument(help="The record's key, agency/source/id, as `openhalo records` lists it")],
    authority: Annotated[str, typer.Option(help="The order, statute or decision that it rests on")],
    oversight: Annotated[str, typer.Option(help="What oversight decided, where the agency alone may not")] = "",
    as_json: AsJson = False,
) -> None:
    """Take a record out of every version, rejected row and delivery. There is no way back.

    Example: openhalo purge springfield spd/export/17-0042 --authority "Court order 2026-118"
    """
    from openhalo.records.purging import receipt_file

    opened = openhalo.open_site(site)
    warn_of_uncounted(opened)
    with progress() as report:
        done = opened.purge(key, authority=authority, oversight=oversight, report=report)
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    out.print(f"purge {done.purge}: taken out of {len(done.versions)} store version(s)")
    out.print("  figures of these versions can only be recomputed within what was purged: " + _listed(done.versions))
    out.print("  releases to recall: " + _listed(done.releases))
    out.print(f"  receipt: {receipt_file(opened.store, done.purge)}", soft_wrap=True, highlight=False)


def _listed(names: Sequence[object]) -> str:
    return ", ".join(map(str, names)) or "none"


def _print(lazy: "pl.LazyFrame", limit: int, known_by: date | None) -> None:
    import polars as pl

    shown = lazy.head(limit).collect()
    names = [n for n in shown.columns if not n.endswith(("_raw", "_missing", "_precision", "_local", "_date"))]
    names = [n for n in names if n not in ("content_hash", "delivery", "agency", "source")][:_PEOPLE_SEE]
    table = Table(box=None, header_style="bold")
    for name in names:
        table.add_column(name)
    for row in shown.select(names).iter_rows():
        table.add_row(*["" if cell is None else str(cell) for cell in row])
    out.print(table)
    known = f", as known by {known_by}" if known_by else ""
    out.print(f"{shown.height:,} of {lazy.select(pl.len()).collect().item():,} records{known}")


def _must_end(path: Path | None, suffix: str) -> None:
    if path is not None and path.suffix != suffix:
        raise DeliveryError(Problem(str(path), f"the name must end in {suffix}"))
