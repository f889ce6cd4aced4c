"""Early-intervention indicators as data: what is counted about an officer's work, over which months, and why.

A count counts records; a sum adds up counts of several record types; a time_since says how many days ago the last one
was; a ratio divides one count by another, which is its exposure (force reports per arrest made).
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Literal

from pydantic import Field

from openhalo.base.errors import name_all
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import Node, fields_of, links_of
from openhalo.catalogue.documents import Document, Location
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.never_inputs import forbidden_inputs
from openhalo.catalogue.reader import Misfit, Spec
from openhalo.catalogue.record_types import RecordType
from openhalo.catalogue.references import known, record_type_known
from openhalo.catalogue.schema import Schema, Unread

LOOK_BACKS = (1, 3, 6, 12, 24, 60)
"""Months that an indicator may look back over."""
_NEEDS = {
    "count": ("record", "known_at"),
    "time_since": ("record", "known_at"),
    "ratio": ("of", "per"),
    "sum": ("any_of",),
}
_TAKEN = {
    "record": "count time_since",
    "where": "count time_since",
    "known_at": "count time_since",
    "of": "ratio",
    "per": "ratio",
    "any_of": "sum",
}
OFFICER = "officers/officer"


class IndicatorSpec(Spec):
    """One indicator. Its kind fixes what its number means."""

    id: str = Field(description="Given by the place of the file")
    kind: Literal["count", "time_since", "ratio", "sum"] = Field(
        description="count: records; time_since: days since the last one; ratio: one count by another; sum: counts "
        "added up, of which a site may hold only some"
    )
    label: str = Field(description="What the indicator is called in a list: complaints received")
    question: str = Field(description="What it asks about an officer's work")
    why: str = Field(description="Why it is there, in plain words")
    direction: Literal["risk", "protective", "context"] = Field(
        description="risk: more of it calls for support; protective: more of it speaks well; context: an exposure"
    )
    record: str = Field(default="", description="The record type that it counts")
    officer: str = Field(default="officer", description="Link of these records to the officer")
    where: str = Field(default="", description="Which of these records it counts")
    known_at: str = Field(
        default="", description="Group of `known_at` with the day on which all that it reads was learned"
    )
    of: str = Field(default="", description="ratio: the count above the line")
    per: str = Field(default="", description="ratio: the count below the line, its exposure")
    any_of: list[str] = Field(default=[], description="sum: the counts that are added up")
    months: list[int] = Field(default=[12], min_length=1, description="Months that it looks back over")
    severity: float = Field(default=1.0, ge=0, le=10, description="Weight of one event in a weighted sum; 1 is usual")
    sources: list[str] = Field(min_length=1, description="Policies and studies that name it")
    author: str = Field(description="Who wrote the definition")
    reviewed: date = Field(description="Day on which it was last reviewed")
    next_review: date = Field(description="Day by which it must be reviewed again")

    @property
    def is_count(self) -> bool:
        """Whether it is a whole number of events: a count or a sum of counts."""
        return self.kind in ("count", "sum")

    def misfits(self) -> Iterable[Misfit]:
        """Yield keys that the kind needs and lacks or does not take, and look-backs that are not offered."""
        for name in _NEEDS[self.kind]:
            if not getattr(self, name):
                yield Misfit(("kind",), f"an indicator of kind {self.kind} without '{name}'", todo=f"add '{name}'")
        for name, kinds in _TAKEN.items():
            if getattr(self, name) and self.kind not in kinds.split():
                yield Misfit((name,), f"'{name}' in an indicator of kind {self.kind}", todo="remove it")
        for index, months in enumerate(self.months):
            if months not in LOOK_BACKS:
                allowed = ", ".join(str(one) for one in LOOK_BACKS)
                yield Misfit(("months", index), f"a look-back of {months} months", allowed)
        if self.next_review <= self.reviewed:
            yield Misfit(("next_review",), "the next review comes before the last one", f"after {self.reviewed}")


def cross_check(spec: IndicatorSpec, document: Document, shelves: Shelves) -> None:
    """Check references and the condition of an indicator, its times, and that it reads no input that is never one."""
    schema, others = shelves.schema, shelves.of(IndicatorSpec)
    if spec.kind in ("ratio", "sum"):
        counts = [one.id for one in others.values() if one.kind == "count" and set(spec.months) <= set(one.months)]
        parts: dict[Location, str] = {("any_of", index): name for index, name in enumerate(spec.any_of)}
        for at, name in (parts or {("of",): spec.of, ("per",): spec.per}).items():
            if known(name, others, "indicator", document, at) and name not in counts:
                document.report(at, f"'{name}' is no count over the same months", name_all(counts, 60))
        return
    if not record_type_known(spec.record, document, ("record",), schema):
        return
    record = schema.record_types[spec.record]
    node, problems = parse(spec.where, spec.record, schema) if spec.where else (None, [])
    for problem in problems:
        document.report(("where",), f'in "{spec.where}": {problem.found}', problem.allowed, problem.todo)
    with suppress(Unread):
        _officer(spec, document, schema)
        if known(spec.known_at, record.known_at, f"group of 'known_at' of {record.id}", document, ("known_at",)):
            _clock(spec, record, node, document, schema)
        for path, privacy in schema.withheld(node, spec.record):
            document.report(
                ("where",), f"'{path}' is {privacy}: no signal may rest on it", "public and internal fields"
            )
        for words, kind in forbidden_inputs(spec.record, [spec.officer], node, schema):
            place = "record" if words == spec.record else "officer" if words in spec.officer else "where"
            document.report(
                (place,),
                f"'{words}' is {kind.name}: it is never an input of early intervention, for {kind.reason}",
                todo="leave it out; no setting allows it",
            )


def _officer(spec: IndicatorSpec, document: Document, schema: Schema) -> None:
    found = schema.follow(spec.record, spec.officer)
    if found is None or found[1].to != OFFICER:
        allowed = name_all(n for n, field in schema.record_type(spec.record).fields.items() if field.to == OFFICER)
        document.report(("officer",), f"'{spec.officer}' of {spec.record} leads to no officer", allowed)


def _clock(spec: IndicatorSpec, record: RecordType, node: Node | None, document: Document, schema: Schema) -> None:
    """Check that nothing that the condition reads was learned later than the indicator says."""
    first = next(iter(record.known_at))
    for path in sorted(fields_of(node)):
        found = schema.follow(spec.record, path)
        if found is None:
            continue
        target = schema.record_type(found[0])
        earliest = {"", next(iter(target.known_at), "")}
        allowed = {first, "", spec.known_at} if target.id == record.id else earliest
        if found[1].known_at not in allowed:
            document.report(
                ("known_at",),
                f"'{path}' is learned with '{found[1].known_at}', after '{spec.known_at}'",
                todo="name the group with which the last of what it reads is learned",
            )
    if links_of(node):
        document.report(
            ("where",),
            f"'{min(links_of(node))}' leads to records with times of their own",
            "the record's own fields and to-one paths, no any() or count()",
        )


KIND = Kind("indicators/NAME", IndicatorSpec, cross_check, site_may_redefine=True)
