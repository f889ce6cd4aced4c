"""The agency, or its overseer, computes a release again from the records themselves."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from openhalo.base.errors import Problem
from openhalo.base.periods import Period
from openhalo.base.progress import Report, silent
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.measures.evaluation import evaluate
from openhalo.measures.planning import Question
from openhalo.publications.compared_figures import BOUNDS, COUNTS, ESTIMATES, allowance, differing
from openhalo.publications.declared_fields import counted
from openhalo.publications.protection.earlier_releases import TableName, View
from openhalo.publications.protection.figures_from_files import count, released
from openhalo.publications.protection.recoded_incident_files import read_recoded, recoded_again
from openhalo.publications.tables import open_data
from openhalo.publications.tables.definitions_of_release import define
from openhalo.publications.tables.release_figures import ReleaseFigures, release_figures
from openhalo.records.as_of import RecordsAsOf
from openhalo.records.purging import purges
from openhalo.records.reading import Records
from openhalo.releases.comparing import KEY
from openhalo.releases.editions import FIGURES, Facts, read_facts, read_figures
from openhalo.releases.package import DESCRIPTOR
from openhalo.verification.definitions import Defined, Definitions
from openhalo.verification.derivation import Derivation
from openhalo.verification.rederivation import Rederived


@dataclass
class Recomputed(Rederived):
    """What came of computing a release again."""

    release: str = ""
    store_version: int = 0
    same_catalogue: bool = True
    """Whether every definition of the catalogue is as it was; if not, the release's own are what it is computed by."""
    moved: int = 0
    """Figures that differ by no more than the records that were purged since."""


def recompute(folder: Path, definitions: Definitions, records: Records, report: Report = silent) -> Recomputed:
    """Compute every figure of a release again, by the release's own definitions, and compare it with the one published.

    Args:
        folder: the release.
        definitions: what the release says about how it counted.
        records: the store version that it names, under the decisions that it names, with today's catalogue. Where
            late changes waited, their days are read from the versions that the descriptor names.
        report: called at each step.
    """
    same = records.catalogue.hash == definitions.catalogue
    catalogue = definitions.laid_over(records.catalogue)
    records = replace(records, catalogue=catalogue)
    table = read_figures(folder)
    found = Recomputed(release=definitions.release, store_version=definitions.store_version, same_catalogue=same)
    found.figures = table.height
    files = read_recoded(folder)
    as_out = released(files, folder, records)
    told = _Protected.of(read_facts(folder, DESCRIPTOR, _Descriptor).disclosure)
    versions = {definitions.store_version, *told.versions}
    versions |= {version for one in files for version in one.stretches.values()}
    gone = Counter(one.record for one in purges(records.store) if versions & {*one.versions})
    for one in [file for file in files if file.file.record not in gone]:
        report(f"incident file {one.file.record}")
        found.problems += recoded_again(one, records)
    for measure, defined in definitions.measures.items():
        part = table.filter(pl.col("measure") == measure)
        spec, base = defined.spec, definitions.base(defined)
        # No bound holds for a file that is recoded again without a record, nor for what others are counted against.
        unbounded = {*defined.records} & {*as_out.files} | {*defined.records} - {base.record}
        if purged := sorted({*gone} & unbounded):
            why = f"a record of {', '.join(purged)} was purged since"
            found.cannot[why] = found.cannot.get(why, 0) + part.height
            continue
        report(f"measure {measure}")
        protected = bool({*defined.records} & {*told.days})
        if {*defined.records} & {*as_out.files}:
            done = next(iter(count([spec], as_out, files)), ReleaseFigures(spec, spec, defined.days, defined.all_days))
        elif protected:
            done = _again(part, spec, defined, told, records)
        else:
            done = release_figures(spec, records)
        shown = part.filter(pl.col("n").is_not_null() & (pl.col("status") != "withheld"))
        both = _beside(shown, _long(done, definitions, records), protected)
        wrong, unequal = both.filter(allowance(base, gone, records).exceeded(spec)), both.filter(differing()).height
        found.withheld += part.height - shown.height
        found.agree += shown.height - unequal
        found.moved += unequal - wrong.height
        found.problems += _problems(wrong)
    found.shorten()
    return found


def _long(done: ReleaseFigures, definitions: Definitions, records: Records) -> pl.DataFrame:
    """Return figures as the table of a release holds them."""
    derivation = Derivation(define(definitions.release, [done], records, []))
    rows = (open_data.long_form(one, done, records.catalogue, derivation) for one in done.results)
    return pl.concat([open_data.empty(), *rows])


class _CountedFrom(Facts):
    tables: list[TableName] = []
    """Empty: every table."""
    versions: dict[str, int] = {}


class _Disclosure(Facts):
    closed_days: dict[str, str] = {}
    counted_from: list[_CountedFrom] = []
    counted_from_versions: dict[str, int] = {}
    """What releases said before tables could differ in this."""


class _Descriptor(Facts):
    disclosure: _Disclosure = _Disclosure()


@dataclass(frozen=True)
class _Protected:
    """What a release says of the records that it protected: the days they speak for, and how these were counted."""

    days: dict[str, Period]
    views: list[View]

    @classmethod
    def of(cls, facts: _Disclosure) -> "_Protected":
        days = {record: Period.parse(text) for record, text in facts.closed_days.items()}
        counted_from = [*facts.counted_from, _CountedFrom(versions=facts.counted_from_versions)]
        views = [
            View(tuple((Period.parse(text), version) for text, version in one.versions.items()), tuple(one.tables))
            for one in counted_from
        ]
        return cls(days, views)

    @property
    def versions(self) -> set[int]:
        """Return every store version that some table was counted from."""
        return {version for view in self.views for _days, version in view.stretches}

    def records(self, table: TableName, records: Records) -> RecordsAsOf:
        """Return the records as a table counted them."""
        view = next(view for view in self.views if view.has(table))
        return RecordsAsOf.of(records, list(view.stretches), frozenset(self.days))


def _again(
    part: pl.DataFrame, spec: MeasureSpec, defined: Defined, told: _Protected, records: Records
) -> ReleaseFigures:
    """Return a protected measure's figures, each stretch of days from the store version that the release names."""
    found = ReleaseFigures(spec, counted(spec, records.catalogue), defined.days, defined.all_days)
    for group, group2, grain in part.select("group", "group2", "grain").unique(maintain_order=True).iter_rows():
        by = [name for name in (group, group2) if name is not None]
        as_of = told.records((spec.id, tuple(by), grain), records)
        found.more.append(evaluate(Question(spec, by, grain, defined.days), as_of))
    return found


def _beside(shown: pl.DataFrame, now: pl.DataFrame, protected: bool) -> pl.DataFrame:
    """Return published figures with those that the records give, under the same names with ` now` behind them."""
    both = shown.join(now, on=list(KEY), how="left", nulls_equal=True, suffix=" now", maintain_order="left")
    if protected:
        # A protected release has a row for every combination of groups, and no bounds beside what it withholds.
        both = both.filter((pl.col("n") > 0) | (pl.col("n now") > 0)).with_columns(
            pl.when(pl.col(name).is_not_null()).then(f"{name} now").alias(f"{name} now") for name in BOUNDS
        )
    return both


def _problems(wrong: pl.DataFrame) -> Iterator[Problem]:
    for row in wrong.to_dicts():
        place = ", ".join(str(row[name]) for name in ("measure", "period", "code", "code2") if row[name] is not None)
        parts = [name for name in (*COUNTS, "status", *ESTIMATES) if row[name] != row[f"{name} now"]]
        told = "; ".join(f"{name} {row[name]}, the records give {row[f'{name} now']}" for name in parts)
        yield Problem(f"{FIGURES}: {place}", told)
