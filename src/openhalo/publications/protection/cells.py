"""The cells that a release's figures rest on: counted by one query a table, with the people and officers in each.

What is counted is always the records of a type, and every condition of a measure is a dimension: what a count looks
for, the yes, no and "does not say" of a share. So a share, its denominator and the count of its numerator are cells of
one lattice, and so are two counts over the same records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Grain, Period
from openhalo.base.provenance import hash_facts
from openhalo.base.settings_files import POLICY
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.disclosure.lattice import ALL, UNKNOWN, CountTable, cell_keys, count_table, in_every_cell
from openhalo.publications.declared_fields import counted
from openhalo.publications.protection.closed_periods import Calendar, periods

YES, NO = "yes", "no"
DAY, UNIT = "_day", "_unit:"
"""Columns of rows: the day of a record, and who stands behind it."""
KEY, MOVED = "_key", "_moved"
"""Columns of changed rows: the record's key, and whether it is so now (1) or was before (−1)."""


@dataclass(frozen=True)
class Counted:
    """Records of one type, by fields and by whether conditions hold: the cells of one side of a table."""

    record: str
    fields: tuple[str, ...]
    where: tuple[str, ...] = ()
    """Conditions that a count looks for."""
    says: tuple[str, ...] = ()
    """Conditions of which a share tells whether they hold, do not, or are not recorded."""
    grain: Grain = "all"
    roles: tuple[dict[str, str], ...] = ({},)
    """Which cells a figure shows: code of each condition's dimension."""
    groups: dict[str, str] = field(default_factory=dict)
    """Group of the figures → field of these records."""

    @property
    def dims(self) -> tuple[str, ...]:
        """Return the dimensions besides the period."""
        return (*self.fields, *map(dimension, (*self.where, *self.says)))

    def keys(self, figures: pl.DataFrame, days: Period) -> list[pl.Series]:
        """Return, for each role, the cell that each figure shows; a cell calls its period by its days."""
        called = {name: str(period) for name, period in periods(self.grain, days)}
        period = pl.lit(str(days)) if self.grain == "all" else pl.col("period").replace(called)
        groups = [as_named(pl.col(ours).alias(theirs)) for ours, theirs in self.groups.items()]
        found = []
        for role in self.roles:
            fixed = [pl.lit(code).alias(name) for name, code in role.items()]
            frame = figures.select(*groups, *fixed, period.alias("period"))
            found.append(frame.select(cell_keys(self.record, frame.columns).alias("key"))["key"])
        return found


def dimension(condition: str) -> str:
    """Return the name of the dimension that a condition makes."""
    return f"if:{hash_facts([condition])[:12]}"


def in_words(key: str, sides: Iterable[Counted]) -> str:
    """Return the name of a cell with the conditions of these sides as they are written.

    >>> in_words("stops/stop|period=2021-01-01..2021-12-31|race=B", [])
    'stops/stop, period: 2021-01-01..2021-12-31, race: B'
    """
    texts = {dimension(text): text for side in sides for text in (*side.where, *side.says)}
    record, *parts = key.split("|")
    named = (part.rpartition("=") for part in parts)
    return ", ".join([record, *(f"{texts.get(dim, dim)}: {code}" for dim, _sign, code in named)])


def sides(spec: MeasureSpec, by: Sequence[str], grain: Grain, catalogue: Catalogue) -> list[Counted]:
    """Return what the figures of a table are made from: the records counted and, of a rate, those counted against.

    Raises:
        ReleaseError: figures of this kind are not protected.
    """
    base = counted(spec, catalogue)
    groups = list(dict.fromkeys([*([spec.across] if spec.across else []), *by]))
    problems = list(_unprotected(spec, base, groups, catalogue))
    if problems:
        raise ReleaseError(problems)
    where = (base.where,) if base.where else ()
    held = {dimension(text): YES for text in where}
    says: tuple[str, ...] = ()
    if base.traits.of_told:
        says = (base.numerator or f"not missing({base.value})",)
    shown = [held, *({**held, dimension(text): code} for text in says for code in (YES, NO, UNKNOWN))]
    ours = dict(zip(groups, groups, strict=True))
    found = [Counted(base.record, tuple(groups), where, says, grain, tuple(shown), ours)]
    if base.per is not None and not base.per.sum:
        theirs = {name: base.per.groups[name] for name in groups}
        where = (base.per.where,) if base.per.where else ()
        role = {dimension(text): YES for text in where}
        found.append(Counted(base.per.record, tuple(theirs.values()), where, (), grain, (role,), theirs))
    return found


def _unprotected(
    spec: MeasureSpec, base: MeasureSpec, groups: Sequence[str], catalogue: Catalogue
) -> Iterable[Problem]:
    where = f"{POLICY}: {spec.id}"
    per = base.per
    if per is not None and (per.place or per.codes or per.slices):
        todo = "declare the count instead, or a rate over other records"
        yield Problem(where, "rates against residents are not protected against disclosure yet", todo=todo)
    if base.traits.unprotected:
        yield Problem(where, base.traits.unprotected, todo="declare the count instead")
    for record in [base.record, *([per.record] if per else [])]:
        if catalogue.record_type(record).follows:
            found = f"records dated by another record ({record}) are not protected against disclosure yet"
            yield Problem(where, found, todo="leave the table out")
    for name in groups:
        followed = catalogue.schema.follow(base.record, name)
        if followed and followed[1].type == "codes":
            todo = "declare a table by a field with one code a record"
            yield Problem(where, f"'{name}' can hold several codes, so its groups do not add up", todo=todo)


def count_cells(rows: pl.DataFrame, side: Counted, times: Calendar, codes: Mapping[str, Sequence[str]]) -> CountTable:
    """Return the cells of one side of a table, with how many of each protection unit they hold.

    Args:
        rows: records, as `CellRows` reads them.
        side: what is counted.
        times: pieces of time; days before or after them are left out.
        codes: dimension → codes that have a cell whether or not a record has them.
    """
    within = timed(rows, times)
    # Where no source says who, an officer cannot be found either; then each record stands for itself.
    units = {name.removeprefix(UNIT): name for name in rows.columns if name.startswith(UNIT)}
    said = {unit: column for unit, column in units.items() if rows[column].null_count() < len(rows)}
    table = count_table(within, side.record, [*side.dims, "period"], said, {"period": times.rollups}, ["period"])
    return replace(table, codes=codes)


def movers(rows: pl.DataFrame, side: Counted, times: Calendar) -> pl.DataFrame:
    """Return `key`, `n`: by how much a cell grew, and for each protection unit how many stand behind that.

    A record that was changed and lies in the cell before and after makes no difference there.

    Args:
        rows: changed records, as `CellRows.changed` reads them.
        side: what is counted.
        times: pieces of time.
    """
    dims = [*side.dims, "period"]
    units = {name.removeprefix(UNIT): name for name in rows.columns if name.startswith(UNIT)}
    cells = in_every_cell(timed(rows, times), dims, {"period": times.rollups}, ["period"])
    net = cells.with_columns(pl.col(MOVED).sum().over([*dims, KEY]).alias("_net")).filter(pl.col("_net") != 0)
    behind = [pl.col(column).n_unique().alias(unit) for unit, column in units.items()]
    stood = net.group_by(dims).agg(pl.col(MOVED).sum().cast(pl.Int64).alias("n"), *behind).collect()
    return stood.select(cell_keys(side.record, dims).alias("key"), "n", *units)


def timed(rows: pl.DataFrame, times: Calendar) -> pl.DataFrame:
    """Return the rows that lie in a piece of time, with its code as `period`."""
    pieces = pl.DataFrame(
        {
            DAY: [piece.first for piece in times.pieces.values()],
            "_last": [piece.last for piece in times.pieces.values()],
            "period": list(times.pieces),
        },
        schema={DAY: pl.Date, "_last": pl.Date, "period": pl.String},
    ).sort(DAY)
    return rows.sort(DAY).join_asof(pieces, on=DAY).filter(pl.col(DAY) <= pl.col("_last"))


def as_told(codes: pl.Series) -> list[str | None]:
    """Return groups as figures have them, given how they stand in the names of cells; margins are no groups."""
    found = codes.filter(codes != ALL).unique(maintain_order=True)
    text = found.replace({written: sign for sign, written in _ALONE.items()})
    for sign, written in reversed(_WRITTEN):
        text = text.str.replace_all(written, sign, literal=True)
    return [None if at == UNKNOWN else code for at, code in zip(found, text, strict=True)]


_WRITTEN = (("%", "%25"), ("|", "%7C"), ("=", "%3D"))
_ALONE = {ALL: "%2A", UNKNOWN: "%3F"}
"""Codes of records that are, alone, what a margin or an unknown group is called."""


def as_named(code: pl.Expr) -> pl.Expr:
    """Return a group's code as it stands in the name of a cell, where `|`, `=`, `*` and `?` mean something."""
    text = code.cast(pl.String)
    for sign, written in _WRITTEN:
        text = text.str.replace_all(sign, written, literal=True)
    return text.replace(_ALONE).fill_null(UNKNOWN)
