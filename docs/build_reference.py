"""Write the reference from what it describes: `make docs`. A test fails when it is not current."""

import sys
from pathlib import Path

import typer

import openhalo
from openhalo.catalogue.index import Catalogue, load
from openhalo.catalogue.record_types import RecordType
from openhalo.cli.main import app

REFERENCE = Path(__file__).parent / "reference"


def pages() -> dict[str, str]:
    """Return every page of the reference by file name."""
    catalogue = load()
    return {
        "commands.md": commands(),
        "measures.md": measures(catalogue),
        "records.md": records(catalogue),
        "vocabularies.md": vocabularies(catalogue),
        "sources.md": sources(catalogue),
        "python.md": python(),
    }


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
            "periods": ", ".join(spec.periods),
            "better": spec.direction,
            "reviewed": f"{spec.reviewed}, next {spec.next_review}, by {spec.author}",
        }
        parts += [f"- {name}: {fact}" for name, fact in facts.items() if fact]
        parts += ["", "It cannot show:\n", *[f"- {limit}" for limit in spec.limits], ""]
        parts += ["Worked example (run as a test):\n", "```", *_example(spec.example.records), "→"]
        parts += [str(row) for row in spec.example.expect] + ["```", ""]
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
    lines = ["# Python\n", "```python", "import openhalo", "", 'site = openhalo.open_site("my-site")']
    lines += ['site.measure("stops/search_share", by="race", period="year").to_polars()', "```", ""]
    for name in sorted(openhalo.__all__):
        lines += [f"## openhalo.{name}\n", (getattr(openhalo, name).__doc__ or "").strip(), ""]
    for name, method in sorted(vars(openhalo.Site).items()):
        if not name.startswith("_") and getattr(method, "__doc__", None):
            lines += [f"### Site.{name}\n", "```", method.__doc__.strip(), "```", ""]
    return "\n".join(lines)


def main() -> None:
    """Write all pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text.rstrip() + "\n", encoding="utf-8")
    sys.stdout.write(f"{REFERENCE}\n")


if __name__ == "__main__":
    main()
