"""Signals as data: what about an officer's work calls for a look, apart from the thresholds of rules.

`count` fills the set by a shrunken count; `peers` finds who stands out among officers doing the same work; `disparity`
holds an officer's events against similar ones of others; `same_scene` compares officers who were there together;
`risk` is a model, which a site may switch on only after its own backtest.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Literal

from pydantic import Field

from openhalo.base.errors import name_all
from openhalo.catalogue.condition_parser import parse
from openhalo.catalogue.conditions import links_of
from openhalo.catalogue.indicators import OFFICER, IndicatorSpec
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.never_inputs import NeverInput, forbidden_inputs
from openhalo.catalogue.reader import Document, Location, Misfit, Spec
from openhalo.catalogue.record_types import WITHHELD
from openhalo.catalogue.references import known, record_type_known
from openhalo.catalogue.schema import Schema, Unread

_NEEDS = {
    "count": ("indicator", "months"),
    "peers": ("indicator", "months"),
    "disparity": ("record", "outcome", "similar", "months"),
    "same_scene": ("record", "scene", "level", "months"),
    "risk": ("model", "foresees", "counted"),
}
_TAKES = {"disparity": ("where", "officer"), "same_scene": ("where", "officer"), "peers": ("false_discovery",)}
_TAKES["disparity"] += ("false_discovery",)
_PERSON = ("race", "races", "gender", "age")
"""Traits of the person whom a record is about: a disparity is about them. An officer's never count."""
_OWN = (
    "indicator",
    "record",
    "officer",
    "where",
    "outcome",
    "similar",
    "scene",
    "level",
    "model",
    "foresees",
    "counted",
    "false_discovery",
    "months",
)


class SignalSpec(Spec):
    """One signal. Its kind says how officers are found; it names nobody as worse than another."""

    id: str = Field(description="Given by the place of the file")
    kind: Literal["count", "peers", "disparity", "same_scene", "risk"] = Field(
        description="count: who has most, shrunken; peers: who stands out among officers doing the same work; "
        "disparity: against similar events of others; same_scene: against others who were there; risk: a model"
    )
    label: str = Field(description="What the signal is called in a list")
    why: str = Field(description="Why it is there, in plain words")
    indicator: str = Field(default="", description="count, peers: the count, or the ratio with its exposure")
    months: int = Field(default=0, ge=0, description="Months that it looks back over")
    false_discovery: float | None = Field(
        default=None,
        gt=0,
        le=0.5,
        description="peers, disparity: share of those found who may be there by chance (Benjamini and Hochberg); 0.1",
    )
    record: str = Field(default="", description="disparity, same_scene: the record type that it reads")
    officer: str = Field(default="officer", description="Its link to the officer, or a text with the officer's own id")
    where: str = Field(default="", description="Which of these records it reads")
    outcome: str = Field(
        default="", description="disparity: what is compared; of the person's own traits it alone may ask"
    )
    similar: list[str] = Field(default=[], description="disparity: fields that make two events similar")
    scene: str = Field(default="", description="same_scene: the field that is the same for all who were there")
    level: str = Field(default="", description="same_scene: the level of force, a whole number from 0 up")
    model: Literal["", "logistic", "lightgbm"] = Field(default="", description="risk: which model")
    foresees: str = Field(default="", description="risk: the count that is to be foreseen")
    counted: str = Field(default="", description="risk: the count that the model must beat, shrunken")
    sources: list[str] = Field(min_length=1, description="Policies and studies that it comes from")

    def misfits(self) -> Iterable[Misfit]:
        """Yield keys that the kind needs and lacks, or does not take."""
        for name in _NEEDS[self.kind]:
            if not getattr(self, name):
                yield Misfit(("kind",), f"a signal of kind {self.kind} without '{name}'", todo=f"add '{name}'")
        for name in sorted(set(_OWN) & self.model_fields_set - {*_NEEDS[self.kind], *_TAKES.get(self.kind, ())}):
            yield Misfit((name,), f"'{name}' in a signal of kind {self.kind}", todo="remove it")


def cross_check(spec: SignalSpec, document: Document, shelves: Shelves) -> None:
    """Check what a signal refers to, and that it reads no input that is never one."""
    schema, indicators = shelves.schema, shelves.of(IndicatorSpec)
    if spec.kind == "risk":
        counts = {name: one for name, one in indicators.items() if one.is_count and 12 in one.months}
        for place, name in (("foresees", spec.foresees), ("counted", spec.counted)):
            known(name, counts, "count over twelve months", document, (place,))
    elif spec.indicator:
        _looks_back(spec, document, indicators)
    elif record_type_known(spec.record, document, ("record",), schema):
        with suppress(Unread):
            _reads(spec, document, schema)


def _looks_back(spec: SignalSpec, document: Document, indicators: Mapping[str, IndicatorSpec]) -> None:
    fit = {n: one for n, one in indicators.items() if one.is_count or (one.kind == "ratio" and spec.kind == "peers")}
    if known(spec.indicator, fit, "count" if spec.kind == "count" else "count or ratio", document, ("indicator",)):
        months = fit[spec.indicator].months
        if spec.months not in months:
            found = f"{spec.indicator} does not look back {spec.months} months"
            document.report(("months",), found, ", ".join(map(str, months)))


def _reads(spec: SignalSpec, document: Document, schema: Schema) -> None:
    officer = schema.follow(spec.record, spec.officer)
    if officer is None or (officer[1].to != OFFICER and officer[1].type != "text"):
        fields = schema.record_type(spec.record).fields
        allowed = name_all(name for name, field in fields.items() if field.to == OFFICER)
        document.report(("officer",), f"'{spec.officer}' of {spec.record} leads to no officer", allowed)
    for place, text in (("where", spec.where), ("outcome", spec.outcome)):
        node, problems = parse(text, spec.record, schema) if text else (None, [])
        for problem in problems:
            document.report((place,), f'in "{text}": {problem.found}', problem.allowed, problem.todo)
        for path, privacy in schema.withheld(node, spec.record):
            document.report((place,), f"'{path}' is {privacy}: no signal may rest on it", "public and internal fields")
        if links_of(node):
            document.report(
                (place,),
                f"'{min(links_of(node))}' leads to records with a clock of their own",
                "the record's own fields and to-one paths, no any() or count()",
            )
        own = _PERSON if place == "outcome" and spec.record != OFFICER else ()
        for words, kind in forbidden_inputs(spec.record, [spec.officer], node, schema):
            if words not in own:
                _forbidden((place if words != spec.record else "record",), words, kind, document)
    paths: dict[Location, str] = {("similar", index): path for index, path in enumerate(spec.similar)}
    for at, path in (paths or {("scene",): spec.scene, ("level",): spec.level}).items():
        field = schema.follow(spec.record, path)
        if field is None:
            document.report(at, f"{spec.record} has no field '{path}'")
        elif field[1].privacy in WITHHELD:
            document.report(at, f"'{path}' is {field[1].privacy}: no signal may rest on it")
        else:
            for words, kind in forbidden_inputs(spec.record, [path], None, schema):
                _forbidden(at, words, kind, document)


def _forbidden(place: Location, words: str, kind: NeverInput, document: Document) -> None:
    found = f"'{words}' is {kind.name}: it is never an input of early intervention, for {kind.reason}"
    document.report(place, found, todo="leave it out; no setting allows it")


KIND = Kind("indicators/signals/NAME", SignalSpec, cross_check, site_may_redefine=True)
