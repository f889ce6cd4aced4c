"""What can be used is documented with an example, and the reference says what the code says."""

import importlib.util
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
import typer

import openhalo
from openhalo.catalogue.index import KINDS, load
from openhalo.catalogue.reader import Spec
from openhalo.cli.main import app

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
    assert stale == [], "run: make fresh"


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
    assert {*openhalo.__all__, *site} - used == set(), "use it in the example of docs/build_reference.py; make fresh"
    described = set(re.findall(r"^##+ (?:openhalo|Site)\.(\w+)", page, re.MULTILINE))
    methods = {name for name in site if getattr(held[name], "__doc__", None)}
    assert {*openhalo.__all__, *methods} - described == set()


def _imports(text: str) -> Iterator[tuple[str, str]]:
    """Every module or name that Python code in a text imports from OpenHALO, and what is taken of it there."""
    for module, names in re.findall(r"^\s*from (openhalo[\w.]*) import ([\w, ]+)$", text, re.MULTILINE):
        for name in names.split(", "):
            yield module, name
            for taken in re.findall(rf"(?<![\w.]){name}\.(\w+)\(", text):
                yield f"{module}.{name}", taken


def _held(module: str, name: str) -> bool:
    """Whether a module, or a class of one, has this name."""
    try:
        return hasattr(import_module(module), name) or bool(import_module(f"{module}.{name}"))
    except ModuleNotFoundError:
        parent, _dot, last = module.rpartition(".")
        return bool(parent) and hasattr(getattr(import_module(parent), last, None), name)


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.name
)
def test_code_in_the_docs_imports_what_is_there(path):
    found = list(_imports(path.read_text(encoding="utf-8")))
    assert [f"{module}.{name}" for module, name in found if not _held(module, name)] == []


def test_an_import_that_is_gone_is_found():
    text = "    from openhalo.statistics import surveys, rates\n    rates.gone(1)\n"
    assert [_held(*one) for one in _imports(text)] == [False, True, False]
    assert [_held(*one) for one in _imports("from openhalo.base.periods import Period\nPeriod.parse('2017')")] == [
        True,
        True,
    ]


def test_each_measure_and_record_type_has_an_example(pages):
    catalogue = load()
    for measure in catalogue.measures.values():
        assert measure.example.expect, measure.id
        assert f"## {measure.id}\n" in pages["measures.md"]
    for record in catalogue.record_types.values():
        assert record.example, record.id
        assert f"## {record.id}\n" in pages["records.md"]


def _schemas(schema: type[Spec] = Spec) -> set[type[Spec]]:
    """Every schema of a file that people write, or of a part of one, wherever it is defined."""
    return {one for sub in schema.__subclasses__() for one in {sub, *_schemas(sub)} if one.__module__ in MODULES}


MODULES = {module.name for module in walk_packages(openhalo.__path__, "openhalo.") if "__main__" not in module.name}


def test_each_key_of_a_file_that_people_write_is_described(pages):
    for name in MODULES:
        importlib.import_module(name)
    schemas = _schemas()
    assert {"Funnel", "PeersSignal", "Policy", "Governance", "AnalysisPlan", "Settings", "RecordType"} <= {
        schema.__name__ for schema in schemas
    }
    bare = {f"{m.__name__}.{n}" for m in schemas for n, field in m.model_fields.items() if not field.description}
    assert bare == set()
    keys = {(m.__name__, field.alias or n) for m in schemas for n, field in m.model_fields.items() if n != "id"}
    rows = re.findall(r"^\| `(\w+)`\*? \| .* \| .+ \|$", pages["catalogue.md"], re.MULTILINE)
    assert {key for key in keys if key[1] not in rows} == set()


def test_each_kind_of_analysis_and_signal_has_its_part_of_the_reference(pages):
    parts = re.findall(r"^### (.+) \(in .*NAME.yaml\)$", pages["catalogue.md"], re.MULTILINE)
    forms = [form for kind in KINDS.values() for form in kind.forms.values()]
    assert len(forms) > 15
    words = {re.sub("(?<=.)([A-Z])", lambda c: f" {c[1].lower()}", form.__name__) for form in forms}
    assert {word[0].lower() + word[1:] for word in words} - set(parts) == set()


def test_each_module_and_file_that_the_architecture_names_is_there():
    """Names such as `records.store` or `sites.open_site`, and paths such as `measures/guards.py`."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = {path.parent.name for path in (ROOT / "src" / "openhalo").glob("*/__init__.py")}
    names = [name for name in re.findall(r"`((?:\w+\.)+\w+)`", text) if name.partition(".")[0] in packages]
    assert len(names) > 20
    found = {f"openhalo.{name}" for name in names} - MODULES
    parts = {name: name.rpartition(".") for name in found}
    missing = {n for n, (module, _, what) in parts.items() if module not in MODULES or not _has(module, what)}
    assert missing == set()
    paths = [path for path in re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", text) if path.partition("/")[0] in packages]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / "src" / "openhalo" / path).exists()] == []


def _has(module: str, what: str) -> bool:
    return hasattr(importlib.import_module(module), what)


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
