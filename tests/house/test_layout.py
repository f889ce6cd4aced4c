"""The names of a site's folders and files stand in one module; every other gets its paths handed in."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from openhalo.base import settings_files
from openhalo.sites import layout

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "src" / "openhalo"
LAYOUT = Path(layout.__file__)
SETTINGS_FILES = Path(settings_files.__file__)
ALLOWED = {
    ("catalogue/signal_checks.py", "signals"): "a folder of the catalogue",
    ("releases/serving.py", "releases"): "an address on the web, which no folder need have",
    ("language/message_files.py", "locale"): "the translations that are shipped with a package, no site's",
}
_JOINING = {"Path", "PurePath", "joinpath", "with_name", "join", "open", "glob", "rglob"}


def texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every text within a piece of code."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def names_of_a_site() -> set[str]:
    """Every text of the layout, and of what it calls settings files, but docstrings."""
    return {node.value for path in (LAYOUT, SETTINGS_FILES) for node in said(path)}


def said(path: Path) -> list[ast.Constant]:
    """Every text of a module but its docstrings."""
    return written(ast.parse(path.read_text(encoding="utf-8")))


def written(tree: ast.AST) -> list[ast.Constant]:
    """Every text of a piece of code but its docstrings."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [node for node in texts(tree) if id(node) not in told]


NAMES = names_of_a_site()


def joined(code: str) -> set[str]:
    """The names of a site's folders and files that code joins to a path, itself or by a name that it gave them."""
    tree = ast.parse(code)
    called = {
        target.id: {node.value for node in texts(one.value)}
        for one in ast.walk(tree)
        if isinstance(one, ast.Assign | ast.AnnAssign) and isinstance(one.value, ast.Constant | ast.Tuple | ast.List)
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        if isinstance(target, ast.Name)
    }
    parts: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            parts += [node.left, node.right]
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div):
            parts.append(node.value)
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            parts += node.args if name in _JOINING else []
    found: set[str] = set()
    for part in parts:
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {piece for piece in node.value.split("/") if piece}
            elif isinstance(node, ast.Name):
                found |= called.get(node.id, set())
    # What reads like a path is one, whatever is done with it.
    for node in written(tree):
        pieces = node.value.split("/")
        found |= {piece for piece in pieces if piece} if len(pieces) > 1 and " " not in node.value else set()
    return found & NAMES


def test_the_layout_names_what_every_site_has():
    assert {"agency.yaml", "analysis_plan.yaml", "disclosure.yaml", "governance.yaml", "README.md"} <= NAMES
    assert {"catalogue", "deliveries", "store", "releases", "disclosure", "signals", "backtests"} <= NAMES
    assert {"locale", "keys", ".cache"} <= NAMES


def test_no_other_module_joins_such_a_name_to_a_path():
    found = {
        (path.relative_to(LIBRARY).as_posix(), name)
        for path in LIBRARY.rglob("*.py")
        if path != LAYOUT
        for name in joined(path.read_text(encoding="utf-8"))
    }
    assert found - ALLOWED.keys() == set(), "let sites.layout give the path, and hand it in"
    assert ALLOWED.keys() - found == set(), "nothing needs this exception any more"


@pytest.mark.parametrize(
    "code",
    [
        'site / "store"',
        'Path("releases")',
        'site.joinpath("x", "keys")',
        'Path(f"{site}/store/tables")',
        'FOLDER = "disclosure"\n\ndef f(site): return site / FOLDER',
        'open(f"{site}/store/manifests/x.json")',
        'site.glob("deliveries/*/receipt.json")',
        'place /= "store"',
        'str(site) + "/signals/2013.json"',
        'site.joinpath(*("releases", "x"))',
        'folder: str = "keys"\ndef f(site): return site / folder',
        'site / ("store" if a else "b")',
        'FILES = ("agency.yaml", "x")\nfor FILES in FILES: site / FILES',
    ],
)
def test_a_joined_name_is_found(code):
    assert joined(code)


@pytest.mark.parametrize("code", ['Problem("store", "busy")', '{"signals": []}["signals"]', 'site / "notes"'])
def test_a_word_that_is_no_path_is_not(code):
    assert not joined(code)


def test_no_other_module_writes_what_a_settings_file_is_called():
    called = {node.value for node in said(SETTINGS_FILES)}
    found = {
        (path.relative_to(LIBRARY).as_posix(), name)
        for path in LIBRARY.rglob("*.py")
        if path != SETTINGS_FILES
        for node in said(path)
        for name in called
        if name in node.value
    }
    assert len(called) == 4 and found == set(), "take the name from base.settings_files"


def test_every_folder_of_a_site_is_private_or_known_not_to_be():
    """A new folder is shut to others, or stands here with the reason why not."""
    open_to_others = {
        "catalogue": "its own definitions, which a release tells",
        "messages": "its own translations, which a release tells",
        "releases": "what it publishes",
        "drawn_charts": "charts of releases, drawn already",
    }
    here = layout.SiteLayout(Path("site"))
    held = {name: getattr(here, name) for name, one in vars(layout.SiteLayout).items() if isinstance(one, property)}
    folders = {name for name, path in held.items() if isinstance(path, Path) and not path.suffix}
    private = {name for name in folders if held[name] in here.private}
    assert folders - private == set(open_to_others) and len(here.private) == len(private)
