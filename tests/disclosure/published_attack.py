"""An attacker who has nothing but the published CSV files of all releases, and knows arithmetic.

It shares no code with the library. Its unknowns are the counts of every declared table, with all margins, in the pieces
of time between which any release ends; it knows which counts add up, that counts are whole and not negative, and is
granted (more than a real attacker has) by how much each count changed between releases.
"""

import itertools
import json

import numpy as np
import yaml
from scipy.optimize import linprog
from scipy.sparse import coo_array

from tests.libraries import library

pd = library("pandas")

ALL, BLANK = "*", "?"


def month_ends(months):
    return [str(month) for month in sorted(months)]


def spans_of(grain, months):
    """Periods of a grain as sets of months; what is not whole at the end under its own name."""
    if grain == "all":
        return {"all": tuple(months)}
    size = {"month": 1, "quarter": 3, "year": 12}[grain]
    found = {}
    for month in months:
        year, number = month.split("-")
        name = {"month": month, "quarter": f"{year}-Q{(int(number) + 2) // 3}", "year": year}[grain]
        found.setdefault(name, []).append(month)
    last = months[-1]
    whole = int(last.split("-")[1]) % size == 0
    *_, newest = found
    return {name: tuple(held) for name, held in found.items() if whole or name != newest}


class Truth:
    """What the department knows: used for the changes between releases, and to judge the attack."""

    def __init__(self, frames):
        self.frames = frames
        """Per release: the records as it counts them, with `month`."""
        self._counted = {}

    def count(self, release, months, codes):
        """Return how many records there are in these months with these codes, and how many officers."""
        dims = tuple(sorted(codes))
        key = release, months, dims
        if key not in self._counted:
            frame = self.frames[release]
            frame = frame[frame.month.isin(months)]
            if dims:
                grouped = frame.groupby(list(dims)).officer.agg(["size", "nunique"])
                table = {k if isinstance(k, tuple) else (k,): (a, b) for k, a, b in grouped.itertuples()}
            else:
                table = {(): (len(frame), frame.officer.nunique())}
            self._counted[key] = table
        return self._counted[key].get(tuple(codes[d] for d in dims), (0, 0))


def attack(releases, tables, months_of, truth, zeros_shown, k, few):
    """Return for each secret the interval in which the attacker knows it to lie, and those secrets that stand there.

    `releases`: {(months, codes): published count}, for each release, or for those of its tables that count the same
    state of the records; `tables`: the (dims, grain) of each; `months_of`: the months that each speaks for; `few`: the
    least number of officers in a figure by group.
    """
    index, rows, columns, signs, total_rows = {}, [], [], [], 0
    lower, secrets = {}, set()

    def place(months, codes):
        key = (months, tuple(sorted(codes.items())))
        return index.setdefault(key, len(index))

    ends = [months[-1] for months in months_of]
    for number, months in enumerate(months_of):
        frame = truth.frames[number]
        frame = frame[frame.month.isin(months)]
        used = {grain for some in tables for _dims, grain in some}
        for dims, grain in tables[number]:
            pieces = []
            for span in {**spans_of(grain, months), "rest": ()}.values():
                pieces += _cut(span, ends)
            missing = tuple(m for m in months if not any(m in piece for piece in pieces))
            pieces += _cut(missing, ends)
            longer = [span for other in used for span in spans_of(other, months).values()]
            longer += [tuple(m for m in months if m <= end) for end in ends]
            periods = list(dict.fromkeys(pieces))
            for span in longer:
                if span and span not in periods and all(set(p) <= set(span) or not set(p) & set(span) for p in pieces):
                    periods.append(span)
            levels = [sorted(set(frame[dim])) for dim in dims]
            for period in periods:
                parts = [p for p in pieces if set(p) <= set(period)]
                for chosen in itertools.product(*([*level, ALL] for level in levels)):
                    codes = {d: c for d, c in zip(dims, chosen, strict=True) if c != ALL}
                    here = place(period, codes)
                    n, officers = truth.count(number, period, codes)
                    least = 1 - n if zeros_shown and n else -n
                    lower[here] = max(lower.get(here, -np.inf), least)
                    if zeros_shown and n == 0:
                        lower[here] = np.inf
                    asks = codes.get("searched") == BLANK
                    told = period in spans_of(grain, months).values()
                    # A group that no earlier file of this time named at all is known to have been empty then.
                    unheard = any(
                        set(period) <= set(months_of[e]) and codes[dim] not in set(truth.frames[e][dim])
                        for e in range(number)
                        for dim in codes
                    )
                    if n == 0 and unheard:
                        lower[here] = np.inf
                    elif (n < k or (set(codes) - {"searched"} and officers < few)) and (
                        (n or not zeros_shown) and not asks and told
                    ):
                        secrets.add((here, period, tuple(sorted(codes.items()))))
                    equations = [
                        [(period, {**codes, dim: c}) for c in level]
                        for dim, level in zip(dims, levels, strict=True)
                        if dim not in codes
                    ]
                    if period not in pieces:
                        equations.append([(part, codes) for part in parts])
                    for equation in equations:
                        cells = [here, *(place(*part) for part in equation)]
                        rows += [total_rows] * len(cells)
                        columns += cells
                        signs += [1] + [-1] * (len(cells) - 1)
                        total_rows += 1
    fixed = np.zeros(len(index), bool)
    for release in releases:
        for (months, codes), _n in release.items():
            key = (months, tuple(sorted(codes)))
            if key in index:
                fixed[index[key]] = True
    fixed |= np.array([lower[i] == np.inf for i in range(len(index))])
    sums = coo_array((signs, (rows, columns)), shape=(total_rows, len(index))).tocsr()
    low = np.array([0 if fixed[i] else lower[i] for i in range(len(index))], float)
    bounds = np.column_stack([low, np.where(fixed, 0, np.inf)])
    found = {}
    order = np.random.default_rng(3).permutation(len(secrets))
    everyone = sorted(secrets)
    for i in order[:40]:
        here, months, codes = everyone[i]
        if fixed[here]:
            found[months, codes] = 0
            continue
        goal = np.zeros(len(index))
        goal[here] = 1
        ends_of = []
        for sign in (1, -1):
            answer = linprog(sign * goal, A_eq=sums, b_eq=np.zeros(total_rows), bounds=bounds, method="highs")
            assert answer.status in (0, 3), answer.message
            ends_of.append(np.inf if answer.status == 3 else sign * answer.fun)
        found[months, codes] = np.floor(ends_of[1] + 1e-6) - np.ceil(ends_of[0] - 1e-6)
    shown = {everyone[i][1:] for i in range(len(everyone)) if fixed[everyone[i][0]]}
    return found, shown


def _cut(months, ends):
    pieces, here = [], []
    for month in months:
        here.append(month)
        if month in ends:
            pieces.append(tuple(here))
            here = []
    return [*pieces, *([tuple(here)] if here else [])]


def published(release, months, tables):
    """Return what the CSV files say in some tables, (measure, groups, grain): (months, codes) → count."""
    figures = pd.read_csv(release / "data" / "figures.csv", dtype=str, keep_default_na=False)
    found = {}

    def say(period, codes, n):
        found[period, tuple(sorted(codes.items()))] = int(float(n))

    for row in figures.itertuples():
        if (row.measure, tuple(g for g in (row.group, row.group2) if g), row.grain) not in tables:
            continue
        if row.status == "withheld":
            assert (row.n, row.missing, row.numerator, row.denominator, row.value, row.low) == ("",) * 6, row
            assert (row.high, row.bound_low, row.bound_high) == ("",) * 3
            continue
        spans = spans_of(row.grain, months)
        period = spans["all"] if row.grain == "all" else spans[row.period]
        codes = {g: c or BLANK for g, c in ((row.group, row.code), (row.group2, row.code2)) if g}
        say(period, codes, row.n)
        if row.kind in ("share", "ratio"):
            say(period, {**codes, "searched": "yes"}, row.numerator)
            say(period, {**codes, "searched": "no"}, float(row.denominator) - float(row.numerator))
            say(period, {**codes, "searched": BLANK}, row.missing)
    return found


def counted_from(release):
    """Return the tables of a release by the state of the records that they count: (tables, {days: store version})."""
    told = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]
    return [
        ({(measure, tuple(by), grain) for measure, by, grain in view["tables"]}, view["versions"])
        for view in told["counted_from"]
    ]


def tried(site, releases, rows, days, officers=3):
    """Let the attacker try; return the intervals of the secrets tried, and the secrets that stand in the files."""
    policy = yaml.safe_load((site.path / "disclosure.yaml").read_text(encoding="utf-8"))
    frame = pd.DataFrame(rows).rename(columns={"search_conducted": "searched"}).replace("", "?")
    frame["month"], day = frame.occurred_at.str[:7], frame.occurred_at.str[:10]
    frames, months_of, files, tables = [], [], [], []
    searched = {"stops/search_share", "stops/search_share_ratio"}
    for release in releases:
        told = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]
        first, last = told["closed_days"]["stops/stop"].split("..")
        months = [str(month) for month in pd.period_range(first[:7], last[:7], freq="M")]
        for names, versions in counted_from(release):
            spans = [(span.split(".."), version) for span, version in versions.items()]
            parts = [frame[(frame.known <= str(days[v - 1])) & (day >= a) & (day <= b)] for (a, b), v in spans]
            frames.append(pd.concat(parts))
            months_of.append(months)
            files.append(published(release, months, names))
            cut = {(tuple(sorted([*by, *(["searched"] if m in searched else [])])), grain) for m, by, grain in names}
            tables.append(sorted(cut))
    truth = Truth(frames)
    for number, file in enumerate(files):
        for (months, codes), n in file.items():
            assert truth.count(number, months, dict(codes))[0] == n, (number, months, codes)
    return attack(files, tables, months_of, truth, policy["zeros"] == "shown", policy["k"], officers)


def too_close(found, k):
    return {secret: width for secret, width in found.items() if width < -(-k // 2)}
