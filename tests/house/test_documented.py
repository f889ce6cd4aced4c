"""What can be used is documented with an example, and the reference says what the code says."""

import importlib.util
import re
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

import openhalo
from openhalo.catalogue.index import KINDS, load
from openhalo.cli.main import app
from openhalo.sites.settings import Settings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
COMMANDS = typer.main.get_command(app).commands


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The reference as its builder would write it now."""
    spec = importlib.util.spec_from_file_location("build_reference", ROOT / "docs" / "build_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


def test_the_reference_is_current(pages):
    written = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    assert written.keys() == pages.keys()
    stale = [name for name in pages if written[name] != pages[name]]
    assert stale == [], "run: make docs"


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_an_example_and_words_for_each_part(name, pages):
    command = COMMANDS[name]
    assert f"Example: openhalo {name}" in command.help
    assert f"## openhalo {name}\n" in pages["commands.md"]
    assert [p.name for p in command.params if p.name != "help" and not p.help] == []


def test_each_public_name_has_an_example(pages):
    page = pages["python.md"]
    example = page[: page.index("## ")]
    held = {name: value for one in reversed(openhalo.Site.__mro__[:-1]) for name, value in vars(one).items()}
    site = [name for name in held if not name.startswith("_")]
    assert {"settings", "signal", "publish"} <= {*site}
    used = set(re.findall(r"(?:openhalo|site)\.(\w+)", example))
    assert {*openhalo.__all__, *site} - used == set()
    described = set(re.findall(r"^##+ (?:openhalo|Site)\.(\w+)", page, re.MULTILINE))
    methods = {name for name in site if getattr(held[name], "__doc__", None)}
    assert {*openhalo.__all__, *methods} - described == set()


def test_each_measure_and_record_type_has_an_example(pages):
    catalogue = load()
    for measure in catalogue.measures.values():
        assert measure.example.expect, measure.id
        assert f"## {measure.id}\n" in pages["measures.md"]
    for record in catalogue.record_types.values():
        assert record.example, record.id
        assert f"## {record.id}\n" in pages["records.md"]


def _models(annotation: Any) -> set[type[BaseModel]]:
    found = {model for part in get_args(annotation) for model in _models(part)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        found |= {annotation} | {m for field in annotation.model_fields.values() for m in _models(field.annotation)}
    return found


def test_each_key_of_a_catalogue_file_is_described(pages):
    models = set().union(*(_models(schema) for schema in [*(kind.schema for kind in KINDS), Settings]))
    bare = {f"{m.__name__}.{n}" for m in models for n, field in m.model_fields.items() if not field.description}
    assert bare == set()
    keys = {field.alias or name for m in models for name, field in m.model_fields.items()} - {"id"}
    assert {key for key in keys if f"| `{key}`" not in pages["catalogue.md"]} == set()


WORDS_OF_THE_DESIGN = """
delivery receipt source_spec scope unit record record_type vocabulary condition manifest store_version known-by measure
figure guard analysis analysis_plan release publisher disclosure_policy protection_unit signal review_set intervention
framework requirement evidence claimed_/_verified procedure case clock improvement purge site
"""


def test_each_word_is_defined_once():
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert words == sorted(words, key=str.casefold)
    assert {word.replace("_", " ") for word in WORDS_OF_THE_DESIGN.split()} - set(words) == set()


def test_each_see_leads_to_a_word_that_is_defined():
    written = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", written, re.MULTILINE))
    leads = {word: told[1] for word, text in rows.items() if (told := re.fullmatch(r"See \*\*(.+)\*\*\.", text))}
    assert len(leads) > 20
    assert set(leads.values()) <= rows.keys() - leads.keys()
