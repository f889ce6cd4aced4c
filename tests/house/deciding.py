"""Where code decides by the name of a kind: compares it, matches it, or looks it up."""

import ast
from collections.abc import Collection, Iterator


def decided_by_name(text: str, kinds: Collection[str]) -> list[int]:
    """Return the lines on which something is decided by the name of one of these kinds."""
    tree = ast.parse(text)
    # What a test found, under names of its own.
    told = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "facts"}
    called = {
        target.id: set(texts(one.value))
        for one in ast.walk(tree)
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        if isinstance(target, ast.Name) and _lists(one.value)
    }

    def names(node: ast.AST) -> set[str]:
        if isinstance(node, ast.Name):
            return called.get(node.id, set())
        return set(texts(node)) if isinstance(node, ast.Constant | ast.Tuple | ast.List | ast.Set | ast.Call) else set()

    found = []
    for node in ast.walk(tree):
        if id(node) in told:
            continue
        match node:
            case ast.Compare(left=left, comparators=others):
                said = names(left).union(*map(names, others))
            case ast.Dict(keys=keys):
                said = set().union(*(names(key) for key in keys if key is not None and not isinstance(key, ast.Name)))
            case ast.MatchValue(value=value):
                said = names(value)
            case ast.Call(func=ast.Attribute(attr="startswith" | "endswith"), args=args):
                said = set().union(*map(names, args))
            case _:
                continue
        if said & set(kinds):
            found.append(node.lineno)
    return found


def _lists(value: ast.expr) -> bool:
    """Whether a value is a plain list of things, such as `("share", "rate")` or `frozenset({"share"})`."""
    makes = isinstance(value, ast.Call) and ast.unparse(value.func) in ("frozenset", "set", "tuple", "list")
    return makes or isinstance(value, ast.Tuple | ast.List | ast.Set)


def texts(node: ast.AST) -> Iterator[str]:
    """Every text within a piece of code."""
    return (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))
