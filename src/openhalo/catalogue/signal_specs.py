"""Signals as data: what about an officer's work calls for a look, apart from the thresholds of rules.

What every signal says, and what several kinds share; each kind has its own keys in `signal_kinds`.
"""

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar

from pydantic import Field

from openhalo.base.errors import name_all
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import links_of
from openhalo.catalogue.documents import Document, Location
from openhalo.catalogue.indicators import OFFICER, IndicatorSpec
from openhalo.catalogue.kinds import Shelves
from openhalo.catalogue.never_inputs import NeverInput, forbidden_inputs
from openhalo.catalogue.reader import Spec
from openhalo.catalogue.record_types import WITHHELD
from openhalo.catalogue.references import known, record_type_known
from openhalo.catalogue.schema import Schema, Unread

_PERSON = ("race", "races", "gender", "age")
"""Traits of the person whom a record is about: a disparity is about them. An officer's never count."""


class SignalSpec(Spec):
    """What every signal says. Its kind says how officers are found; it names nobody as worse than another."""

    reads_everything: ClassVar[bool] = False
    """Whether it reads all indicators, also of past years."""

    id: str = Field(description="Given by the place of the file")
    kind: str = Field(description="How officers are found: one of the kinds that follow")
    label: str = Field(description="What the signal is called in a list")
    why: str = Field(description="Why it is there, in plain words")
    sources: list[str] = Field(min_length=1, description="Policies and studies that it comes from")

    @property
    def indicators(self) -> list[str]:
        """Return the indicators that it is about."""
        return []

    @property
    def records(self) -> list[str]:
        """Return the record types that it reads itself, past the indicators."""
        return []

    @property
    @abstractmethod
    def facts(self) -> dict[str, str]:
        """Return what it reads and how, for a list: words → text."""

    @abstractmethod
    def cross_check(self, document: Document, shelves: Shelves) -> None:
        """Check what it refers to, and that it reads no input that is never one."""


class IndicatorSignal(SignalSpec):
    """A signal that rests on one indicator."""

    indicator: str = Field(min_length=1, description="The count")
    months: int = Field(gt=0, description="Months that it looks back over")

    @property
    def indicators(self) -> list[str]:
        """Return the indicator."""
        return [self.indicator]

    @property
    def facts(self) -> dict[str, str]:
        """Return the indicator and the months."""
        return {"reads": f"`{self.indicator}`", "looks back": f"{self.months} months"}

    def fitting(self, indicators: Mapping[str, IndicatorSpec]) -> tuple[str, dict[str, IndicatorSpec]]:
        """Return which indicators it can rest on: in words, and by id."""
        return "count", {name: one for name, one in indicators.items() if one.is_count}

    def cross_check(self, document: Document, shelves: Shelves) -> None:
        """Check that the indicator looks back over its months."""
        what, fit = self.fitting(shelves.of(IndicatorSpec))
        if known(self.indicator, fit, what, document, ("indicator",)):
            months = fit[self.indicator].months
            if self.months not in months:
                found = f"{self.indicator} does not look back {self.months} months"
                document.report(("months",), found, ", ".join(map(str, months)))


class RecordSignal(SignalSpec):
    """A signal that reads records of one type."""

    record: str = Field(min_length=1, description="The record type that it reads")
    officer: str = Field(default="officer", description="Its link to the officer, or a text with the officer's own id")
    where: str = Field(default="", description="Which of these records it reads")
    months: int = Field(gt=0, description="Months that it looks back over")

    @property
    def records(self) -> list[str]:
        """Return the record type."""
        return [self.record]

    @property
    def facts(self) -> dict[str, str]:
        """Return the record type and the months."""
        return {"reads": f"`{self.record}`", "looks back": f"{self.months} months"}

    @property
    def about_the_person(self) -> str:
        """Return the condition that may ask for traits of the person whom a record is about; empty: none may."""
        return ""

    @property
    def paths(self) -> dict[Location, str]:
        """Return the fields that it reads besides, by place."""
        return {}

    def cross_check(self, document: Document, shelves: Shelves) -> None:
        """Check what it reads of the records."""
        if record_type_known(self.record, document, ("record",), shelves.schema):
            with suppress(Unread):
                self._check_officer(document, shelves.schema)
                self._check_condition("where", self.where, (), document, shelves.schema)
                own = _PERSON if self.record != OFFICER else ()
                self._check_condition("outcome", self.about_the_person, own, document, shelves.schema)
                for at, path in self.paths.items():
                    self._check_path(at, path, document, shelves.schema)

    def _check_officer(self, document: Document, schema: Schema) -> None:
        officer = schema.follow(self.record, self.officer)
        if officer is None or (officer[1].to != OFFICER and officer[1].type != "text"):
            fields = schema.record_type(self.record).fields
            allowed = name_all(name for name, field in fields.items() if field.to == OFFICER)
            document.report(("officer",), f"'{self.officer}' of {self.record} leads to no officer", allowed)

    def _check_condition(self, place: str, text: str, own: tuple[str, ...], document: Document, schema: Schema) -> None:
        node, problems = parse(text, self.record, schema) if text else (None, [])
        for problem in problems:
            document.report((place,), f'in "{text}": {problem.found}', problem.allowed, problem.todo)
        for path, privacy in schema.withheld(node, self.record):
            document.report((place,), f"'{path}' is {privacy}: no signal may rest on it", "public and internal fields")
        if links_of(node):
            document.report(
                (place,),
                f"'{min(links_of(node))}' leads to records with times of their own",
                "the record's own fields and to-one paths, no any() or count()",
            )
        for words, kind in forbidden_inputs(self.record, [self.officer], node, schema):
            if words not in own:
                _forbidden((place if words != self.record else "record",), words, kind, document)

    def _check_path(self, at: Location, path: str, document: Document, schema: Schema) -> None:
        field = schema.follow(self.record, path)
        if field is None:
            document.report(at, f"{self.record} has no field '{path}'")
        elif field[1].privacy in WITHHELD:
            document.report(at, f"'{path}' is {field[1].privacy}: no signal may rest on it")
        else:
            for words, kind in forbidden_inputs(self.record, [path], None, schema):
                _forbidden(at, words, kind, document)


def _forbidden(place: Location, words: str, kind: NeverInput, document: Document) -> None:
    found = f"'{words}' is {kind.name}: it is never an input of early intervention, for {kind.reason}"
    document.report(place, found, todo="leave it out; no setting allows it")
