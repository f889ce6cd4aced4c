"""Rules about the whole tree: sizes, names, imports, and that an agency is data."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
MODULES = sorted((SOURCE / "openhalo").rglob("*.py"))
CATALOGUE = SOURCE / "openhalo_catalogue"


def test_modules_stay_small():
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES if path.stat().st_size}
    written = sorted(size for path, size in sizes.items() if path.name != "__init__.py")
    assert max(sizes.values()) <= 450, max(sizes, key=sizes.get)
    assert statistics.median(written) <= 120
    assert written[int(0.9 * len(written))] <= 250


def test_no_module_has_a_name_that_says_nothing():
    vague = re.compile(r"^(utils?|helpers?|common|misc|manager)")
    assert [path.name for path in MODULES if vague.match(path.stem)] == []


def test_no_agency_stands_in_code():
    """Every proper name of the shipped sources and demo, and of well-known agencies, stays out of the code."""
    demo = yaml.safe_load((CATALOGUE / "demo" / "agency.yaml").read_text(encoding="utf-8"))
    named = {word for agency in demo["agencies"].values() for word in re.findall(r"[A-Z][a-z]{3,}", agency["name"])}
    named |= {path.stem.split("_")[0].capitalize() for path in (CATALOGUE / "sources").glob("*.yaml")}
    named |= {"Minneapolis", "Chicago", "Philadelphia", "Seattle", "Nypd", "Lapd"}
    named -= {"Police", "Department", "City", "Demo", "Template"}
    found = {
        f"{path.relative_to(SOURCE)}: {word}"
        for path in [*MODULES, *(SOURCE / "openhalo").rglob("*.html")]
        for word in named
        if re.search(rf"\b{word}\b", _without_zones(path.read_text(encoding="utf-8")), re.IGNORECASE)
    }
    assert found == set()


def _without_zones(text: str) -> str:
    """Time zones are named after cities; they are no agencies."""
    return re.sub(r"America/\w+", "", text)


def test_import_contracts_hold():
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout


CONTRACTS = {
    "stages",
    "acyclic",
    "kinds",
    "signal-kinds",
    "measure-kinds",
    "measure-traits",
    "statistics",
    "statistics-charts",
    "verification",
    "engines",
    "default-engine",
    "no-signal-in-a-release",
    "catalogue-data",
    "web-outside",
}
"""Each a promise of ARCHITECTURE: one that is taken out of the file would be missed by nothing else."""


def test_no_import_contract_is_missing():
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    assert set(re.findall(r"^\[importlinter:contract:(.+)\]$", text, re.MULTILINE)) >= CONTRACTS


def test_every_package_stands_in_the_import_contract():
    """The layers name each package; nothing exists outside of them."""
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    packages = {path.parent.name for path in (SOURCE / "openhalo").glob("*/__init__.py")}
    assert {name for name in packages if not re.search(rf"^\s+.*\b{name}\b", text, re.MULTILINE)} == set()


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.name != "__main__.py"], ids=lambda p: str(p.relative_to(SOURCE))
)
def test_each_module_says_what_it_is(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree)


def test_no_registry_host_is_named():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    hosts = re.compile(r"(pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)")
    named = [
        name
        for name in tracked
        if name != "tests/house/test_tree.py"
        and (ROOT / name).is_file()
        and hosts.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))
    ]
    assert named == []


OTHER_WORDS_OF_THE_FIELD = ["mask", "suppression", "disposition", "early warning", "BISG", "MRP", "CUSUM"]


@pytest.mark.parametrize("word", OTHER_WORDS_OF_THE_FIELD)
def test_the_glossary_leads_from_other_words_of_the_field_to_ours(word):
    text = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    ours = re.search(rf"^\| \*\*{word}\*\* \| See \*\*(.+)\*\*\.", text, re.MULTILINE)
    assert ours and f"| **{ours[1]}** |" in text
