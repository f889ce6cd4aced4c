"""Write the reference from what it describes: `make fresh`. A test fails when it is not current."""

import inspect
import sys
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic import BaseModel

import openhalo
from openhalo.analyses.results import AnalysisResult
from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.catalogue.index import KINDS, Catalogue, load
from openhalo.catalogue.never_inputs import NEVER_INPUTS
from openhalo.catalogue.record_types import RecordType
from openhalo.cli.main import app
from openhalo.disclosure.policy import Policy
from openhalo.early_intervention.governance import Governance
from openhalo.measures.figures import MeasureResult
from openhalo.sites.demo import DemoDelivery
from openhalo.sites.settings import Settings

PYTHON_EXAMPLE = """from datetime import date

import openhalo

print(openhalo.__version__)
site: openhalo.Site = openhalo.open_site("springfield")
print(site.path, site.settings.title, sorted(site.catalogue.measures))

receipt = site.import_file("template:stops/stop", "stops.xlsx")
print(receipt.rows_accepted, receipt.rows_rejected, len(site.receipts()), site.deliveries / receipt.delivery)
print(site.source(receipt.source, receipt.agency).fields)

site.records("stops/stop", where="search_conducted").collect()
site.write_records("stops/stop", "stops.parquet")
site.measure("stops/search_share", by="race", period="year").to_polars()
print(site.dry_run().withheld)
print(site.analyse("stops/hit_rates").sentence(), site.plan)
print(site.publish(), site.releases, site.store.manifest().version)
print(site.verify("0001").problems, site.recompute("0001", store=True).cannot, site.diff("0001", "0002")["counts"])
site.register.recall("0001", "A figure was wrong")
print(site.hand_over("march.zip", by="J. Rivera")["sha256"])
purge = site.purge("spd/template_stops_stop/17-0042", authority="Court order 2026-118")
print(site.verify_receipt(f"springfield/store/purges/{purge.purge}.json").versions, site.public_key())
print(site.layout.keys, site.upgrade(dry_run=True))

if site.governance:
    print(site.backtest(outcome="allegations_sustained", counted="allegations").best.label)
    print(site.signal(date(2013, 12, 31)).signals, site.sheet("2013-Q4", rules=["miami_dade"]).cards)
    print(site.own_record("10014", date(2013, 12, 31))["signal"])
    print(site.outcomes("force_reports").factors)"""

REFERENCE = Path(__file__).parent / "reference"
FILES: dict[str, list[type[BaseModel]]] = {
    **{f"{kind.shape}.yaml": [kind.schema, *kind.forms.values()] for kind in KINDS.values()},
    "agency.yaml": [Settings],
    "disclosure.yaml": [Policy],
    "analysis_plan.yaml": [AnalysisPlan],
    "governance.yaml": [Governance],
    "openhalo_catalogue/demo/deliveries.yaml": [DemoDelivery],
}
"""Every file that people write: what every such file says, and, where each `kind` has keys of its own, these."""


def pages() -> dict[str, str]:
    """Return every page of the reference by file name."""
    catalogue = load()
    written = {
        "commands.md": commands(),
        "catalogue.md": schemas(),
        "measures.md": measures(catalogue),
        "analyses.md": analyses(catalogue),
        "records.md": records(catalogue),
        "indicators.md": indicators(catalogue),
        "vocabularies.md": vocabularies(catalogue),
        "sources.md": sources(catalogue),
        "python.md": python(),
    }
    return {name: text.rstrip() + "\n" for name, text in written.items()}


def commands() -> str:
    """Describe each verb with its arguments and options."""
    group = typer.main.get_command(app)
    parts = ["# Commands\n\nEach verb is `openhalo VERB …`; `--help` says the same.\n"]
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        usage = " ".join(
            p.name.upper() if p.required else f"[{p.name.upper()}]"
            for p in command.params
            if p.param_type_name == "argument"
        )
        parts.append(f"## openhalo {name}\n\n{command.help}\n\n    openhalo {name} {usage}\n")
        for parameter in command.params:
            shown = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
            parts.append(f"- `{shown}`: {getattr(parameter, 'help', '') or ''}")
        parts.append("")
    return "\n".join(parts)


def schemas() -> str:
    """Describe every key of every kind of catalogue file, and of a site's settings."""
    parts = ["# What catalogue files may say\n", "A key that does not stand here is refused. `*`: must be given.\n"]
    for place, (schema, *forms) in FILES.items():
        parts += [f"## {place}\n", f"{(schema.__doc__ or '').strip()}\n"]
        for model in dict.fromkeys(one for form in (schema, *forms) for one in models_in(form)):
            common = set(schema.model_fields) - {"kind"} if model is not schema and issubclass(model, schema) else set()
            if model is not schema:
                parts += [f"### {_name(model)} (in {place})\n", f"{(model.__doc__ or '').strip()}\n"]
            parts += ["| key | what it may be | what it says |", "|---|---|---|"]
            for name, field in model.model_fields.items():
                if name == "id" or name in common:
                    continue
                key = f"`{field.alias or name}`" + ("*" if field.is_required() else "")
                empty = field.default in ("", None, [], {}) or isinstance(field.default, BaseModel)
                default = "" if field.is_required() or empty else f"; {_plain(field.default)} without it"
                parts.append(f"| {key} | {_in_words(field.annotation)}{default} | {_cell(field.description or '')} |")
            parts.append("")
    return "\n".join(parts)


def models_in(schema: Any) -> list[type[BaseModel]]:
    """Return a schema and every schema within it, each once, outermost first."""
    found: dict[type[BaseModel], None] = {}

    def walk(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in found:
            found[annotation] = None
            for field in annotation.model_fields.values():
                walk(field.annotation)
        for part in get_args(annotation):
            walk(part)

    walk(schema)
    return list(found)


_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "anything", object: "anything"}


def _in_words(annotation: Any) -> str:
    parts = [part for part in get_args(annotation) if part is not type(None)]
    origin = get_origin(annotation)
    if origin is Annotated:
        return _in_words(parts[0])
    if origin is Literal:
        return ", ".join(f"`{_plain(part)}`" for part in parts)
    if origin is dict:
        return f"names with {_in_words(parts[1])}"
    if origin is list:
        return f"list of {_in_words(parts[0])}"
    if parts:
        return " or ".join(_in_words(part) for part in parts)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"*{_name(annotation)}*"
    return _WORDS.get(annotation) or str(getattr(annotation, "__name__", annotation))


def _name(model: type[BaseModel]) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in model.__name__).strip().removesuffix(" spec")


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def measures(catalogue: Catalogue) -> str:
    """Describe each measure with its worked example."""
    parts = ["# Measures\n"]
    for spec in sorted(catalogue.measures.values(), key=lambda spec: spec.id):
        parts += [f"## {spec.id}\n", f"**{spec.question}** {spec.label}; a {spec.kind}.\n", f"{spec.why_it_matters}\n"]
        facts = {
            "counts": spec.record and f"`{spec.record}`, unit {spec.unit}",
            "where": spec.where and f"`{spec.where}`",
            "numerator": spec.numerator and f"`{spec.numerator}`",
            "groups": ", ".join(spec.groups),
            "crossed": "; ".join(" by ".join(pair) for pair in spec.pairs),
            "periods": ", ".join(spec.periods),
            "better": spec.direction,
            "read beside": spec.paired_with,
            "item of the core list": spec.core,
            "reviewed": f"{spec.reviewed}, next {spec.next_review}, by {spec.author}",
        }
        parts += [f"- {name}: {fact}" for name, fact in facts.items() if fact]
        parts += ["", "It cannot show:\n", *[f"- {limit}" for limit in spec.limits], ""]
        parts += ["Worked example (run as a test):\n", "```", *_example(spec.example.records), "→"]
        parts += [str(row) for row in spec.example.expect] + ["```", ""]
    return "\n".join(parts)


def analyses(catalogue: Catalogue) -> str:
    """Describe each analysis."""
    parts = ["# Analyses\n\nA site's `analysis_plan.yaml` says which of them it runs, and with which settings.\n"]
    for spec in sorted(catalogue.analyses.values(), key=lambda spec: spec.id):
        parts += [f"## {spec.id}\n", f"**{spec.question}** A test of kind {spec.kind}.\n", f"{spec.why_it_matters}\n"]
        facts = {
            "looks at": f"`{spec.record}`" + (f" where `{spec.where}`" if spec.where else ""),
            **{name: _setting(value) for name, value in spec.settings.items()},
            "described in": "; ".join(spec.sources),
            "item of the core list": spec.core,
            "reviewed": f"{spec.reviewed}, next {spec.next_review}, by {spec.author}",
        }
        parts += [f"- {name}: {fact}" for name, fact in facts.items() if fact]
        parts += ["", "It cannot show:\n", *[f"- {limit}" for limit in spec.limits], ""]
    return "\n".join(parts)


def _setting(value: Any) -> str:
    return (
        ", ".join(map(_plain, value))
        if isinstance(value, list)
        else f"`{_plain(value)}`"
        if value not in ("", None)
        else ""
    )


def indicators(catalogue: Catalogue) -> str:
    """Describe each indicator, signal and rule of early intervention, and what is never an input."""
    parts = [
        "# Indicators, signals and rules\n\nHow they are used: [how-to](../how-to/switch-on-early-intervention.md).\n"
    ]
    parts += ["## What is never an input\n", "No setting allows it.\n", "| what | why |", "|---|---|"]
    parts += [f"| {kind.name} | {kind.reason} |" for kind in NEVER_INPUTS]
    parts += ["", "## Signals\n"]
    for one in sorted(catalogue.signals.values(), key=lambda spec: spec.id):
        parts += [f"### {one.id}\n", f"{one.label}; of kind {one.kind}. {one.why}\n"]
        parts += [f"- {name}: {fact}" for name, fact in one.facts.items()]
        parts += [f"- described in: {'; '.join(one.sources)}", ""]
    parts.append("## Rules\n")
    for rule in sorted(catalogue.rules.values(), key=lambda spec: spec.id):
        parts += [f"### {rule.id}\n", f"{rule.label}. {rule.note}".rstrip() + "\n"]
        parts += [
            f"- `{one.indicator}` over {one.months} months: {one.at_least:g} or more"
            + (f", of at least {one.exposure}" if one.exposure else "")
            for one in rule.any_of
        ]
        parts += [f"- described in: {'; '.join(rule.sources)}", ""]
    parts.append("## Indicators\n")
    for spec in sorted(catalogue.indicators.values(), key=lambda spec: spec.id):
        facts = {
            "counts": spec.record and f"`{spec.record}`" + (f" where `{spec.where}`" if spec.where else ""),
            "divides": spec.of and f"`{spec.of}` by `{spec.per}`",
            "adds up": ", ".join(f"`{name}`" for name in spec.any_of),
            "learned with": spec.known_at,
            "looks back": f"{', '.join(map(str, spec.months))} months",
            "weight": spec.severity != 1 and f"{spec.severity:g}",
            "described in": "; ".join(spec.sources),
            "reviewed": f"{spec.reviewed}, next {spec.next_review}, by {spec.author}",
        }
        parts += [f"### {spec.id}\n", f"**{spec.question}** {spec.label}; of kind {spec.kind}, {spec.direction}.\n"]
        parts += [f"{spec.why}\n", *[f"- {name}: {fact}" for name, fact in facts.items() if fact], ""]
    return "\n".join(parts)


def _example(rows: dict[str, list[dict[str, object]]]) -> list[str]:
    return [f"{record}: {row}" for record, items in rows.items() for row in items]


def records(catalogue: Catalogue) -> str:
    """Describe each record type, field by field, with an example."""
    return "\n".join(["# Record types\n", *[_record(spec) for _, spec in sorted(catalogue.record_types.items())]])


def _record(spec: RecordType) -> str:
    lines = [f"## {spec.id}\n", f"{spec.description}\n", f"Source: {spec.source}. Version {spec.version}.\n"]
    lines += ["| field | what it is | type | who may see it | source |", "|---|---|---|---|---|"]
    for name, field in spec.fields.items():
        kind = f"{field.type} {field.vocabulary or field.to or field.unit}".strip()
        required = " (required)" if field.required else ""
        lines.append(f"| `{name}`{required} | {field.label} | {kind} | {field.privacy} | {field.source} |")
    lines += ["", "Rules:", *[f"- `{rule.condition}`: otherwise {rule.message}" for rule in spec.rules.values()], ""]
    return "\n".join([*lines, f"Example: `{spec.example}`", ""])


def vocabularies(catalogue: Catalogue) -> str:
    """Describe each code list."""
    lines = ["# Vocabularies\n"]
    for spec in sorted(catalogue.vocabularies.values(), key=lambda spec: spec.id):
        lines += [
            f"## {spec.id}\n",
            f"{spec.description}\n",
            f"Source: {spec.source}.\n",
            "| code | label |",
            "|---|---|",
        ]
        lines += [f"| `{code}` | {spec.codes[code].label} |" for code in spec.order]
        lines += ["", f"Crosswalks: {', '.join(sorted(spec.crosswalks)) or 'none yet'}.", ""]
    return "\n".join(lines)


def sources(catalogue: Catalogue) -> str:
    """Describe each known export."""
    lines = ["# Sources\n"]
    for spec in sorted(catalogue.sources.values(), key=lambda spec: spec.id):
        lines += [f"## {spec.id}\n", f"{spec.label}. Becomes `{spec.record}`; one row is a {spec.unit}.\n"]
        lines += [f"{spec.note}\n", f"Published by {spec.publisher}. {spec.licence}.", ""]
    return "\n".join(lines)


def python() -> str:
    """Describe the public names of the package and of a site."""
    lines = ["# Python\n", "```python", PYTHON_EXAMPLE, "```", ""]
    for name in sorted(openhalo.__all__):
        value = getattr(openhalo, name)
        told = f"`{value}`" if isinstance(value, str) else f"```\n{inspect.cleandoc(value.__doc__)}\n```"
        lines += [f"## openhalo.{name}\n", told, ""]
    for kind in (openhalo.Site, MeasureResult, AnalysisResult):
        if kind is not openhalo.Site:
            lines += [f"## {kind.__name__}\n", "```", inspect.cleandoc(kind.__doc__ or ""), "```", ""]
        held = {name: method for one in reversed(kind.__mro__[:-1]) for name, method in vars(one).items()}
        for name, method in sorted(held.items()):
            if not name.startswith("_") and (callable(method) or isinstance(method, property | cached_property)):
                lines += [f"### {kind.__name__}.{name}\n", "```", inspect.cleandoc(method.__doc__ or ""), "```", ""]
    lines += ["Two results are never equal by `==`: compare what they hold, such as `to_polars()`.", ""]
    return "\n".join(lines)


def main() -> None:
    """Write all pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{REFERENCE}\n")


if __name__ == "__main__":
    main()
