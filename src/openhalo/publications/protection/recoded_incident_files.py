"""Incident files under a disclosure policy: whole fields recoded, and days that have gone out never recoded again.

Two files of the same days would show by their difference what changed between them, however few records that are. So
each release carries the rows of the one before as they stand, and adds the days that have closed since, in which
nobody may stand alone either. Every figure of these records is counted from the file and from nothing else: what can
be counted from it, it has given away already, and what cannot does not go out. Late changes to days that are out do
not go in any more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Grain, Period
from openhalo.base.provenance import hash_facts
from openhalo.base.settings_files import POLICY
from openhalo.catalogue.record_types import RecordType
from openhalo.disclosure.policy import (
    BLANKED_CEILING,
    Bands,
    Codes,
    IncidentFile,
    LeaveOut,
    PeriodOf,
    Policy,
    Rare,
)
from openhalo.disclosure.recode import Recoded, recode
from openhalo.language import formatting
from openhalo.language.translation import _
from openhalo.measures.planning import within
from openhalo.publications.protection.closed_periods import closed_days
from openhalo.publications.tables.incident_file import IncidentTable, path_of, write_rows
from openhalo.records.reading import Records
from openhalo.releases.editions import Facts, read_facts
from openhalo.releases.package import DESCRIPTOR


class RecodedFacts(Facts):
    """What a release's descriptor says of an incident file that its policy made."""

    k: int
    policy: IncidentFile
    counted_from_versions: dict[str, int]


class _Disclosure(Facts):
    incident_files: dict[str, RecodedFacts] = {}


class _Descriptor(Facts):
    disclosure: _Disclosure = _Disclosure()


@dataclass(frozen=True)
class RecodedFile:
    """The incident file of one record type: all rows that are out, and those that go out now."""

    file: IncidentFile
    k: int
    """How many look alike."""
    rows: pl.DataFrame
    """Fields as the file holds them; a time by the first day of its period."""
    stretches: dict[str, int]
    """Days that were recoded together → the store version that they were taken from."""
    loss: pl.DataFrame
    """What recoding the newest days cost, as `Recoded.loss`; without rows where no day was added."""
    waiting: Period | None = None
    """Closed days with too few records to stand for themselves: they go out together with later ones."""

    @property
    def days(self) -> Period:
        """Return the days that the file speaks for."""
        spans = [Period.parse(text) for text in self.stretches]
        return Period(min(span.first for span in spans), max(span.last for span in spans))

    @property
    def grain(self) -> Grain:
        """Return the shortest period that the file tells of."""
        return next(step.grain for step in self.file.recode if isinstance(step, PeriodOf))

    def facts(self) -> dict[str, Any]:
        """Return what the descriptor says of it: enough to recode the same days of the same versions again."""
        return RecodedFacts(k=self.k, policy=self.file, counted_from_versions=self.stretches).model_dump(mode="json")

    def sentences(self) -> Iterator[str]:
        """Yield what a measure's page says about figures that are counted from this file."""
        text = _(
            "These figures are counted from the incident file of this release. Its records tell less than the "
            "department knows, so that nobody can be found: up to {share} lack details or are left out."
        )
        yield text.format(share=formatting.share(BLANKED_CEILING))
        yield _("Days that are out once stay as they are: what the department corrects later is not in these figures.")
        if self.waiting:
            text = _("Records of {days} wait for a later release, because they are few.")
            yield text.format(days=formatting.span(self.waiting.first, self.waiting.last))


def parquet_of(folder: Path, record: str) -> Path:
    """Return where the records of a type stand in a release."""
    return (folder / path_of(record)).with_suffix(".parquet")


def freeze(records: Records, policy: Policy, folders: Sequence[Path], today: date) -> list[RecodedFile]:
    """Return the incident file of each record type that the policy lets go out, with all that is out already.

    Args:
        records: one store version.
        policy: how files are recoded, and which days are closed.
        folders: the releases that are still there, oldest first, whether the public sees them or not.
        today: the day on which the release goes out.

    Raises:
        ReleaseError: a first file would cost too much, or what is out was recoded in another way.
    """
    named = [file for file in policy.incident_files if file.record in records.manifest.tables]
    return [_frozen(file, records, policy, _newest(folders, file, policy.k), today) for file in named]


def write_recoded(folder: Path, one: RecodedFile, definition: RecordType) -> IncidentTable:
    """Write an incident file into a release."""
    return replace(incident_table(one), schema=write_rows(folder, one.rows, definition))


def incident_table(one: RecodedFile) -> IncidentTable:
    """Return what can be counted from a file."""
    changed = {step.field for step in one.file.recode if isinstance(step, (Codes, Rare, Bands))}
    # What is rare differs from stretch to stretch, so nothing can be counted by it; coarser codes stay the same.
    rough = changed - {step.field for step in one.file.recode if isinstance(step, (Rare, Bands))}
    exact = [name for name in one.rows.columns if name not in changed]
    place = path_of(one.file.record)
    return IncidentTable(one.file.record, place, [], exact, True, coarser=sorted(rough), grain=one.grain)


def recoded(file: IncidentFile, records: Records, k: int, days: Period) -> Recoded:
    """Return the records of some days as they may go out.

    Raises:
        ReleaseError: a field is not there or not public, or a group would lose too much.
    """
    definition = records.catalogue.record_type(file.record)
    fields, time = definition.fields, definition.time
    named = [*file.identifying, *(step.field for step in file.recode), *(one.field for one in file.outcomes)]
    out = [one for one in dict.fromkeys([*named, *file.further]) if one in fields]
    public = [one for one in dict.fromkeys([*out, *file.groups]) if one in fields and fields[one].privacy == "public"]
    relation = within(days, records, file.record)
    columns = {one: relation.field(_column(one, definition)) for one in public}
    if file.unit and file.unit not in columns:
        columns[file.unit] = relation.field(file.unit)
    done = recode(records.fetch(relation.table.select(**columns)), file, k, kept=[time])
    # The first day of a year can lie before the first day of which there are records.
    start = pl.max_horizontal(pl.col(time), pl.lit(days.first))
    shown = [one for one in public if one in out and one in done.records.columns]
    rows = done.records.select(shown).with_columns(start.alias(time))
    for name in [one for one in rows.columns if fields[one].type == "time"]:
        grains = [step.grain for step in file.recode if isinstance(step, PeriodOf) and step.field == name]
        precision = pl.when(pl.col(name).is_not_null()).then(pl.lit([*grains, "day"][0])).alias(f"{name}_precision")
        rows = rows.with_columns(precision).rename({name: f"{name}_date"})
    return replace(done, records=rows)


def must_tell_time_coarsely(file: IncidentFile, definition: RecordType, policy: Policy) -> Iterator[Problem]:
    """Yield what keeps a file from going out stretch by stretch: the time of its records must be a whole period."""
    time, longest = definition.time, policy.closed_periods
    grains = [step.grain for step in file.recode if isinstance(step, PeriodOf) and step.field == time]
    todo = f"add {{kind: period, field: {time}, grain: {longest}}} to 'recode'"
    order = ["month", "quarter", "year"]
    where = f"{POLICY}: incident file {file.record}"
    if not grains:
        yield Problem(
            where, f"the day of each record ({time}) would go out as it is", "its month, quarter or year", todo
        )
    elif order.index(grains[0]) > order.index(longest):
        found = f"times are told by the {grains[0]}, and days are closed by the {longest}"
        yield Problem(where, found, ", ".join(order[: order.index(longest) + 1]), f"closed_periods: {grains[0]}")
    if time not in file.identifying:
        yield Problem(where, f"'{time}' is not among the identifying fields", todo=f"add {time} to 'identifying'")
    if any(isinstance(step, LeaveOut) and step.field == time for step in file.recode):
        yield Problem(where, f"'{time}' is left out, so no figure could be counted by time", todo=todo)


def read_recoded(folder: Path) -> list[RecodedFile]:
    """Return the incident files of a finished release that its disclosure policy made."""
    told = read_facts(folder, DESCRIPTOR, _Descriptor).disclosure.incident_files
    return [
        RecodedFile(
            facts.policy,
            facts.k,
            pl.read_parquet(parquet_of(folder, record), glob=False),
            facts.counted_from_versions,
            pl.DataFrame(),
        )
        for record, facts in told.items()
    ]


def recoded_again(one: RecodedFile, records: Records) -> Iterator[Problem]:
    """Yield the stretches of days whose records, recoded again from the versions that are named, are not in the file.

    Raises:
        StoreError: the store no longer has a version.
    """
    day = records.catalogue.record_type(one.file.record).date_column
    for text, version in one.stretches.items():
        span = Period.parse(text)
        then = records.at_version(version)
        again = recoded(one.file, then, one.k, span).records.cast(pl.Schema(one.rows.schema))
        out = one.rows.filter(pl.col(day).is_between(span.first, span.last))
        if not out.sort(out.columns).equals(again.select(out.columns).sort(out.columns), null_equal=True):
            found = f"{out.height:,} rows, and the records of version {version} give {again.height:,} or others"
            yield Problem(f"{path_of(one.file.record)}: {text}", found)


def _frozen(
    file: IncidentFile, records: Records, policy: Policy, before: RecodedFile | None, today: date
) -> RecodedFile:
    problems = list(must_tell_time_coarsely(file, records.catalogue.record_type(file.record), policy))
    if problems:
        raise ReleaseError(problems)
    days, version = closed_days(file.record, records, policy, today), records.manifest.version
    if before is None:
        done = recoded(file, records, policy.k, days)
        return RecodedFile(file, policy.k, done.records, {str(days): version}, done.loss)
    found = before
    for span in _beside(days, before.days):
        try:
            done = recoded(file, records, policy.k, span)
        except ReleaseError:
            found = replace(found, waiting=span)
            continue
        rows = pl.concat([found.rows, done.records.cast(pl.Schema(found.rows.schema))])
        found = replace(found, rows=rows, stretches={**found.stretches, str(span): version}, loss=done.loss)
    return found


def _beside(days: Period, out: Period) -> list[Period]:
    """Return the days before and after those that are out."""
    found = []
    if days.first < out.first:
        found.append(Period(days.first, out.first - timedelta(days=1)))
    if days.last > out.last:
        found.append(Period(out.last + timedelta(days=1), days.last))
    return found


def _newest(folders: Sequence[Path], file: IncidentFile, k: int) -> RecodedFile | None:
    """Return the file as the newest release has it.

    Raises:
        ReleaseError: it was recoded in another way.
    """
    for folder in reversed(folders):
        before = next((one for one in read_recoded(folder) if one.file.record == file.record), None)
        if before is None:
            continue
        if (_meaning(before.file), before.k) != (_meaning(file), k):
            found = f"release {folder.name} holds records of {file.record} that were recoded in another way"
            todo = f"write that recoding, with k {before.k}: the same records recoded twice would give more away"
            raise ReleaseError(Problem(f"{POLICY}: incident file {file.record}", found, todo=todo))
        return replace(before, file=file)
    return None


def _meaning(file: IncidentFile) -> str:
    """Return the hash of what decides how records look; limits of loss may change."""
    return hash_facts([file.model_dump(mode="json", exclude={"groups", "most_lost"})])


def _column(name: str, definition: RecordType) -> str:
    return f"{name}_date" if definition.fields[name].type == "time" else name
