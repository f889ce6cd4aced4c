"""What a disclosure policy would cost, before anything goes out: records lost by recoding, figures withheld."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.periods import Period
from openhalo.base.progress import silent
from openhalo.disclosure.policy import IncidentFile, Policy
from openhalo.disclosure.recode import Recoded, recode
from openhalo.engines.connect import fetch
from openhalo.measures.planning import within
from openhalo.publications.answers import needed
from openhalo.publications.imprint import Declared, to_protect
from openhalo.publications.protection import Precaution, closed_days, guard
from openhalo.publications.soundness import must_fit
from openhalo.publications.withholding import share_withheld
from openhalo.records.reading import Records


def recoded(
    records: Records, policy: Policy, file: IncidentFile, fields: Sequence[str], days: Period | None = None
) -> Recoded:
    """Return the incident file of a record type as the policy lets it out, and what that costs each group.

    Args:
        records: one store version.
        policy: gives the least number of people who look alike.
        file: how the file of this record type is recoded.
        fields: the fields that go out; a time stands as its local date.
        days: the days that it speaks for; all of them without.

    Raises:
        ReleaseError: a field is not there, or a group would lose too much.
    """
    record = records.catalogue.record_type(file.record)
    used = [*file.identifying, *file.groups, *(one.field for one in file.outcomes), *(s.field for s in file.recode)]
    names = [n for n in dict.fromkeys([*fields, *used, *([file.unit] if file.unit else [])]) if n in record.fields]
    relation = within(days, records, file.record)
    column = {name: f"{name}_date" if record.fields[name].type == "time" else name for name in names}
    chosen = {name: relation.field(path) for name, path in column.items()}
    return recode(fetch(relation.table.select(**chosen)), file, policy.k)


@dataclass(frozen=True)
class Rehearsal:
    """What a release would cost today."""

    loss: dict[str, pl.DataFrame]
    """Record type of an incident file → `field`, `group`, `records`, `blanked`, `left_out`, `lost` (share of 1)."""
    withheld: dict[str, tuple[int, int]]
    """Measure → figures withheld, figures."""
    problems: list[Problem]


def rehearse(records: Records, declared: Sequence[Declared], precaution: Precaution) -> Rehearsal:
    """Try the policy on the records at hand, attack included, without writing anything."""
    policy, catalogue = precaution.policy, records.catalogue
    loss, withheld, problems = {}, {}, []
    for file in policy.incident_files:
        if file.record in records.manifest.tables:
            try:
                days = closed_days(file.record, records, policy, precaution.today)
                loss[file.record] = recoded(records, policy, file, [], days).loss
            except ReleaseError as error:
                problems += error.problems
    ready = [spec for name, spec in sorted(catalogue.measures.items()) if not needed(spec, records)]
    try:
        must_fit(ready, policy, catalogue, declared)
        guarded = guard(to_protect(ready, catalogue, declared), records, precaution, silent)
        for one in guarded.answers:
            told = share_withheld(one.results)
            withheld[one.spec.id] = (told["withheld"], told["figures"])
    except ReleaseError as error:
        problems += error.problems
    return Rehearsal(loss, withheld, problems)
