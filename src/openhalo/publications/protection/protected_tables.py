"""The tables of a release as cells, and which of these are withheld, before a figure is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from openhalo.base.errors import ReleaseError
from openhalo.base.periods import Period
from openhalo.disclosure.lattice import UNKNOWN, CountTable, Lattice
from openhalo.disclosure.suppression import Protected, withhold_together
from openhalo.publications.protection.cells import as_told, in_words
from openhalo.publications.protection.closed_periods import periods
from openhalo.publications.protection.earlier_releases import Stretches, TableName
from openhalo.publications.protection.joint_lattice import joint_cells
from openhalo.publications.protection.late_changes import LateChanges, Table
from openhalo.publications.protection.listed_codes import listed_codes
from openhalo.publications.protection.masking import WITHHELD, Limits
from openhalo.publications.protection.small_cells import many_enough, rule_for, secrets


@dataclass(frozen=True)
class Outline:
    """A table without its numbers: which rows it has, and which cells they show."""

    table: Table
    periods: list[tuple[str, Period]]
    """Its periods, as figures call them; none where no period of its grain is whole."""
    groups: dict[str, list[str | None]]
    """Group → codes that have a row."""
    limits: Limits
    empty: bool
    """Whether cells that count nobody are told."""

    @property
    def rows(self) -> pl.DataFrame:
        """Return the period and the groups of each row."""
        found = pl.DataFrame({"period": [name for name, _days in self.periods]}, schema={"period": pl.String})
        for name, codes in self.groups.items():
            found = found.join(pl.DataFrame({name: codes}, schema={name: pl.String}), how="cross")
        return found

    def keys(self, figures: pl.DataFrame) -> list[tuple[dict[str, str], pl.Series]]:
        """Return the cells that figures of this table rest on: for each role, the cell of each row."""
        found = []
        for side in self.table.sides:
            groups = {ours: theirs for ours, theirs in side.groups.items() if ours in figures.columns}
            told = replace(side, groups=groups).keys(figures, self.table.days)
            found += list(zip(side.roles, told, strict=True))
        return found

    def marks(self, figures: pl.DataFrame, cells: pl.DataFrame) -> pl.Series:
        """Return which figures rest on a withheld cell, or on one of a code that nobody has, unless these are told.

        That no record leaves a field blank is no secret.
        """
        groups = [name for name in self.groups if name in figures.columns]
        absent = pl.all_horizontal(pl.lit(not self.empty), *(pl.col(name).is_not_null() for name in groups))
        nobody = figures.with_columns(absent.alias("_absent"))["_absent"]
        found = pl.repeat(False, figures.height, dtype=pl.Boolean, eager=True)
        for role, keys in self.keys(figures):
            looked = keys.to_frame("key").join(cells, on="key", how="left", maintain_order="left")
            found = found | looked[WITHHELD].fill_null(nobody & (UNKNOWN not in role.values()))
        return found

    def tells(self, cells: pl.DataFrame) -> bool:
        """Return whether it tells of any record at all."""
        rows = self.rows
        keys = self.keys(rows)[0][1].to_frame("key")
        counts = keys.join(cells, on="key", how="left", maintain_order="left")["n"].fill_null(0)
        return bool((~self.marks(rows, cells) & (counts > 0)).any())


@dataclass(frozen=True)
class State:
    """The tables that count one state of the records, and what of their cells may be told."""

    stretches: Stretches
    outlines: list[Outline]
    protected: Protected


def protect_tables(late: LateChanges) -> tuple[LateChanges, list[State]]:
    """Return what of all tables may be told together; a table that tells nothing gives way to one over all years.

    Raises:
        ReleaseError: a table gives records away whatever is withheld, or the attack takes longer than its budget.
    """
    told = [part for kept in late.earlier for part in kept.parts]
    while True:
        try:
            states = protected(late, late.views(), told)
        except ReleaseError:
            if not late.earlier or late.policy.corrections == "at_once":
                raise
            states = protected(late, late.views(all_wait=True), told)
        tables = _pooled(late.tables, states)
        if tables == late.tables:
            return late, states
        late = late.over(tables)


def protected(
    late: LateChanges,
    views: Mapping[Stretches, list[Table]],
    known: Sequence[Protected],
    least: Mapping[Stretches, Protected] | None = None,
) -> list[State]:
    """Return the tables, and what of their cells may be told beside all that is known already.

    Args:
        late: counts the tables.
        views: the tables by the state of the records that each counts.
        known: what was told before, oldest first.
        least: the same cells, of which at least those are withheld that are withheld here.

    Raises:
        ReleaseError: a secret is given away whatever is withheld, or the attack takes longer than its budget.
    """
    outlines, parts = [], []
    waiting = [*late.crosses]
    for stretches, tables in views.items():
        cells = [late.cells(table, stretches) for table in tables]
        made = [_outline(table, counts, late) for table, counts in zip(tables, cells, strict=True)]
        dims = {(side.record, dim) for table in tables for side in table.sides for dim in side.dims}
        here = [one for one in waiting if {(one.side.record, dim) for pair in one.pairs for dim in pair} & dims]
        waiting = [one for one in waiting if one not in here]
        joint = [table for one in here if (table := late.cross_cells(one, stretches)) is not None]
        lattice = Lattice.of([*(one for counts in cells for one in counts), *joint])
        shown = [keys for one in made if one.periods for _role, keys in one.keys(one.rows)]
        published = lattice.cells["key"].is_in(pl.concat(shown).unique().implode() if shown else []).to_numpy()
        rule = rule_for(late.policy, lattice)
        secret = secrets(lattice, rule)
        withheld = secret | least[stretches].withheld if least else secret
        parts.append(Protected(lattice, secret, withheld, rule, published))
        outlines.append(made)
    try:
        safe = withhold_together(parts, known, joint_cells(late, views))
    except ReleaseError as error:
        counted = [cross.side for cross in late.joints] + [one for table in late.tables for one in table.sides]
        raise ReleaseError([replace(one, where=in_words(one.where, counted)) for one in error.problems]) from None
    return [
        State(stretches, made, _as_shown(part, made))
        for stretches, made, part in zip(views, outlines, safe, strict=True)
    ]


def _as_shown(part: Protected, outlines: Sequence[Outline]) -> Protected:
    """Return a part in which a cell that stands in withheld rows only is not told: a share hides its count, too."""
    cells = part.cells()
    listed = [one for one in outlines if one.periods]
    shown = [keys.filter(~one.marks(one.rows, cells)) for one in listed for _role, keys in one.keys(one.rows)]
    told = part.lattice.cells["key"].is_in(pl.concat(shown).unique().implode() if shown else []).to_numpy()
    published = np.ones_like(told) if part.published is None else part.published
    untold = published & ~told & ~part.withheld
    return replace(part, withheld=part.withheld | untold, published=published & ~untold)


def _outline(table: Table, cells: Sequence[CountTable], late: LateChanges) -> Outline:
    """Return the rows of a table: all codes that the sources can give.

    A row that is there because of one record would tell of it. A field without a list of codes gets those that are
    many enough in some period.
    """
    found: dict[str, dict[str | None, None]] = {name: {} for name in table.by}
    for side, counts in zip(table.sides, cells, strict=True):
        for ours, theirs in side.groups.items():
            found[ours] |= dict.fromkeys(listed_codes(side.record, theirs, late.records))
            found[ours] |= dict.fromkeys([*as_told(many_enough(counts, theirs, late.policy)[theirs]), None])
    groups = {name: list(codes) for name, codes in found.items()}
    if table.grain == "all":
        whole = [("all", table.days)]
    else:
        whole = [(name, days) for name, days in periods(table.grain, table.days) if name != str(days)]
    return Outline(table, whole, groups, _limits(table, cells, late), late.policy.zeros == "shown")


def _limits(table: Table, cells: Sequence[CountTable], late: LateChanges) -> Limits:
    """Return the least that the figures of a table count, of those protection units that its records tell apart."""
    told = [
        {
            unit
            for unit in late.policy.least(side.record)
            if unit in counts.counts.columns or _each(side.record, unit, late)
        }
        for side, counts in zip(table.sides, cells, strict=True)
    ]
    return Limits(late.policy.k, late.policy.k_officers, tuple(sorted(set.union(*told))))


def _each(record: str, unit: str, late: LateChanges) -> bool:
    """Return whether each record stands for one of a protection unit."""
    return late.records.catalogue.record_type(record).protects.get(unit) == ""


def _pooled(tables: Sequence[Table], states: Sequence[State]) -> list[Table]:
    """Return the tables, with one over all years in the place of each that tells of no record."""
    bare = {
        outline.table.name
        for state in states
        for outline in state.outlines
        if outline.groups and outline.table.grain != "all" and outline.periods
        if not outline.tells(state.protected.cells())
    }
    found: dict[TableName, Table] = {}
    for table in tables:
        made = replace(table, grain="all", sides=tuple(replace(side, grain="all") for side in table.sides))
        kept = made if table.name in bare else table
        found.setdefault(kept.name, kept)
    return list(found.values())
