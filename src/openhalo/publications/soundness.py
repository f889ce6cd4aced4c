"""What may not go out together, because one thing would give away what the other withholds."""

from collections.abc import Iterator, Sequence

from openhalo.base.errors import Problem, ReleaseError
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.disclosure.policy import POLICY, Policy
from openhalo.publications.imprint import Declared, closed_records, counted


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
    if problems:
        raise ReleaseError(problems)


def must_go_out(policy: Policy) -> None:
    """Refuse to publish with an incident file that the policy recodes: `check` tells what it costs, no more yet.

    One file alone is safe. Two of them, of releases that follow on each other, show by their difference what came in
    between, however few records that are; nothing protects that difference yet.

    Raises:
        ReleaseError: the policy names one.
    """
    if policy.incident_files:
        records = ", ".join(file.record for file in policy.incident_files)
        found = f"recoded records of {records} cannot go out yet: two files in a row would show what changed between"
        raise ReleaseError(Problem(f"{POLICY}: incident_files", found, todo="take them out, and declare tables"))


def _half_public(specs: Sequence[MeasureSpec], catalogue: Catalogue, declared: Sequence[Declared]) -> Iterator[Problem]:
    """Yield record types of which some fields are public and others are not: what is public are exact margins."""
    closed = closed_records(specs, catalogue, declared)
    for one in declared:
        if one.record in closed and one.fields:
            found = f"some fields of {one.record} are declared public, and figures by its other fields are protected"
            todo = "declare every field that its measures are cut by, or none"
            why = "who counts what is public could work out what is withheld"
            yield Problem("agency.yaml: declared_public", f"{found}; {why}", todo=todo)


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
        if file.record in protected | {record for spec in specs if spec.id in alone for record in
                                       _records(spec, catalogue)}:  # fmt: skip
            found = f"the records of {file.record} go out one by one, and tables of them are counted from all records"
            todo = "leave the file out, or every table of these records"
            yield Problem(f"{POLICY}: incident_files", f"{found}: one would give away what the other hides", todo=todo)


def _records(spec: MeasureSpec, catalogue: Catalogue) -> set[str]:
    base = counted(spec, catalogue)
    return {base.record, *([base.per.record] if base.per is not None else [])}
