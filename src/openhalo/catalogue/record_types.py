"""Record types: the fields of one kind of record, and the columns that hold them."""

import re
from collections.abc import Iterable
from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.reader import Misfit, Spec

FieldType = Literal["text", "integer", "number", "boolean", "date", "time", "code", "codes", "link", "chances"]
Privacy = Literal["public", "internal", "restricted", "sealed", "compelled"]
WITHHELD: tuple[Privacy, ...] = ("restricted", "sealed", "compelled")
"""Classes of the fields that no listing shows and no figure rests on."""
Basis = Literal["perceived", "self_reported", "record", "document"]
ColumnType = Literal["text", "integer", "number", "boolean", "date", "instant", "local", "texts"]

MISSING_REASONS = ("unknown", "not_collected", "not_applicable", "refused")
"""Why a value is null: asked but not known; the source never asks; does not apply; the person refused."""

SYSTEM_COLUMNS: dict[str, ColumnType] = {
    "record_key": "text",
    "content_hash": "integer",
    "delivery": "text",
    "agency": "text",
    "source": "text",
}
"""Columns of every stored row, before its fields. Partition columns live in the path, not in the file."""

PARTITION_COLUMNS = ("local_year", "agency_bucket")
STAGING_COLUMNS = ("row", "source_id", "refused", "staged_place", "id", "reasons")
"""Columns that rows, templates and rejected rows carry on their way in; no field may take their names."""
FAULT_COLUMN = "faults_"
"""Beginning of the names of the columns that say what is wrong with a row; no field's name may begin so."""

_NAME = re.compile("[a-z][a-z0-9_]*")
_ONLY_FOR: dict[str, set[str]] = {
    "vocabulary": {"code", "codes"},
    "to": {"link"},
    "inverse": {"link"},
    "min": {"integer", "number"},
    "max": {"integer", "number"},
    "pattern": {"text"},
    "place": {"text", "code"},
    "by": {"boolean"},
    "overlaps": {"code"},
}


class FieldSpec(Spec):
    """One field of a record type."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "by", "description", "unit"])

    type: FieldType = Field(description="What kind of value it holds")
    label: str = Field(description="What the field is called in a table")
    by: str = Field(default="", description="How a yes-or-no field reads after 'by': whether the person was searched")
    privacy: Privacy = Field(description="Who may see a single record's value")
    source: str = Field(description="The standard, statute or form that defines the field")
    description: str = Field(default="", description="What the field holds, where the label does not say it")
    unit: str = Field(default="", description="Unit of a number: minutes, years, residents")
    vocabulary: str = Field(default="", description="Code list of a coded field")
    to: str = Field(default="", description="Record type that a link points to")
    inverse: str = Field(default="", description="Name of the link seen from its target (to-many)")
    through: str = Field(
        default="",
        description="Path over a link: where the record does not say, the value is that of the linked record; over a "
        "link to many, the list of their codes",
    )
    identifies: Literal["officer", "person"] | None = Field(
        default=None, description="Whom the value tells apart from all others; no figure may be cut by it"
    )
    basis: Basis | None = Field(default=None, description="How a person's trait was learned")
    place: bool = Field(default=False, description="Its values are areas, such as precincts, which a map can show")
    overlaps: bool = Field(
        default=False,
        description="Records of different codes count the same people: their numbers are never added up",
    )
    required: bool = Field(default=False, description="A row without a value is rejected")
    min: float | None = Field(default=None, description="Smallest number allowed")
    max: float | None = Field(default=None, description="Largest number allowed")
    refuses: object = Field(
        default=None, exclude=True, description="A value that is rejected, which a test tries in place of the example's"
    )
    pattern: str = Field(default="", description="Regular expression that the whole text must match")
    known_at: str = Field(default="", description="Group of `known_at` that says when this field was learned")
    since: int = Field(default=1, description="Version of the record type that added the field")

    def misfits(self) -> Iterable[Misfit]:
        """Yield attributes that the field's type does not take, or needs and lacks."""
        for attribute, types in _ONLY_FOR.items():
            if getattr(self, attribute) not in ("", None, False) and self.type not in types:
                yield Misfit(
                    (attribute,),
                    f"'{attribute}' on a field of type {self.type}",
                    f"on type {' or '.join(sorted(types))}",
                )
        for attribute, needed_by in (("vocabulary", ("code", "codes")), ("to", ("link",))):
            if self.type in needed_by and not getattr(self, attribute):
                yield Misfit(("type",), f"a field of type {self.type} without '{attribute}'", todo=f"add '{attribute}'")
        if not _is_pattern(self.pattern):
            allowed = "a regular expression without look-around and back-references"
            yield Misfit(("pattern",), f"'{self.pattern}' cannot be read", allowed)
        if self.through and (self.required or self.type == "link" or self.through.count(".") != 1):
            allowed = "a path of one link and one field, on a field that is not required and no link itself"
            yield Misfit(("through",), f"'through' is '{self.through}'", allowed)
        if self.type == "chances" and (self.privacy not in WITHHELD or self.required or self.through):
            allowed = f"privacy {name_all(WITHHELD)}, neither 'required' nor 'through'"
            yield Misfit((), "chances that could be shown, asked for or looked through", allowed)
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Misfit(("min",), f"'min' {self.min:g} above 'max' {self.max:g}")

    def columns(self, name: str) -> dict[str, ColumnType]:
        """Return the stored columns of the field, in order, with their types."""
        suffixes: dict[str, dict[str, ColumnType]] = {
            "time": {"": "instant", "_local": "local", "_date": "date", "_precision": "text"},
            "code": {"": "text", "_raw": "text"},
            "codes": {"": "texts", "_raw": "text"},
            "link": {"": "text"},
            "text": {"": "text"},
            "chances": {"": "integer"},
        }
        own: dict[str, ColumnType] = suffixes.get(self.type) or {"": self.type}  # type: ignore[dict-item]
        missing: dict[str, ColumnType] = {} if self.required else {"_missing": "text"}
        return {name + suffix: kind for suffix, kind in {**own, **missing}.items()}


def _is_pattern(text: str) -> bool:
    """Say whether the text is a regular expression that both Python and the engines (Rust, RE2) read."""
    try:
        re.compile(text)
    except re.error:
        return False
    return not re.search(r"\(\?[=!<]|\\[1-9]", text)


class Rule(Spec):
    """A condition that a record must not break. Unknown (null) does not break it."""

    condition: str = Field(description="What must hold; where it is unknown, the rule is not broken")
    message: str = Field(description="What is wrong, in words that the sender understands")
    severity: Literal["reject", "flag"] = Field(
        default="reject", description="reject: the row becomes no record; flag: it does, and the receipt counts it"
    )
    refuses: dict[str, object] = Field(
        default={},
        exclude=True,
        description="What breaks the rule, where the rest is as in the example: field → value; a test tries it",
    )


class RecordType(Spec):
    """One kind of record: its unit, its time, its fields and rules."""

    said: ClassVar[frozenset[str]] = frozenset(["label", "plural", "description", "units"])

    id: str = Field(description="Given by the place of the file")
    label: str = Field(description="What one record is called")
    plural: str = Field(description="What several are called")
    description: str = Field(description="What one record is, and what is none")
    source: str = Field(description="The standard, statute or form that defines it")
    units: dict[str, str] = Field(description="What one row may be: id → plural words; the first is the default")
    time: str = Field(description="Field that places a record in time: a time, a date, or an integer year")
    until: str = Field(
        default="", description="Field with the last day of a record that lasts, such as a job; empty there: it goes on"
    )
    undated: bool = Field(
        default=False, description="Records may lack their time; they are kept, and stand in no period"
    )
    earliest: date = Field(
        default=date(1900, 1, 1),
        description="Day before which no record can lie; rows with an earlier time are rejected",
    )
    may_lie_ahead: bool = Field(
        default=False, description="Records may lie after the day of their delivery, such as hearings to come"
    )
    version: int = Field(default=1, description="Raised when fields are added; a changed meaning takes a new id")
    known_at: dict[str, str] = Field(
        default={}, description="Group of fields → the time field that says when it was learned"
    )
    purge: Literal["agency", "with_oversight"] = Field(
        default="agency", description="Who may have a record taken out of every version; findings need oversight too"
    )
    protects: dict[str, str] = Field(
        default={},
        description="Kind of people whom a small count could give away (persons, complainants, officers) → field that "
        "tells one of them from another; empty: each record is one",
    )
    fields: dict[str, FieldSpec] = Field(description="Name of each field → the field")
    rules: dict[str, Rule] = Field(default={}, description="Name of each rule → the rule")
    example: dict[str, object] = Field(description="One record, as it would be filled in a spreadsheet")

    def misfits(self) -> Iterable[Misfit]:
        """Yield what does not fit: fields and their types, columns that two fields would share, times, versions."""
        columns: dict[str, str] = dict.fromkeys([*SYSTEM_COLUMNS, *PARTITION_COLUMNS, *STAGING_COLUMNS], "every record")
        for name, spec in self.fields.items():
            here = ("fields", name)
            if not _NAME.fullmatch(name) or name.startswith(FAULT_COLUMN):
                allowed = f"small letters, digits and _, not beginning with {FAULT_COLUMN}"
                yield Misfit(here, f"'{name}' as the name of a field", allowed)
            yield from (misfit._replace(location=(*here, *misfit.location)) for misfit in spec.misfits())
            for column in spec.columns(name):
                if column in columns:
                    yield Misfit(here, f"field '{name}' would use the column '{column}' of {columns[column]}")
                columns[column] = f"field '{name}'"
            if spec.since > self.version:
                found = f"field '{name}' is since version {spec.since}, the record type is version {self.version}"
                yield Misfit((*here, "since"), found, todo=f"raise 'version' to {spec.since}")
            if spec.known_at and spec.known_at not in self.known_at:
                yield Misfit((*here, "known_at"), f"there is no group '{spec.known_at}'", name_all(self.known_at))
        time = self.fields.get(self.time)
        timed = time is not None and (time.required or (time.type != "integer" and (self.undated or time.through)))
        if time is None or time.type not in ("time", "date", "integer") or not timed:
            allowed = "a required field of type time, date or integer (a year); with 'through' or 'undated', any date"
            named = [n for n, spec in self.fields.items() if spec.required and spec.type in ("time", "date", "integer")]
            yield Misfit(("time",), f"found '{self.time}'", allowed, did_you_mean(self.time, named))
        for unit, name in self.protects.items():
            if name and name not in self.fields:
                hint = did_you_mean(name, self.fields)
                yield Misfit(("protects", unit), f"'{name}' is no field", name_all(self.fields), hint)
        if self.until and (self.until not in self.fields or self.fields[self.until].type != "date"):
            allowed = name_all(name for name, spec in self.fields.items() if spec.type == "date")
            yield Misfit(("until",), f"'{self.until}' is no field of type date", allowed)
        for group, name in self.known_at.items():
            if name not in self.fields or self.fields[name].type not in ("time", "date"):
                allowed = name_all(field for field, spec in self.fields.items() if spec.type in ("time", "date"))
                yield Misfit(("known_at", group), f"'{name}' is no field of type time or date", allowed)
        if not self.units:
            yield Misfit(("units",), "no unit: what is one row?", todo="add one: stop: stops")

    @property
    def domain(self) -> str:
        """Return the domain: the folder that the record type stands in."""
        return self.id.partition("/")[0]

    @property
    def written(self) -> dict[str, FieldSpec]:
        """Return the fields that a person can write down; chances are only computed."""
        return {name: spec for name, spec in self.fields.items() if spec.type != "chances"}

    @property
    def date_column(self) -> str:
        """Return the column with the record's local date (or its year, for yearly records)."""
        return f"{self.time}_date" if self.fields[self.time].type == "time" else self.time

    @property
    def follows(self) -> str:
        """Return the path to the record that gives this one its time; empty where it has a time of its own."""
        return self.fields[self.time].through

    def columns(self) -> dict[str, ColumnType]:
        """Return every stored column in order: system columns, then the fields'."""
        fields = {c: t for name, spec in self.fields.items() for c, t in spec.columns(name).items()}
        return {**SYSTEM_COLUMNS, **fields}
