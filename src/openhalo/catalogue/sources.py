"""Source specs: how one known export becomes records. Every column is named; nothing is guessed."""

from typing import Literal, Self

from pydantic import Field, model_validator

from openhalo.catalogue.reader import Spec
from openhalo.catalogue.record_types import MISSING_REASONS

Precision = Literal["second", "minute", "hour", "day", "month", "year"]


class Format(Spec):
    """How the file is written."""

    kind: Literal["csv", "xlsx", "parquet"] = "csv"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    header_rows: int = Field(default=1, ge=1, le=5, description="Rows before the first record")
    names_row: int = Field(default=1, ge=1, description="Which header row has the column names, counted from 1")
    sheet: str = Field(default="", description="xlsx: sheet name; empty for the first")
    blank: list[str] = Field(default=[""], description="Cells that mean: nothing was written")

    @model_validator(mode="after")
    def _names_within_header(self) -> Self:
        if self.names_row > self.header_rows:
            raise ValueError(f"names_row is {self.names_row}, but there are only {self.header_rows} header_rows")
        return self


class FieldMapping(Spec):
    """Where one field's value comes from. Exactly one of `from`, `value`, `derive`, `absent`."""

    column: str = Field(default="", alias="from", description="Column of the file")
    value: str | int | float | bool | None = Field(default=None, description="The same value for every record")
    derive: str = Field(default="", description="A condition on other fields; for yes/no fields")
    absent: str = Field(default="", description="Why the value is missing in every record of this source")
    codes: dict[str, str] = Field(default={}, description="Cell → our code")
    otherwise: str = Field(
        default="", description="Code for cells that `codes` does not list; without it they are rejected"
    )
    true: list[str] = Field(default=[], description="Cells that mean yes")
    false: list[str] = Field(default=[], description="Cells that mean no")
    missing: dict[str, str] = Field(
        default={}, description="Cell → why the value is missing; blank cells: not_collected"
    )
    split: str = Field(default="", description="Separator of several codes in one cell")
    formats: list[str] = Field(default=[], description="Date formats, tried in order")
    time_column: str = Field(default="", description="Column with the time of day, joined to `from` by a space")
    zone: str = Field(default="", description="Time zone that the cells are written in; the source's own without it")
    precision: Precision = "second"
    ambiguous: Literal["earliest", "latest", "reject"] = Field(
        default="earliest", description="Which of the two instants an hour repeated in autumn means"
    )
    target: str = Field(default="", description="link: the source whose key the cell holds")
    times: str = Field(default="", description="Column that the number is multiplied by")
    digits: int | None = Field(default=None, description="Decimal places to round to")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [name for name, given in (
            ("from", self.column), ("value", self.value is not None), ("derive", self.derive), ("absent", self.absent)
        ) if given]  # fmt: skip
        if len(origins) != 1:
            raise ValueError(
                f"a field needs exactly one of from, value, derive, absent; found {' and '.join(origins) or 'none'}"
            )
        for reason in [*self.missing.values(), *([self.absent] if self.absent else [])]:
            if reason not in MISSING_REASONS:
                raise ValueError(f"unknown missing reason '{reason}'; allowed: {', '.join(MISSING_REASONS)}")
        return self


class Scope(Spec):
    """What a delivery of this source speaks for."""

    mode: Literal["append", "replace"]
    period: Literal["all", "year", "month", "day"] = Field(
        default="all",
        description="replace: records of the periods that the file touches give way to the file",
    )


class SourceSpec(Spec):
    """One known export, and the record type that it becomes."""

    id: str
    label: str
    record: str
    version: int = Field(default=1, description="Raised when the spec is mended")
    publisher: str
    licence: str
    reference: str = Field(description="Where the export can be had")
    unit: str = Field(description="What one record is: one of the record type's units")
    note: str = Field(default="", description="What a reader of figures must know about this source")
    zone: str = Field(description="Local time zone of the records, such as America/Chicago")
    format: Format = Format()
    key: list[str] = Field(default=[], description="Columns that identify a row; empty: its cells do")
    scope: Scope
    fields: dict[str, FieldMapping]
    repeat: dict[str, dict[str, FieldMapping]] = Field(
        default={}, description="One row holds several records: name of each → the fields it adds"
    )
    ignore: dict[str, str] = Field(default={}, description="Column not taken → why")

    @model_validator(mode="after")
    def _rows_can_be_told_apart(self) -> Self:
        if not self.key and self.scope.mode == "append":
            raise ValueError(
                "without a key a corrected row cannot replace the old one: use scope mode 'replace', or name a key"
            )
        return self

    def mappings(self) -> list[tuple[tuple[str, ...], FieldMapping]]:
        """Return every mapping with its place in the file."""
        common = [(("fields", name), mapping) for name, mapping in self.fields.items()]
        repeated = [
            (("repeat", entry, name), mapping)
            for entry, fields in self.repeat.items()
            for name, mapping in fields.items()
        ]
        return [*common, *repeated]

    def columns(self) -> list[str]:
        """Return the columns that the file must have, in the order in which the spec names them."""
        named: dict[str, None] = dict.fromkeys(self.key)
        for _, mapping in self.mappings():
            named.update(dict.fromkeys(c for c in (mapping.column, mapping.time_column, mapping.times) if c))
        named.update(dict.fromkeys(self.ignore))
        return list(named)
