"""What changed between two releases: figures that appeared, changed or vanished, and what made it so.

Only what both releases show to everyone is compared, so a comparison tells nothing that its reader does not hold
already. A figure that either release withholds is left out and only counted: its row would say that something changed
just there. A difference between two public totals beside it can be told from the two tables anyway; that it gives no
withheld cell away is for the disclosure check of the later release, which knows the earlier one.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.releases.editions import DEFINITIONS, Facts, read_facts, read_figures
from openhalo.releases.package import DESCRIPTOR, read_descriptor

KEY = ("measure", "group", "code", "group2", "code2", "grain", "period")
SHOWN = ("n", "missing", "numerator", "denominator", "value", "status")
"""What of a figure is compared; intervals follow from these."""
_WHAT = ("appeared", "changed", "vanished")


class Defined(Facts):
    """Of a measure: the hash of what it means, and the record types that it counts."""

    meaning: str
    records: list[str]


class Counted(Facts):
    """Of a record type: the version of its table, and the purges that took records out of it."""

    table_version: int | None = None
    purges: list[str] | None = None


class Definitions(Facts):
    """What of `definitions.json` tells why two releases differ; `verification.definitions` holds all of it."""

    release: str | None = None
    store_version: int | None = None
    authoritative: dict[str, list[str]] | None = None
    visitor_places: dict[str, list[str]] | None = None
    measures: dict[str, Defined] = {}
    records: dict[str, Counted] = {}


class _Disclosure(Facts):
    closed_days: dict[str, str] = {}


class _Descriptor(Facts):
    release: str | None = None
    release_hash: str | None = None
    disclosure: _Disclosure = _Disclosure()


def must_follow(before: Path, after: Path) -> None:
    """Refuse to compare a release with an earlier one.

    Raises:
        ReleaseError: the second was made before the first.
    """
    made = [str(read_descriptor(folder).get("created", "")) for folder in (before, after)]
    if made[1] < made[0]:
        todo = f"name the earlier one first: openhalo diff {after} {before}"
        raise ReleaseError(Problem(str(after), f"it was made before {before}", todo=todo))


def compare(before: Path, after: Path) -> dict[str, Any]:
    """Return what changed from one release to another, as `changes.json` holds it.

    Returns:
        `from`, `to`: release and store version; `counts`: figures by what became of them; `measures`: counts and
        causes (`data`, `definition`, `purge`) by measure; `columns` and `figures`: each figure that is not the same.

    Raises:
        ReleaseError: one of the folders is no release.
    """
    rows = _figures(read_figures(before), read_figures(after))
    protected = set(read_facts(after, DESCRIPTOR, _Descriptor).disclosure.closed_days)
    old, new = (read_facts(folder, DEFINITIONS, Definitions) for folder in (before, after))
    tallied = {what: int((rows["what"] == what).sum()) for what in (*_WHAT, "same", "withheld")}
    moved = rows.filter(pl.col("what").is_in(_WHAT))
    measures = []
    for (measure,), part in moved.group_by("measure", maintain_order=True):
        parts = {what: int((part["what"] == what).sum()) for what in _WHAT}
        measures.append({"measure": measure, **parts, "why": causes(str(measure), old, new, protected)})
    shown = moved.drop("measure").columns
    facts = {"from": _edition(before, old), "to": _edition(after, new), "counts": tallied, "measures": measures}
    return {**facts, "columns": ["measure", *shown], "figures": [list(row) for row in moved.rows()]}


def first_release(number: str) -> dict[str, Any]:
    """Return the changes of a release that has none before it."""
    counts = dict.fromkeys((*_WHAT, "same", "withheld"), 0)
    return {"from": None, "to": {"release": number}, "counts": counts, "measures": [], "columns": [], "figures": []}


def causes(measure: str, before: Definitions, after: Definitions, protected: Collection[str] = ()) -> list[str]:
    """Return why figures of a measure may differ: other records, another definition, a purge.

    A purge of records that are protected counts as other records: its name would say where to subtract.

    Where nothing of these differs, or the measure stands in one release only, what is counted or may be shown was
    decided differently: `definition`; unless its records came only now: `data`.
    """
    old, new = (facts.measures.get(measure) for facts in (before, after))
    if old is None or new is None:
        came = new is not None and any(name not in before.records for name in new.records)
        return ["data"] if came else ["definition"]
    found = []
    nothing = Counted()
    tables = [(before.records.get(name, nothing), after.records.get(name, nothing)) for name in new.records]
    if any(a.table_version != b.table_version for a, b in tables):
        found.append("data")
    decided = [(facts.authoritative, facts.visitor_places) for facts in (before, after)]
    if old.meaning != new.meaning or decided[0] != decided[1]:
        found.append("definition")
    if any(a.purges != b.purges for a, b in tables):
        found.append("purge")
    if {*protected} & {*new.records}:
        return [*dict.fromkeys("data" if one == "purge" else one for one in found)] or ["data"]
    return found or ["definition"]


def _figures(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return every figure of both with `what` became of it, its numbers before and after."""
    old, new = (_keyed(table) for table in (before, after))
    both = old.join(new, on=list(KEY), how="full", nulls_equal=True, coalesce=True, suffix=" after")
    withheld = pl.col("withheld").fill_null(False) | pl.col("withheld after").fill_null(False)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name} after")) for name in SHOWN)
    what = (
        pl.when(withheld)
        .then(pl.lit("withheld"))
        .when(pl.col("withheld").is_null())
        .then(pl.lit("appeared"))
        .when(pl.col("withheld after").is_null())
        .then(pl.lit("vanished"))
        .when(same)
        .then(pl.lit("same"))
        .otherwise(pl.lit("changed"))
    )
    pairs = [
        pl.col(f"{name}{end}").alias(f"{name}_{when}")
        for name in ("days", *SHOWN)
        for end, when in (("", "before"), (" after", "after"))
    ]
    return both.select(*KEY, what.alias("what"), *pairs).sort(KEY)


def _keyed(table: pl.DataFrame) -> pl.DataFrame:
    """Return figures under a key that lasts: the one over all days keeps its place when the days grow."""
    period = pl.when(pl.col("grain") == "all").then(pl.lit("all")).otherwise(pl.col("period"))
    withheld = pl.col("n").is_null() | (pl.col("status") == "withheld")
    return table.select(
        *KEY[:-1], period.alias("period"), pl.col("period").alias("days"), *SHOWN, withheld.alias("withheld")
    )


def _edition(folder: Path, definitions: Definitions) -> dict[str, Any]:
    descriptor = read_facts(folder, DESCRIPTOR, _Descriptor)
    return {
        "release": definitions.release or descriptor.release or folder.name,
        "store_version": definitions.store_version,
        "release_hash": descriptor.release_hash,
    }
