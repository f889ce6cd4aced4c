"""The receipt of a delivery: what came in, what was taken, what was not and why."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, computed_field

from openhalo.base.errors import DeliveryError, Problem, name_all
from openhalo.base.kept_files import read_kept
from openhalo.base.provenance import write_json

SCRATCH = ".import-"
"""Prefix of the folders in which an import works."""
_REASON = pl.Struct(dict.fromkeys(("field", "column", "found", "reason"), pl.String()))
_NO_REJECTS = pl.Schema({"row": pl.Int64(), "reasons": pl.List(_REASON)})


class Receipt(BaseModel):
    """One delivery. Always: rows read = rows accepted + rows rejected."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    delivery: str
    file: str
    sha256: str
    agency: str
    source: str
    source_version: int
    spec_hash: str
    """Hash of the source spec, the record type and its vocabularies, under which the file was read."""
    record: str
    unit: str
    period: str = ""
    received: datetime
    rows_read: int
    rows_rejected: int
    records_added: int
    records_changed: int
    records_unchanged: int
    records_withdrawn: int
    supersedes: list[str] = []
    mends: str = ""
    """The delivery whose rejected rows this one brings mended; it only adds."""
    store_version: int
    """The store version that holds what this delivery brought."""
    flagged: dict[str, int] = {}
    """Message of each rule of severity `flag` → accepted rows that break it and are worth a look."""
    overlaps: list[str] = []
    """Where another source of the agency holds records of the same days, one sentence each."""
    repeated: bool = False
    """The very same file came again: nothing was done."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows_accepted(self) -> int:
        """Return the rows that became records."""
        return self.rows_read - self.rows_rejected


def write_delivery(
    folder: Path, receipt: Receipt, rejected: pl.DataFrame, withdrawn: pl.DataFrame, scratch: Path
) -> None:
    """Keep a delivery's rejected rows, withdrawals and receipt, all at once: made in `scratch`, moved into place."""
    place = scratch / receipt.delivery
    place.mkdir()
    if not rejected.is_empty():
        rejected.write_parquet(rejected_file(scratch, receipt.delivery))
    if not withdrawn.is_empty():
        withdrawn.write_parquet(withdrawn_file(scratch, receipt.delivery))
    write_receipt(place.parent, receipt)
    place.rename(folder / receipt.delivery)


def write_receipt(folder: Path, receipt: Receipt) -> None:
    """Write the receipt of a delivery whose folder is there."""
    write_json(folder / receipt.delivery / "receipt.json", receipt.model_dump(mode="json"))


def rejected_file(folder: Path, delivery: str) -> Path:
    """Return the file of a delivery's rejected rows; it is there only where there are some."""
    return folder / delivery / "rejected.parquet"


def withdrawn_file(folder: Path, delivery: str) -> Path:
    """Return the file of the records that a delivery took back; it is there only where there are some."""
    return folder / delivery / "withdrawn.parquet"


def next_delivery(folder: Path) -> str:
    """Return the number of the next delivery: one that no folder has yet. The caller holds the store's lock."""
    number = max((int(receipt.delivery) for receipt in receipts(folder)), default=0) + 1
    while (folder / f"{number:06d}").exists():
        number += 1
    return f"{number:06d}"


def receipts(folder: Path) -> list[Receipt]:
    """Return all receipts in the order of delivery.

    Raises:
        StoreError: one is damaged.
    """
    return [read_kept(path, Receipt, "the receipt") for path in sorted(folder.glob("[0-9]*/receipt.json"))]


def receipt_of(folder: Path, delivery: str) -> Receipt:
    """Return the receipt of one delivery.

    Raises:
        DeliveryError: there is no such delivery.
    """
    found = {receipt.delivery: receipt for receipt in receipts(folder)}
    if delivery not in found:
        allowed = name_all(found) or "none yet"
        raise DeliveryError(Problem(str(folder), f"there is no delivery '{delivery}'", allowed))
    return found[delivery]


def rejected_rows(folder: Path, delivery: str) -> pl.DataFrame:
    """Return a delivery's rejected rows: `row`, `reasons` (structs of field, column, found, reason), and the cells.

    Raises:
        DeliveryError: there is no such delivery.
    """
    receipt_of(folder, delivery)
    path = rejected_file(folder, delivery)
    return pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=_NO_REJECTS)


def void(folder: Path, newest_version: int) -> None:
    """Remove what a killed import left: scratch, and deliveries whose store version never came.

    The caller holds the store's lock, so no living import owns any of it. Whatever else a person keeps in the folder
    stays.
    """
    for receipt in receipts(folder):
        if receipt.store_version > newest_version:
            (folder / receipt.delivery).rename(folder / f"{SCRATCH}{receipt.delivery}")
    for scratch in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(scratch)
