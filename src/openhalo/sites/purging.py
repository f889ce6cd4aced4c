"""Purge: one record out of every store version, rejected row and delivery, on someone's authority.

A journal says what is being purged from before the first byte is touched until the signed receipt is kept: whoever
writes next after a crash finishes it first. The journal is the only place that names the key, and it goes. The last
step but that is a store version that counts the receipt.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from openhalo.base.errors import OpenHaloError, Problem, StoreError
from openhalo.base.kept_files import read_kept
from openhalo.base.progress import Report, silent
from openhalo.base.provenance import hash_file, write_json
from openhalo.base.signing import site_key, site_salt
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.sources import SourceSpec
from openhalo.intake import mapping
from openhalo.intake.receipts import Receipt, receipts, rejected_file, void, withdrawn_file
from openhalo.publications.protection.earlier_releases import still_public
from openhalo.publications.protection.still_read import fields_read
from openhalo.records import purged_counts, purging
from openhalo.records.file_hashes import tell_rewritten
from openhalo.records.identity import digests
from openhalo.records.manifest import PurgesCounted, publish
from openhalo.records.purged_counts import Counted
from openhalo.records.purged_rows import links_to, rows_again
from openhalo.records.purging import Purge
from openhalo.records.staging import Staged
from openhalo.records.writing import table_version
from openhalo.sites.opened_site import OpenedSite
from openhalo.sites.signed_receipts import must_be_counted


class Journal(BaseModel):
    """What is being purged, from before the first byte is touched until the receipt is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    files: dict[str, list[str]]
    """Record type → files of its table, of any version, that name the key."""
    receipt: Purge
    from_version: int
    """The newest store version when the purge began."""
    recount: list[str]
    """Record types whose counts that version has to tell anew."""


def purge(
    opened: OpenedSite,
    key: str,
    authority: str,
    oversight: str = "",
    patience: float = 600.0,
    report: Report = silent,
) -> Purge:
    """Take a record out of everything that the site holds and return the receipt of it.

    Args:
        opened: the site.
        key: the record's key: agency/source/id.
        authority: the order, statute or decision that it rests on.
        oversight: what oversight decided; needed where the record type says so.
        patience: seconds to wait for an import.
        report: called at each step.

    Raises:
        StoreError: no such record, no authority, the store is busy, or receipts of earlier purges are not as counted.
    """
    if not authority.strip():
        raise StoreError(Problem("purge", "nothing is purged without authority", todo="name it: --authority REF"))
    store = opened.store
    with store.writing(patience):
        must_be_counted(opened)
        void(opened.deliveries, store.manifest().version)
        finish(opened, report)
        site_key(opened.layout.keys)  # Without it the receipt could not be signed: nothing is begun then.
        record = _record_type(opened, key)
        if record.purge == "with_oversight" and not oversight.strip():
            found = f"{record.plural} can't be purged by the agency alone"
            raise StoreError(Problem(record.id, found, todo="name what oversight decided: --oversight REF"))
        report("looking for it in every version")
        plan = _plan(opened, key, record, authority, oversight)
        purging.folder(store).mkdir(parents=True, exist_ok=True)
        purged_counts.keep(store, plan.receipt.purge, record, key, _still_read(opened, record, plan.receipt.versions))
        write_json(purging.journal_file(store), plan.model_dump(mode="json"))
        finish(opened, report)
        return purging.purges(store)[-1]


def _still_read(opened: OpenedSite, record: RecordType, versions: Collection[int]) -> dict[int, Counted]:
    """Return what protected figures that are out read of a record type, by store version."""
    try:
        told = still_public(opened.layout.kept_cells, opened.releases)
    except OpenHaloError:
        return {}  # Without what was kept nothing more is published; a purge does not wait for that.
    return {version: read for version in versions if (read := fields_read(told, opened.catalogue, record, version))}


def finish(opened: OpenedSite, report: Report = silent) -> None:
    """Finish a purge that a crash broke off; nothing to do without one. Hold the store's lock."""
    store = opened.store
    if not purging.journal_file(store).exists():
        return
    plan = read_kept(purging.journal_file(store), Journal, "the journal of a purge")
    key, receipt = plan.key, plan.receipt
    try:
        report("taking it out of every version")
        for place in purging.places(opened.catalogue.record_types, receipt.record):
            purging.rewrite(store, place, plan.files.get(place.record.id, []), key)
        later = range(plan.from_version + 1, store.manifest().version + 1)  # published before the crash
        tell_rewritten(store, plan.files, [*receipt.versions, *later])
        _clean_deliveries(opened, key)
    except OSError as error:
        problem = Problem(
            str(error.filename or store.root),
            f"the purge could not be finished: {error.strerror}",
            todo="close whatever reads this file; the next import or purge finishes it",
        )
        raise StoreError(problem) from None
    _recount(opened, plan, purging.keep_receipt(store, receipt, site_key(opened.layout.keys)))
    purging.journal_file(store).unlink()


def silence(staged: Staged, record: RecordType, source: SourceSpec, agency: str, opened: OpenedSite) -> pl.Series:
    """Refuse purged records among the staged rows of an import, and blank links to them.

    Returns:
        The numbers of the rows that brought a purged record: they count as rejected and nothing of them is kept.
    """
    hashes = {(past.record, past.key_hash) for past in purging.purges(opened.store)}
    by_record = {name: [h for n, h in sorted(hashes) if n == name] for name, _ in sorted(hashes)}
    links = {n: f.to for n, f in record.fields.items() if f.to in by_record and n in staged.columns}
    if record.id not in by_record and not links:
        return pl.Series("row", [], pl.Int64)
    salt = site_salt(opened.layout.keys, used_before=True)
    again = rows_again(staged, agency, source.id, bool(source.key), salt, by_record.get(record.id, []))
    changes = [pl.col("refused") | pl.col("staged_place").is_in(again["staged_place"].implode())]
    for name, target in links.items():
        gone = pl.col(name).is_in(links_to(staged, name, salt, by_record[target])["value"].implode())
        changes.append(pl.when(~gone.fill_null(False)).then(pl.col(name)))
        if f"{name}_missing" in staged.columns:
            why = pl.when(gone).then(pl.lit("unknown")).otherwise(pl.col(f"{name}_missing"))
            changes.append(why.alias(f"{name}_missing"))
    for path in staged.folder.rglob("*.parquet"):
        purging.replace_parquet(pl.scan_parquet(path, hive_partitioning=False).with_columns(changes), path)
    return again["row"].unique()


def _plan(opened: OpenedSite, key: str, record: RecordType, authority: str, oversight: str) -> Journal:
    store, record_types = opened.store, opened.catalogue.record_types
    files = {place.record.id: purging.find(store, place, key) for place in purging.places(record_types, record.id)}
    if not any(files.values()) and not _in_deliveries(opened, key):
        raise StoreError(
            Problem(
                "purge",
                f"no version, delivery or rejected row holds '{key}'",
                "agency/source/id, as `openhalo records` lists it",
            )
        )
    touched = sorted({v for table, names in files.items() for v in purging.touched_versions(store, table, names)})
    known = opened.register.entries()
    recall = [one.number for one in known if one.store_version in touched and one.state != "recalled"]
    last = max((int(past.purge) for past in purging.purges(store)), default=0)
    receipt = Purge(
        purge=f"{last + 1:06d}",
        date=date.today().isoformat(),
        authority=authority,
        oversight=oversight,
        record=record.id,
        key_hash=purging.key_hash(site_salt(opened.layout.keys, used_before=last > 0), key),
        versions=touched,
        releases=recall,
    )
    manifest = store.manifest()
    return Journal(
        key=key,
        files=files,
        receipt=receipt,
        from_version=manifest.version,
        recount=[name for name in files if manifest.version in purging.touched_versions(store, name, files[name])],
    )


def _recount(opened: OpenedSite, plan: Journal, receipt: Path) -> None:
    """Publish a version that counts the purge, and its records anew where the newest one rested on the record."""
    store, manifest = opened.store, opened.store.manifest()
    if manifest.version != plan.from_version:
        return
    number = purging.receipt_files(store).index(receipt) + 1
    counted = PurgesCounted(number=number, last=hash_file(receipt)) if manifest.purges or number == 1 else None
    tables = dict(manifest.tables)
    for name in plan.recount:
        record, version = opened.catalogue.record_type(name), tables[name].delta_version
        tables[name] = table_version(store, record, version, {}, manifest)
    changed = {"version": manifest.version + 1, "created": datetime.now(UTC), "tables": tables, "purges": counted}
    publish(store.manifests, manifest.model_copy(update=changed))


def _record_type(opened: OpenedSite, key: str) -> RecordType:
    parts = key.split("/", 2)
    wanted = tuple(parts[:2])
    for receipt in reversed(receipts(opened.deliveries)):
        if (receipt.agency, receipt.source) == wanted and len(parts) == 3:
            return opened.catalogue.record_type(receipt.record)
    found = f"'{key}' is no key of a record that was delivered here"
    raise StoreError(Problem("purge", found, "agency/source/id, as `openhalo records` lists it"))


def _in_deliveries(opened: OpenedSite, key: str) -> bool:
    return any(
        not kept.equals(before)
        for receipt in receipts(opened.deliveries)
        for path, before, kept in _delivery_files(opened, receipt, key)
    )


def _clean_deliveries(opened: OpenedSite, key: str) -> None:
    for receipt in receipts(opened.deliveries):
        for path, before, kept in _delivery_files(opened, receipt, key):
            if kept.is_empty():
                path.unlink()
            elif not kept.equals(before):
                purging.replace_parquet(kept.lazy(), path)


def _delivery_files(opened: OpenedSite, receipt: Receipt, key: str) -> list[tuple[Path, pl.DataFrame, pl.DataFrame]]:
    """Return the files of a delivery with their rows, and those rows without what names the key."""
    agency, source, identity = key.split("/", 2)
    if receipt.agency != agency:
        return []
    found, own = [], receipt.source == source
    withdrawn = withdrawn_file(opened.deliveries, receipt.delivery)
    if own and withdrawn.exists():
        rows = pl.read_parquet(withdrawn)
        found.append((withdrawn, rows, rows.filter(pl.col("record_key") != key)))
    rejected = rejected_file(opened.deliveries, receipt.delivery)
    if rejected.exists():
        rows = pl.read_parquet(rejected)
        kept = _without(rows, opened, receipt, identity) if own else rows
        found.append((rejected, rows, _unlinked(kept, opened, receipt, source, identity)))
    return found


def _unlinked(rows: pl.DataFrame, opened: OpenedSite, receipt: Receipt, target: str, identity: str) -> pl.DataFrame:
    """Return rejected rows without the cells that link to the record, and without its id in their reasons."""
    source = opened.catalogue.sources.get(receipt.source)
    if source is None:
        return rows
    fields = opened.catalogue.record_type(receipt.record).fields
    links = {
        mapping.column
        for (*_, name), mapping in source.mappings()
        if name in fields and fields[name].type == "link" and (mapping.target or source.id) == target
    } & {*rows.columns}
    if not links:
        return rows
    cells = [pl.when(pl.col(name) != identity).then(pl.col(name)) for name in sorted(links)]
    named = pl.element().struct.field("column").is_in(sorted(links)) & (pl.element().struct.field("found") == identity)
    reasons = pl.element().struct.with_fields(
        found=pl.when(named).then(pl.lit("")).otherwise(pl.field("found")),
        reason=pl.when(named)
        .then(pl.field("reason").str.replace_all(identity, "…", literal=True))
        .otherwise(pl.field("reason")),
    )
    return rows.with_columns(*cells, pl.col("reasons").list.eval(reasons))


def _without(rows: pl.DataFrame, opened: OpenedSite, receipt: Receipt, identity: str) -> pl.DataFrame:
    """Return rejected rows that are not the record's own; none where that can no longer be told."""
    source = opened.catalogue.sources.get(receipt.source)
    if source is None or not {*source.columns()} <= {*rows.columns}:
        return rows.clear()
    record = opened.catalogue.record_type(receipt.record)
    cells = rows.drop("reasons").lazy()
    mapped = mapping.map_rows(cells, source, record, opened.catalogue.schema, receipt.agency).frame
    named = mapped.select("row", "source_id").collect()
    if source.key:
        hit = named.filter(pl.col("source_id") == identity)["row"]
    else:
        digest = identity.rpartition("-")[0]
        hashed = digests(named)
        hit = hashed.filter(pl.col("digest") == digest)["row"]
    # A line that does not have the right number of cells is kept as it was written.
    lines = rows.select("row", "reasons").explode("reasons").unnest("reasons").filter(pl.col("field") == "row")
    stem = identity.rpartition("#")[0] if source.repeat else identity
    parts = stem.split("|") if source.key else []
    cut = pl.col("found").str.split(source.format.delimiter).list.eval(pl.element().str.strip_chars(' "'))
    torn = lines.filter(pl.all_horizontal([cut.list.contains(part) for part in parts]))["row"] if parts else hit
    return rows.filter(~pl.col("row").is_in(pl.concat([hit, torn]).unique().implode()))
