"""Verbs that bring records in: `template`, `import`, `rejects`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import openhalo
from openhalo.base.errors import DeliveryError, Problem
from openhalo.base.settings_files import SETTINGS
from openhalo.cli.terminal import AsJson, out, print_json, progress, warn_of_uncounted

if TYPE_CHECKING:
    import polars as pl

    from openhalo.intake.receipts import Receipt

_REASONS_SHOWN = 10

PLACE = 20
"""Where its verbs stand in the list of all: as records flow."""


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command()(template)
    app.command("import")(import_)
    app.command("rejects")(rejected)


def template(
    record: Annotated[str, typer.Argument(help="The record type, such as stops/stop")],
    xlsx: Annotated[Path | None, typer.Option(help="Write a spreadsheet with drop-downs here")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the header as csv here")] = None,
    site: Annotated[Path | None, typer.Option(help="A site's folder, for record types of its own")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a spreadsheet to fill in; `openhalo import SITE template:RECORD FILE` reads it back.

    Example: openhalo template stops/stop --xlsx stops.xlsx
    """
    from openhalo.catalogue import index
    from openhalo.intake import template_sheet
    from openhalo.intake.template import ID

    catalogue = openhalo.open_site(site).catalogue if site else index.load()
    definition = catalogue.record_type(record)
    if not (xlsx or csv):
        raise DeliveryError(Problem("template", "no file was named", "--xlsx FILE, --csv FILE"))
    if xlsx:
        template_sheet.write_xlsx(xlsx, definition, catalogue.schema)
    if csv:
        template_sheet.write_csv(csv, definition)
    written = [str(path) for path in (xlsx, csv) if path]
    if as_json:
        print_json({"record": record, "files": written, "columns": [ID, *definition.written]})
        return
    out.print(f"once filled in: openhalo import SITE template:{record} FILE", soft_wrap=True, highlight=False)
    out.print(f"{' and '.join(written)}: {len(definition.fields) + 1} columns", soft_wrap=True, highlight=False)


def import_(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    source: Annotated[str, typer.Argument(help="Source spec: how the file is written; or template:RECORD")],
    file: Annotated[Path, typer.Argument(help="The file: csv, csv.gz, xlsx or parquet")],
    agency: Annotated[str, typer.Option(help="Agency id, where the site holds several")] = "",
    period: Annotated[str, typer.Option(help="Days that the file speaks for: 2017, 2017-Q3, 2016..2018")] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Confirm that many records are to be taken back")
    ] = False,
    mend: Annotated[
        str, typer.Option(help="Delivery whose rejected rows the file brings mended: only add, withdraw nothing")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Take in a file. The receipt says what was read, accepted, rejected and why; nothing is half-written.

    Example: openhalo import springfield template:stops/stop stops.xlsx
    """
    from openhalo.intake import receipts, rejects

    opened = openhalo.open_site(site)
    warn_of_uncounted(opened)
    with progress() as report:
        receipt = opened.import_file(
            source, file, agency=agency, period=period, withdraw=withdraw, mend=mend, report=report
        )
    reasons = rejects.by_reason(receipts.rejected_rows(opened.deliveries, receipt.delivery))
    if as_json:
        print_json({**receipt.model_dump(mode="json"), "reasons": reasons.head(_REASONS_SHOWN).to_dicts()})
        return
    done = "seen before, nothing to do" if receipt.repeated else f"store version {receipt.store_version}"
    read, taken, refused = receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected
    out.print(f"{receipt.file}: {read:,} rows read = {taken:,} accepted + {refused:,} rejected; {done}")
    if not receipt.repeated:
        changes = {"new": "added", "changed": "changed", "as before": "unchanged", "withdrawn": "withdrawn"}
        told = ", ".join(f"{getattr(receipt, f'records_{name}'):,} {word}" for word, name in changes.items())
        out.print(f"  records: {told}")
    for message, count in receipt.flagged.items():
        out.print(f"  worth a look, {count:,} rows: {message}", soft_wrap=True, highlight=False)
    for sentence in receipt.overlaps:
        out.print(f"  overlap: {sentence}; {SETTINGS} says which one counts (authoritative)", soft_wrap=True)
    if receipt.rows_rejected:
        _print_reasons(reasons)
        todo = f"openhalo rejects {site} {receipt.delivery} --xlsx FILE"
        out.print(f"  to mend them in a spreadsheet: {todo}", soft_wrap=True, highlight=False)
    kept = "receipt and rejected rows" if receipt.rows_rejected else "receipt"
    out.print(f"  {kept}: {opened.deliveries / receipt.delivery}", soft_wrap=True, highlight=False)


def rejected(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    delivery: Annotated[str, typer.Argument(help="The delivery; without it, the newest with rejected rows")] = "",
    xlsx: Annotated[Path | None, typer.Option(help="Write the rejected rows as a spreadsheet to mend")] = None,
    as_json: AsJson = False,
) -> None:
    """Show why rows were rejected, and write them as a spreadsheet whose wrong cells say what is wrong.

    Example: openhalo rejects springfield --xlsx to-mend.xlsx
    """
    from openhalo.intake import receipts, rejects

    opened = openhalo.open_site(site)
    receipt = receipts.receipt_of(opened.deliveries, delivery) if delivery else _newest_with_rejects(opened)
    rows = receipts.rejected_rows(opened.deliveries, receipt.delivery)
    reasons = rejects.by_reason(rows)
    if xlsx and not rows.is_empty():
        rejects.write_rejects(xlsx, rows, opened.source(receipt.source, receipt.agency).format)
    if as_json:
        facts = {"delivery": receipt.delivery, "rows_rejected": receipt.rows_rejected, "reasons": reasons.to_dicts()}
        print_json({**facts, "file": str(xlsx) if xlsx and not rows.is_empty() else None})
        return
    out.print(f"delivery {receipt.delivery} ({receipt.file}): {rows.height:,} rows rejected")
    _print_reasons(reasons)
    if xlsx and not rows.is_empty():
        todo = f"openhalo import {site} {receipt.source} {xlsx} --agency {receipt.agency} --mend {receipt.delivery}"
        out.print(f"  {xlsx}: mend the red cells, save, then: {todo}", soft_wrap=True, highlight=False)


def _newest_with_rejects(site: "openhalo.Site") -> "Receipt":
    found = [receipt for receipt in site.receipts() if receipt.rows_rejected]
    if not found:
        raise DeliveryError(Problem(str(site.deliveries), "no delivery has rejected rows"))
    return found[-1]


def _print_reasons(reasons: "pl.DataFrame") -> None:
    for reason, count, first in reasons.head(_REASONS_SHOWN).iter_rows():
        places = ", ".join(f"{row:,}" for row in first)
        more = " …" if count > len(first) else ""
        rows = "row" if count == 1 else "rows"
        out.print(f"  {count:,} {rows}: {reason} (in {places}{more})", soft_wrap=True, highlight=False)
    rest = reasons.height - _REASONS_SHOWN
    if rest > 0:
        out.print(f"  and {rest:,} other reasons")
