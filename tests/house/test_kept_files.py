"""What we keep as JSON is read back as the model of what was written, never as loose facts."""

import ast
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "src" / "openhalo"
ALLOWED = {
    "charts/svg_process.py": "what two processes of ours say to each other through a pipe; nothing is kept",
    "records/purging.py": "the log of Delta Lake: its lines go back as they came, whatever else they say",
    "releases/package.py": "a release is verified as it is written: what was added to its descriptor must be seen",
}


def loose(path: Path) -> bool:
    """Whether a module makes dictionaries of JSON."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    imported = {one.name for node in nodes if isinstance(node, ast.ImportFrom) for one in node.names}
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return bool({"loads", "from_json"} & (imported | named) or "load" in named & _of_json(nodes))


def _of_json(nodes: list[ast.AST]) -> set[str]:
    """The attributes that are asked of the module json, whatever it is called here."""
    names = [one for node in nodes if isinstance(node, ast.Import) for one in node.names if one.name == "json"]
    called = {one.asname or one.name for one in names}
    asked = (node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    return {node.attr for node in asked if node.value.id in called}


def test_no_module_reads_kept_json_as_dictionaries():
    found = {path.relative_to(LIBRARY).as_posix() for path in LIBRARY.rglob("*.py") if loose(path)}
    assert found - ALLOWED.keys() == set(), "read it as a model: base.kept_files"
    assert ALLOWED.keys() - found == set(), "nothing needs this exception any more"


def test_a_dictionary_made_of_json_is_found(tmp_path):
    made = [
        "import json\nheld = json.loads(file.read_text())\n",
        "import json as j\nheld = j.load(file)\n",
        "from json import loads\nheld = loads(text)\n",
        "held = read_kept(file, Kept, 'the receipt')\n",
    ]
    for number, code in enumerate(made):
        (tmp_path / f"{number}.py").write_text(code)
    assert [loose(tmp_path / f"{number}.py") for number in range(4)] == [True, True, True, False]
