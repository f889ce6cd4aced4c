"""An attacker of our own: plain linear programs over every published cell of every release, one unknown per release.

It shares no code with `openhalo.disclosure`: it reads what is public, knows which cells add up (from their names),
and is told by how much each cell changed between releases.
"""

import numpy as np
from scipy.optimize import linprog


def parse(key):
    head, *parts = key.split("|")
    return head, dict(part.split("=") for part in parts)


def sums_of(keys, families, children):
    """All sums over one dimension among these cells: (total, parts), from the names alone."""
    codes = {}
    for key in keys:
        for dim, code in parse(key)[1].items():
            codes.setdefault(dim, set()).add(code)
    present = set(keys)
    for key in keys:
        head, here = parse(key)
        for family in families:
            if not set(here) <= set(family):
                continue
            for dim in family:
                if dim in here:
                    parts = children.get(dim, {}).get(here[dim], ())
                else:
                    below = {part for parts in children.get(dim, {}).values() for part in parts}
                    parts = codes.get(dim, set()) - below
                named = [
                    "|".join([head, *(f"{d}={c}" for d, c in sorted({**here, dim: part}.items()))]) for part in parts
                ]
                if named and all(name in present for name in named):
                    yield key, named


def attack(releases, families, children, zeros_shown, targets):
    """`releases`: per release {key: (published value or None, true value)}; the truth is used for changes only.

    Returns for each target (release, key) the whole-number interval that it is known to lie in.
    """
    index = {}
    for number, release in enumerate(releases):
        for key in release:
            index[number, key] = len(index)
    rows, right = [], []
    for number, release in enumerate(releases):
        for total, parts in sums_of(list(release), families, children):
            row = np.zeros(len(index))
            row[index[number, total]] = 1
            for part in parts:
                row[index[number, part]] -= 1
            rows.append(row)
            right.append(0)
        for key, (_, truth) in release.items():
            for later in range(number + 1, len(releases)):
                if key in releases[later]:
                    row = np.zeros(len(index))
                    row[index[later, key]], row[index[number, key]] = 1, -1
                    rows.append(row)
                    right.append(releases[later][key][1] - truth)
                    break
    bounds = []
    for number, key in index:
        shown, _ = releases[number][key]
        bounds.append((int(zeros_shown), None) if shown is None else (shown, shown))
    found = {}
    for target in targets:
        goal = np.zeros(len(index))
        goal[index[target]] = 1
        ends = []
        for sign in (1, -1):
            answer = linprog(sign * goal, A_eq=np.array(rows), b_eq=right, bounds=bounds)
            assert answer.status in (0, 3), answer.message
            ends.append(np.inf if answer.status == 3 else sign * answer.fun)
        found[target] = (np.ceil(ends[0] - 1e-6), np.floor(ends[1] + 1e-6))
    return found
