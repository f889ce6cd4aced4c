"""One delivery: a file becomes records, or is rejected with its reasons. Nothing is half-written.

Order matters for a process that may be killed at any point: rejected rows and receipt first (moved into place at
once), then the table's commit, then the manifest. A receipt that names a store version that was never published is
void. What the new version shows (overlaps) is added to the receipt last.
"""

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from openhalo.base.errors import DeliveryError, Problem, SiteError, name_all
from openhalo.base.periods import Period
from openhalo.base.private_folders import private_folder
from openhalo.base.progress import Report, silent
from openhalo.base.provenance import hash_facts
from openhalo.base.settings_files import SETTINGS
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.sources import SourceSpec
from openhalo.intake import faults, mapping, readers
from openhalo.intake.receipts import SCRATCH, Receipt, next_delivery, void, write_delivery, write_receipt
from openhalo.intake.receipts import receipts as read_receipts
from openhalo.records import changes, validation, writing
from openhalo.records.counting import describe
from openhalo.records.manifest import Manifest, TableVersion, publish
from openhalo.records.purging import counted
from openhalo.records.staging import Staged, stage
from openhalo.sites.opened_site import OpenedSite
from openhalo.sites.purging import finish, silence
from openhalo.sites.signed_receipts import must_be_counted

LARGE_WITHDRAWAL = 0.2
"""A delivery that takes back more than this share of what it speaks for must say that it means to."""


@dataclass(frozen=True)
class Delivery:
    """What is to be imported, and how."""

    file: Path
    source: SourceSpec
    record: RecordType
    agency: str
    period: Period | None = None
    withdraw: bool = False
    """The sender confirms a large withdrawal."""
    mend: str = ""
    """The delivery whose rejected rows the file brings mended."""
    patience: float = 600.0
    """Seconds to wait for another import."""


def import_file(delivery: Delivery, opened: OpenedSite, report: Report = silent) -> Receipt:
    """Take in one file and return its receipt. The same file under the same spec changes nothing.

    Raises:
        DeliveryError: the file cannot be read, or would take back much of the store unconfirmed.
        StoreError: another import holds the store, or receipts of purges are not as counted.
    """
    agencies = opened.settings.agencies
    if delivery.agency not in agencies:
        raise SiteError(Problem(SETTINGS, f"there is no agency '{delivery.agency}'", name_all(agencies)))
    folder, store = opened.deliveries, opened.store
    private_folder(folder)
    with store.writing(delivery.patience):
        must_be_counted(opened)
        void(folder, store.manifest().version)
        finish(opened, report)
        # A file that the reader still holds open cannot be removed on Windows; the next import removes it.
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder, ignore_cleanup_errors=True) as scratch:
            return _import(delivery, opened, Path(scratch), report)


def _import(delivery: Delivery, opened: OpenedSite, scratch: Path, report: Report) -> Receipt:
    folder, store, catalogue = opened.deliveries, opened.store, opened.catalogue
    source, record, manifest = delivery.source, delivery.record, store.manifest()
    earlier = [r for r in read_receipts(folder) if (r.agency, r.source) == (delivery.agency, source.id)]
    if delivery.mend and delivery.mend not in [r.delivery for r in earlier]:
        found = f"no delivery '{delivery.mend}' of source {source.id} came before, so none of its rows can be mended"
        raise DeliveryError(Problem("mend", found, name_all(r.delivery for r in earlier)))
    report(f"reading {delivery.file.name}")
    raw = readers.read(delivery.file, source.format, source.columns(), scratch)
    spec_hash = _read_under(source, record, catalogue)
    if earlier and (earlier[-1].sha256, earlier[-1].spec_hash, earlier[-1].period) == (
        raw.sha256,
        spec_hash,
        _named(delivery.period),
    ):
        return earlier[-1].model_copy(update={"repeated": True})
    report("mapping and checking rows")
    mapped = mapping.map_rows(raw.cells, source, record, catalogue.schema, delivery.agency)
    all_faults = [
        *mapped.faults,
        *validation.faults(record, catalogue.schema, {p[-1]: m.column for p, m in source.mappings()}, date.today()),
    ]
    staged = stage(mapped, all_faults, record, max(len(source.repeat), 1), scratch / "staged")
    purged = silence(staged, record, source, delivery.agency, opened)
    arrival = changes.Arrival(
        delivery=next_delivery(folder),
        agency=delivery.agency,
        source=source,
        record=record,
        staged=staged,
        period=delivery.period,
        supersedes=[r.delivery for r in earlier if r.sha256 == raw.sha256],
        mends=bool(delivery.mend),
        mended_by=[r.delivery for r in earlier if delivery.mend and r.mends == delivery.mend],
    )
    report("comparing with the store")
    files = store.files(manifest, record.id)
    comparison, repeated = changes.compare(arrival, files)
    rejected = _rejected(staged, _nameless(raw, source), repeated, purged)
    flags = validation.flagged(record, catalogue.schema, staged)
    receipt = _receipt(delivery, arrival, raw, spec_hash, rejected, comparison, flags, manifest)
    _refuse_surprise(delivery, comparison, receipt)
    write_delivery(folder, receipt, rejected, comparison.withdrawn, scratch)
    if comparison.touched:
        report(f"writing {len(comparison.touched)} partition(s)")
        table = writing.write(arrival, comparison, files, store, manifest)
        purges = counted(store, manifest)
        manifest = _next(manifest, record.id, table, receipt, catalogue).model_copy(update={"purges": purges})
        publish(store.manifests, manifest)
    overlaps = [describe(*pair) for pair in manifest.overlaps(record.id)]
    if overlaps:
        receipt = receipt.model_copy(update={"overlaps": overlaps})
        write_receipt(folder, receipt)
    return receipt


def _read_under(source: SourceSpec, record: RecordType, catalogue: Catalogue) -> str:
    """Return the hash of all definitions that say how a file of the source is read."""
    lists = {spec.vocabulary for spec in record.fields.values() if spec.vocabulary}
    specs = [source, record, *(catalogue.vocabularies[name] for name in sorted(lists))]
    return hash_facts([spec.model_dump(mode="json") for spec in specs])


def _receipt(
    delivery: Delivery,
    arrival: changes.Arrival,
    raw: readers.RawTable,
    spec_hash: str,
    rejected: pl.DataFrame,
    comparison: changes.Comparison,
    flags: dict[str, int],
    manifest: Manifest,
) -> Receipt:
    """Return what came in with a delivery, and the store version that it makes."""
    return Receipt(
        delivery=arrival.delivery,
        file=delivery.file.name,
        sha256=raw.sha256,
        agency=delivery.agency,
        source=arrival.source.id,
        source_version=arrival.source.version,
        spec_hash=spec_hash,
        record=arrival.record.id,
        unit=arrival.source.unit,
        period=_named(delivery.period),
        received=datetime.now(UTC),
        rows_read=arrival.staged.rows + len(raw.ragged),
        rows_rejected=rejected["row"].n_unique(),
        records_added=comparison.added,
        records_changed=comparison.changed,
        records_unchanged=comparison.unchanged,
        records_withdrawn=comparison.withdrawn.height,
        flagged=flags,
        supersedes=list(arrival.supersedes),
        mends=delivery.mend,
        store_version=manifest.version + (1 if comparison.touched else 0),
    )


def _rejected(staged: Staged, raw: readers.RawTable, repeated: pl.DataFrame, purged: pl.Series) -> pl.DataFrame:
    bad = staged.refused().filter(~pl.col("row").is_in(purged.implode()))
    rows = pl.concat([bad["row"], repeated["row"]]).unique()
    rows = rows.filter(~rows.is_in(purged.implode()))
    cells = (
        raw.cells.filter(pl.col("row").is_in(rows.implode())).collect() if rows.len() else raw.cells.head(0).collect()
    )
    why = faults.reasons(bad, cells, staged.faults)
    taken_out = purged.to_frame("row").with_columns(reason=pl.lit("key: this record was purged; nothing of it is kept"))
    more = pl.concat([repeated, taken_out]).select(
        "row", pl.lit("key").alias("field"), pl.lit("").alias("column"), pl.lit("").alias("found"), "reason"
    )
    ragged = pl.DataFrame(
        [
            (row, "row", "", line, f"row: the line does not have {len(raw.columns)} cells")
            for row, line in raw.ragged.items()
        ],
        schema=faults.REASON_SCHEMA,
        orient="row",
    )
    grouped = (
        pl.concat([why, more, ragged])
        .group_by("row")
        .agg(pl.struct("field", "column", "found", "reason").alias("reasons"))
    )
    return grouped.join(cells, on="row", how="left").sort("row")


def _nameless(raw: readers.RawTable, source: SourceSpec) -> readers.RawTable:
    """Return the file without people's last names, so that no rejected row keeps one; nor a line that is torn."""
    if not source.names:
        return raw
    cells = raw.cells.with_columns(pl.lit(None, pl.String).alias(name) for name in sorted(source.names))
    return replace(raw, cells=cells, ragged=dict.fromkeys(raw.ragged, ""))


def _refuse_surprise(delivery: Delivery, comparison: changes.Comparison, receipt: Receipt) -> None:
    gone = comparison.withdrawn.height
    # A file read anew under a mended spec may bring every record under a new key; only a loss is a surprise.
    lost = gone - comparison.added if receipt.supersedes else gone
    if delivery.withdraw or lost <= LARGE_WITHDRAWAL * comparison.in_scope:
        return
    found = f"the file would take back {gone:,} of the {comparison.in_scope:,} records that it speaks for"
    todo = (
        "if the file is complete and these records are to go, import it again with --withdraw; "
        "if it holds only mended rows of an earlier delivery, with --mend DELIVERY"
    )
    raise DeliveryError(Problem(str(delivery.file), found, f"up to {LARGE_WITHDRAWAL:.0%} without asking", todo))


def _next(manifest: Manifest, record: str, table: TableVersion, receipt: Receipt, catalogue: Catalogue) -> Manifest:
    return Manifest(
        version=receipt.store_version,
        created=receipt.received,
        catalogue=catalogue.hash,
        tables={**manifest.tables, record: table},
        deliveries=[*manifest.deliveries, receipt.delivery],
    )


def _named(period: Period | None) -> str:
    return str(period) if period else ""
