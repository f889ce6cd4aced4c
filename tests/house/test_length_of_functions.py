"""A function fits on a page: its parts have names."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
MOST = 60
"""Lines of code of a function: without its docstring, comments and blank lines."""
COMPILED = {
    "openhalo/statistics/same_scene_density.py:likelihood": "one loop with its gradient",
    "openhalo/statistics/threshold_density.py:density": "one formula with its gradient",
}
"""Functions that numba compiles as a whole, and whose parts share what they compute on the way → what they are."""
STILL_LONG = {
    "openhalo/publications/build.py:build",
    "openhalo/sites/importing.py:_import",
}
"""To be parted; no function may be added."""


def lengths(text):
    """Return the name of each function and how many lines of code it has."""
    lines = text.splitlines()
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = range(first.lineno, (first.end_lineno or 0) + 1) if said else ()
            within = (at for at in range(node.lineno, (node.end_lineno or 0) + 1) if at not in docstring)
            code = [line for line in (lines[at - 1].strip() for at in within) if line and not line.startswith("#")]
            found[node.name] = max(len(code), found.get(node.name, 0))
    return found


def too_long():
    return {
        f"{path.relative_to(SRC).as_posix()}:{name}"
        for path in sorted(SRC.rglob("*.py"))
        for name, length in lengths(path.read_text("utf-8")).items()
        if length > MOST
    }


def test_no_function_is_longer_than_a_page():
    assert too_long() - set(COMPILED) - STILL_LONG == set()


def test_what_may_be_longer_still_is():
    assert set(COMPILED) - too_long() == set()


@pytest.mark.parametrize(("lines", "length"), [(59, 60), (60, 61)])
def test_docstrings_comments_and_blank_lines_do_not_count(lines, length):
    body = "\n".join(["    # why", "", *(f"    x = {at}" for at in range(lines))])
    assert lengths(f'def f():\n    """Say.\n\n    More.\n    """\n{body}\n') == {"f": length}
