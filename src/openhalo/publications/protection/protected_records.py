"""The part of a release that rests on records which are not public: counted in tables, or from their incident files."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Period
from openhalo.base.progress import Report
from openhalo.base.settings_files import POLICY
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.publications.protection.figures_from_files import count, released
from openhalo.publications.protection.policy_conflicts import filed
from openhalo.publications.protection.recoded_incident_files import RecodedFile, freeze, read_recoded, write_recoded
from openhalo.publications.protection.release_protection import Guarded, Precaution, declared, guard
from openhalo.publications.tables.freshness import Freshness, freshness
from openhalo.publications.tables.incident_file import IncidentTable
from openhalo.publications.tables.release_figures import ReleaseFigures
from openhalo.records.reading import Records


@dataclass(frozen=True)
class PrivateRecords:
    """What goes out of records that are not public, and what is said about it."""

    answers: list[ReleaseFigures] = field(default_factory=list)
    guarded: Guarded | None = None
    files: list[RecodedFile] = field(default_factory=list)
    tables: list[IncidentTable] = field(default_factory=list)
    as_released: Records | None = None
    """The records as the incident files tell them."""

    @property
    def days(self) -> dict[str, Period]:
        """Return the days that each of these record types speaks for."""
        kept = self.guarded.kept if self.guarded else None
        return (dict(kept.days) if kept else {}) | {one.file.record: one.days for one in self.files}

    def sentences(self, one: ReleaseFigures) -> list[str]:
        """Return what a measure's page says about protection."""
        said = [text for file in self.files if file.file.record in one.records for text in file.sentences()]
        if self.guarded and one.spec.id in {each.spec.id for each in self.guarded.answers}:
            said += self.guarded.sentences(one)
        return said

    def freshness(self, catalogue: Catalogue) -> list[Freshness]:
        """Return how fresh these records are, as a language's catalogue calls them."""
        found = self.guarded.freshness(catalogue) if self.guarded else []
        filed_types = {one.file.record for one in self.files}
        counted = [one for one in self.answers if one.counted.record in filed_types]
        if self.as_released is not None and counted:
            told = freshness(counted, self.as_released.in_language(catalogue))
            # A field that is not in the file is no field that nobody filled in.
            found += [replace(one, known=[each for each in one.known if each.known]) for one in told]
        return found

    def told_and_kept(self, precaution: Precaution) -> dict[str, Any]:
        """Return what the descriptor says about protection, and keep what the next release needs to know."""
        if self.guarded and self.guarded.kept:
            precaution.keep(self.guarded.kept)
            if self.guarded.oversight:
                precaution.set_aside(*self.guarded.oversight)
        files = {one.file.record: one.facts() for one in self.files}
        told = (self.guarded.facts() if self.guarded else {}) | ({"incident_files": files} if files else {})
        return {"disclosure": {"k": precaution.policy.k, **told}} if told else {}


def let_out(
    specs: Sequence[MeasureSpec], folder: Path, records: Records, precaution: Precaution, report: Report
) -> PrivateRecords:
    """Write the incident files that the policy names, and return every figure of these measures that may go out.

    Raises:
        ReleaseError: a table cannot be protected, the attack takes longer than its budget, an incident file costs too
            much, or an earlier release told of the same records in the other way.
    """
    catalogue, policy = records.catalogue, precaution.policy
    from_files = [spec for spec in specs if filed(spec, policy, catalogue)]
    in_tables = [spec for spec in specs if spec not in from_files]
    _must_go_one_way(in_tables, records, precaution)
    guarded = guard(in_tables, records, precaution, report) if in_tables else None
    files = freeze(records, policy, precaution.folders, precaution.today)
    tables = [write_recoded(folder, one, catalogue.record_type(one.file.record)) for one in files]
    as_out = released(files, folder, records)
    answers = [*(guarded.answers if guarded else []), *count(from_files, as_out, files, report)]
    return PrivateRecords(answers, guarded, files, tables, as_out)


def _must_go_one_way(in_tables: Sequence[MeasureSpec], records: Records, precaution: Precaution) -> None:
    """Refuse a file of records that stood in tables before, and tables of records that went out one by one.

    Tables count all records, a file leaves some out or blanks them: their difference would be those few.

    Raises:
        ReleaseError: with every record type that would go out both ways.
    """
    filed_now = {file.record for file in precaution.policy.incident_files}
    tabled_before = {record for kept in precaution.earlier for record in kept.days}
    filed_before = {one.file.record for folder in precaution.folders for one in read_recoded(folder)}
    tabled_now = {
        side.record for table in declared(in_tables, precaution.policy, records.catalogue) for side in table.sides
    }
    problems = [
        Problem(
            POLICY,
            f"{record} went out {before} before, and would go out {now} now: the difference of the two "
            "would give away those few records that the file blanks or leaves out",
            todo="keep to one way as long as a release with the other is there",
        )
        for before, now, both in (
            ("in tables", "one by one", tabled_before & filed_now),
            ("one by one", "in tables", filed_before & tabled_now),
        )
        for record in sorted(both)
    ]
    if problems:
        raise ReleaseError(problems)
