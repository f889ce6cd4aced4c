"""Which figures may go out as they are: those cut by fields that the agency already publishes record by record."""

from collections.abc import Collection, Iterable, Sequence

from openhalo.analyses.results import AnalysisResult
from openhalo.base.errors import Problem, ReleaseError
from openhalo.base.settings_files import PLAN, POLICY, SETTINGS
from openhalo.catalogue.index import Catalogue
from openhalo.catalogue.measure_specs import MeasureSpec
from openhalo.publications.imprint import Declared


def counted(spec: MeasureSpec, catalogue: Catalogue) -> MeasureSpec:
    """Return the measure that counts the records: a ratio compares the groups of another measure."""
    return catalogue.measure(spec.of) if spec.traits.compares_groups else spec


def must_be_declared(specs: Iterable[MeasureSpec], catalogue: Catalogue, declared: Sequence[Declared]) -> None:
    """Refuse a release that cuts figures by fields which the site has not declared public.

    A figure cut into small groups can give a person away. Without a disclosure policy, a release may hold only cuts by
    fields that anyone can already read record by record.

    Raises:
        ReleaseError: with every field that is missing, and what to write.
    """
    missing: dict[str, set[str]] = {}
    for spec in specs:
        for record, name in _undeclared_cuts(spec, catalogue, declared):
            missing.setdefault(record, set()).add(name)
    if missing:
        raise ReleaseError([_undeclared(record, sorted(names)) for record, names in sorted(missing.items())])


def to_protect(specs: Sequence[MeasureSpec], catalogue: Catalogue, declared: Sequence[Declared]) -> list[MeasureSpec]:
    """Return the measures over records of which some published figure is cut by a field that is not declared public.

    All measures over such records are protected together, those without groups too: what one shows, another hides.
    """
    closed = closed_records(specs, catalogue, declared)

    def counts(spec: MeasureSpec) -> set[str]:
        base = counted(spec, catalogue)
        return {base.record, *([base.per.record] if base.per and not base.per.sum else [])}

    return [spec for spec in specs if counts(spec) & closed]


def closed_records(specs: Sequence[MeasureSpec], catalogue: Catalogue, declared: Sequence[Declared]) -> set[str]:
    """Return the record types of which some figure is cut by a field that is not declared public."""
    return {counted(spec, catalogue).record for spec in specs if _undeclared_cuts(spec, catalogue, declared)}


def must_be_open(
    results: Iterable[AnalysisResult], catalogue: Catalogue, declared: Sequence[Declared], closed: Collection[str] = ()
) -> None:
    """Refuse a release whose analyses show counts by fields which the site has not declared public.

    Of `closed` record types, no analysis goes out at all, nor the reason why one was not carried out: its counts are
    no cells that the disclosure policy could protect.

    Raises:
        ReleaseError: with every field that is missing, and what to write.
    """
    results = list(results)
    shut = [result.subject.spec for result in results if result.subject.spec.record in closed]
    if shut:
        todo = f"take it out of the plan ({PLAN}), or declare the fields of these records public"
        raise ReleaseError(
            [Problem(one.id, f"its counts of {one.record} could give withheld figures away", todo=todo) for one in shut]
        )
    missing: dict[str, set[str]] = {}
    for spec in (result.subject.spec for result in results if not result.refusal):
        for one in spec.named():
            paths = [one.text] if one.what == "group" else []
            for record, name in _undeclared_fields(one.record, paths, catalogue, declared):
                missing.setdefault(record, set()).add(name)
    if missing:
        raise ReleaseError([_undeclared(record, sorted(names)) for record, names in sorted(missing.items())])


def _undeclared_cuts(spec: MeasureSpec, catalogue: Catalogue, declared: Sequence[Declared]) -> list[tuple[str, str]]:
    """Return the fields, with their record types, that a measure is cut by and that are not declared public."""
    return _undeclared_fields(counted(spec, catalogue).record, cuts(spec), catalogue, declared)


def _undeclared_fields(
    record: str, paths: Iterable[str], catalogue: Catalogue, declared: Sequence[Declared]
) -> list[tuple[str, str]]:
    open_fields = {(one.record, name) for one in declared for name in one.fields}
    owners = [(catalogue.schema.follow(record, path), path.rpartition(".")[2]) for path in paths]
    places = [(owner[0] if owner else record, name) for owner, name in owners]
    return [place for place in places if place not in open_fields]


def cuts(spec: MeasureSpec) -> list[str]:
    """Return the fields that a measure's published figures are cut by."""
    return list(dict.fromkeys([*spec.groups, *([spec.across] if spec.across else [])]))


def _undeclared(record: str, names: Sequence[str]) -> Problem:
    return Problem(
        f"{SETTINGS}: declared_public",
        f"figures of {record} are cut by {', '.join(names)}, which the site has not declared public; small groups "
        "could give a person away",
        todo="if the agency already publishes these fields record by record, write:\n"
        f"    declared_public:\n      - record: {record}\n        fields: [{', '.join(names)}]\n"
        "        reason: why these fields are public, in a sentence that stands on the page\n"
        f"    if not, write a policy, {POLICY}, that says which tables go out and how small counts are protected",
    )
