"""Verbs that bring records in: `import`."""

from pathlib import Path
from typing import Annotated

import typer

from openhalo.cli.terminal import AsJson, out, print_json, progress
from openhalo.sites.open_site import open_site


def register(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("import")(import_)


def import_(
    site: Annotated[Path, typer.Argument(help="The site's folder")],
    source: Annotated[str, typer.Argument(help="Source spec: how the file is written")],
    file: Annotated[Path, typer.Argument(help="The file: csv, csv.gz, xlsx or parquet")],
    agency: Annotated[str, typer.Option(help="Agency id, where the site holds several")] = "",
    period: Annotated[str, typer.Option(help="Days that the file speaks for: 2017, 2017-Q3, 2016..2018")] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Confirm that many records are to be taken back")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take in a file. The receipt says what was read, accepted, rejected and why; nothing is half-written."""
    with progress() as report:
        receipt = open_site(site).import_file(
            source, file, agency=agency, period=period, withdraw=withdraw, report=report
        )
    if as_json:
        print_json(receipt.model_dump(mode="json"))
        return
    done = "seen before, nothing to do" if receipt.repeated else f"store version {receipt.store_version}"
    read, taken, refused = receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected
    out.print(f"[bold]{receipt.file}[/bold]: {read:,} rows read = {taken:,} accepted + {refused:,} rejected; {done}")
    changes = {"new": "added", "changed": "changed", "as before": "unchanged", "withdrawn": "withdrawn"}
    told = ", ".join(f"{getattr(receipt, f'records_{name}'):,} {word}" for word, name in changes.items())
    out.print(f"  records: {told}")
    for sentence in open_site(site).overlaps(receipt.record):
        out.print(f"  overlap: {sentence}; agency.yaml says which one counts (authoritative)", soft_wrap=True)
