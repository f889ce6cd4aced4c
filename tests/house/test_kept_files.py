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
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return any(ast.unparse(call.func) in ("json.load", "json.loads", "from_json") for call in calls)


def test_no_module_reads_kept_json_as_dictionaries():
    found = {path.relative_to(LIBRARY).as_posix() for path in LIBRARY.rglob("*.py") if loose(path)}
    assert found - ALLOWED.keys() == set(), "read it as a model: base.kept_files"
    assert ALLOWED.keys() - found == set(), "nothing needs this exception any more"


def test_a_dictionary_made_of_json_is_found(tmp_path):
    (tmp_path / "loose.py").write_text("import json\nheld = json.loads(file.read_text())\n")
    (tmp_path / "model.py").write_text("held = read_kept(file, Kept, 'the receipt')\n")
    assert [loose(tmp_path / name) for name in ("loose.py", "model.py")] == [True, False]
