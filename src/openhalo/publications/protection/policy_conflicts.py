"""What may not go out together, because one thing would give away what the other withholds."""

from collections.abc import Iterator, Sequence

from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.settings_files import POLICY, SETTINGS
from openhalo.catalogue.conditions import fields_of, links_of
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.disclosure.policy import Policy
from openhalo.publications.declared_fields import closed_records, counted, cuts, to_protect
from openhalo.publications.imprint import Declared


def must_fit(specs: Sequence[MeasureSpec], policy: Policy, catalogue: Catalogue, declared: Sequence[Declared]) -> None:
    """Refuse a policy under which two things of one record type go out that cannot be protected together.

    Args:
        specs: the measures that the records can answer.
        policy: what goes out of records that are not public.
        catalogue: what the measures count.
        declared: the fields that the agency publishes record by record.

    Raises:
        ReleaseError: with every such pair, and which of the two could be left out.
    """
    problems = [*_half_public(specs, catalogue, declared), *_twice(specs, policy, catalogue)]
    problems += [*_recoded_and_exact(specs, policy, catalogue, declared)]
    if problems:
        raise ReleaseError(problems)


def _half_public(specs: Sequence[MeasureSpec], catalogue: Catalogue, declared: Sequence[Declared]) -> Iterator[Problem]:
    """Yield record types of which some fields are public and others are not: what is public are exact margins."""
    closed = closed_records(specs, catalogue, declared)
    for one in declared:
        if one.record in closed and one.fields:
            found = f"some fields of {one.record} are declared public, and figures by its other fields are protected"
            todo = "declare every field that its measures are cut by, or none"
            why = "who counts what is public could work out what is withheld"
            yield Problem(f"{SETTINGS}: declared_public", f"{found}; {why}", todo=todo)


def _twice(specs: Sequence[MeasureSpec], policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    tabled = {table.measure for table in policy.tables}
    alone = {one.measure for one in policy.singly}
    protected = {record for spec in specs if spec.id in tabled for record in _records(spec, catalogue)}
    for spec in specs:
        both = sorted(protected & _records(spec, catalogue)) if spec.id in alone else []
        if both:
            found = f"'{spec.id}' is published singly, and tables of the same records ({both[0]}) withhold small counts"
            todo = "leave these tables out, or the measure"
            yield Problem(f"{POLICY}: singly", f"{found}, which it could give away", todo=todo)
    for file in policy.incident_files:
        if file.record in protected | {
            record for spec in specs if spec.id in alone for record in _records(spec, catalogue)
        }:
            found = f"the records of {file.record} go out one by one, and tables of them are counted from all records"
            todo = "leave the file out, or every table of these records"
            yield Problem(f"{POLICY}: incident_files", f"{found}: one would give away what the other hides", todo=todo)


def _recoded_and_exact(
    specs: Sequence[MeasureSpec], policy: Policy, catalogue: Catalogue, declared: Sequence[Declared]
) -> Iterator[Problem]:
    """Yield what would tell exactly what an incident file tells coarsely: its own fields, or measures that look in."""
    files = {file.record for file in policy.incident_files}
    for one in declared:
        if one.record in files and one.fields:
            found = f"fields of {one.record} are declared public, and the policy makes its records coarser"
            yield Problem(f"{SETTINGS}: declared_public", found, todo="keep the declaration or the incident file")
    closed = {spec.id for spec in to_protect(specs, catalogue, declared)}
    named = {table.measure for table in policy.tables} | {one.measure for one in policy.singly}
    for spec in specs:
        if filed(spec, policy, catalogue) or (spec.id in closed and spec.id not in named):
            continue
        seen = sorted(files & _looks_into(spec, catalogue))
        if seen:
            found = f"'{spec.id}' looks into records of {seen[0]}, which go out one by one and coarser"
            yield Problem(f"{POLICY}: incident_files", found, todo="leave the file out, or the measure")


def _looks_into(spec: MeasureSpec, catalogue: Catalogue) -> set[str]:
    """Return the record types that a measure reads through links."""
    base, schema = counted(spec, catalogue), catalogue.schema
    nodes = [catalogue.condition(base.record, text) for text in (base.where, base.numerator) if text]
    paths = {*cuts(spec), base.value, *(path for node in nodes for path in fields_of(node))}
    owners = [schema.follow(base.record, path) for path in paths if "." in path]
    inverses = schema.inverses(base.record)
    many = {inverses[link].record for node in nodes for link in links_of(node)}
    return {owner[0] for owner in owners if owner} | many


def filed(spec: MeasureSpec, policy: Policy, catalogue: Catalogue) -> bool:
    """Return whether a measure counts records, or counts against records, that go out one by one."""
    return bool({file.record for file in policy.incident_files} & _records(spec, catalogue))


def _records(spec: MeasureSpec, catalogue: Catalogue) -> set[str]:
    base = counted(spec, catalogue)
    return {base.record, *([base.per.record] if base.per is not None else [])}
