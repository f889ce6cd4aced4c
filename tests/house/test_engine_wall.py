"""Readers of records speak Ibis: there is no way round the engine, by a writer's cursor or by Ibis' own backends."""

import ast
from configparser import ConfigParser
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "src" / "openhalo"
SPEAKERS = {
    "engines/damaged_files.py",
    "engines/duckdb_cursor.py",
    "engines/duckdb_engine.py",
    "records/changes.py",
    "records/identity.py",
    "records/purged_rows.py",
    "records/staging.py",
    "records/sql.py",
    "records/writing.py",
}
"""Modules that the import contract lets speak to DuckDB."""


def ways_round(code: str) -> list[str]:
    """Return what a piece of code takes of an engine other than by asking it."""
    found = []
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.ImportFrom(module=module, names=names):
                if {one.name for one in names} & {"cursor", "duckdb"} or "backends" in (module or "").split("."):
                    found.append(ast.unparse(node))
            case ast.Import(names=names):
                found += [one.name for one in names if "backends" in one.name.split(".") or one.name == "duckdb"]
            case ast.Attribute(attr="raw_sql" | "con" | "execute" | "cursor"):
                found.append(ast.unparse(node))
            case ast.Call(func=asked, args=[ast.Constant(value=str(name)), *_]):
                by_name = ast.unparse(asked).rpartition(".")[2] in ("import_module", "__import__")
                found += [ast.unparse(node)] if by_name and {*name.split(".")} & {"duckdb", "ibis"} else []
            case ast.Attribute(value=ast.Name(id="ibis"), attr=name) if name in ("duckdb", "connect", "set_backend"):
                found.append(ast.unparse(node))
    return found


def test_no_other_module_has_a_way_round_the_engine():
    found = {
        path.relative_to(LIBRARY).as_posix(): ways
        for path in LIBRARY.rglob("*.py")
        if (ways := ways_round(path.read_text(encoding="utf-8")))
    }
    assert {name: ways for name, ways in found.items() if name not in SPEAKERS} == {}


def test_the_same_modules_stand_in_the_import_contract():
    contracts = ConfigParser()
    contracts.read(LIBRARY.parents[1] / ".importlinter")
    allowed = contracts["importlinter:contract:engines"]["allowed_importers"].split()
    assert {f"{name.removeprefix('openhalo.').replace('.', '/')}.py" for name in allowed} == SPEAKERS


@pytest.mark.parametrize(
    "code",
    [
        "from openhalo.records.writing import cursor",
        "import ibis\nibis.duckdb.connect().raw_sql('SELECT 1')",
        "from ibis.backends.duckdb import Backend",
        "import ibis.backends.duckdb",
        "def f(): import duckdb",
        "table.execute()",
        "from openhalo.records import writing\nwriting.cursor().sql('SELECT 1')",
        "from importlib import import_module\nimport_module('duckdb')",
        "__import__('duckdb')",
    ],
)
def test_a_way_round_is_found(code):
    assert ways_round(code)
