"""A disclosure policy held against the catalogue: what it names must exist, and must be able to go out."""

from collections.abc import Sequence

from openhalo.base.errors import ReleaseError, did_you_mean, name_all
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.reader import Document
from openhalo.disclosure.policy import Policy
from openhalo.publications.protection.cells import sides
from openhalo.publications.protection.recoded_incident_files import must_tell_time_coarsely


def must_exist(policy: Policy, document: Document, catalogue: Catalogue) -> None:
    """Note in a policy's document, each at its line, what it names and the catalogue does not have or let out."""
    measured = [("tables", index, one.measure) for index, one in enumerate(policy.tables)]
    measured += [("singly", index, one.measure) for index, one in enumerate(policy.singly)]
    for key, index, measure in measured:
        if measure not in catalogue.measures:
            hint = did_you_mean(measure, catalogue.measures)
            document.report((key, index, "measure"), f"there is no measure '{measure}'", "", hint)
    tabled: set[str] = set()
    for index, table in enumerate(policy.tables):
        spec, here = catalogue.measures.get(table.measure), ("tables", index)
        if spec is None:
            continue
        unknown = [name for name in table.by if name not in spec.groups]
        for name in unknown:
            found = f"'{table.measure}' cannot be cut by '{name}'"
            document.report((*here, "by"), found, name_all(spec.groups), did_you_mean(name, spec.groups))
        if table.grain not in ("all", *spec.periods):
            found = f"'{table.measure}' has no figures by {table.grain}"
            document.report((*here, "grain"), found, name_all([*spec.periods, "all"]))
        if not unknown:
            try:
                tabled |= {side.record for side in sides(spec, table.by, table.grain, catalogue)}
            except ReleaseError as error:
                for problem in error.problems:
                    document.report(here, problem.found, problem.allowed, problem.todo)
    _must_be_counted(policy, sorted(tabled), document, catalogue)
    for index, file in enumerate(policy.incident_files):
        here = ("incident_files", index)
        record = catalogue.record_types.get(file.record)
        if record is None:
            hint = did_you_mean(file.record, catalogue.record_types)
            document.report((*here, "record"), f"there is no record type '{file.record}'", "", hint)
            continue
        named = [*file.identifying, *file.groups, *file.further, *(step.field for step in file.recode)]
        named += [*(one.field for one in file.outcomes), *([file.unit] if file.unit else [])]
        for name in dict.fromkeys(named):
            if name not in record.written:
                found = f"'{name}' is no field of {file.record}"
                document.report(here, found, "", did_you_mean(name, record.written))
        for problem in must_tell_time_coarsely(file, record, policy):
            document.report(here, problem.found, problem.allowed, problem.todo)


def _must_be_counted(policy: Policy, tabled: Sequence[str], document: Document, catalogue: Catalogue) -> None:
    """Note protection units that the records of a table do not tell apart: nobody would be protected by them."""
    for name in policy.units_of:
        if name not in catalogue.record_types:
            hint = did_you_mean(name, catalogue.record_types)
            document.report(("units_of", name), f"there is no record type '{name}'", "", hint)
    for record in tabled:
        told = catalogue.record_type(record).protects
        lacking = [unit for unit in policy.least(record) if unit not in told]
        if lacking:
            where = ("units_of", record) if record in policy.units_of else ("units",)
            kept = ", ".join(unit for unit in policy.least(record) if unit in told) or ", ".join(told)
            todo = f"say whom its counts could give away: units_of: {{{record}: [{kept}]}}"
            document.report(where, f"{record} does not tell {name_all(lacking)} apart", name_all(told), todo)
