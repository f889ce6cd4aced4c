"""What a measure means, in slow and obvious Python over lists of dicts. Shares no code with the engine."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from math import exp, inf, log, sqrt

from scipy import stats
from scipy.optimize import brentq

ORDER = ["BLUE", "GREEN", "RED"]
LISTS = {"tags", "visit.tags"}
Z = stats.norm.ppf(0.975)


class World:
    """Generated records: visits, their owners (to-one) and events (to-many), and a stock of people."""

    def __init__(self, visits, owners, events, stock):
        self.visits, self.events, self.stock = visits, events, stock
        self.owners = {owner["key"]: owner for owner in owners}
        self.by_key = {visit["key"]: visit for visit in visits}
        self.records = {
            "test/visit": visits,
            "test/owner": owners,
            "test/event": events,
            "test/stock": stock,
        }

    def value(self, record, path):
        """Return the value of a path; None when it is missing anywhere on the way."""
        head, _, rest = path.partition(".")
        if not rest:
            return record.get(head)
        target = {"owner": self.owners, "visit": self.by_key}[head].get(record.get(head))
        return None if target is None else self.value(target, rest)

    def holds(self, record, tree):
        """Return whether a condition is true, false or unknown (None)."""
        kind, *parts = tree
        if kind == "always":
            return True
        if kind == "not":
            inner = self.holds(record, parts[0])
            return None if inner is None else not inner
        if kind in ("and", "or"):
            sides = [self.holds(record, part) for part in parts]
            deciding = kind == "or"
            return deciding if deciding in sides else None if None in sides else not deciding
        if kind in ("any", "count"):
            linked = [e for e in self.events if e.get("visit") == record["key"] and self.holds(e, parts[0]) is True]
            return len(linked) > 0 if kind == "any" else len(linked) >= parts[1]
        found = self.value(record, parts[0])
        if kind == "missing":
            return found is None
        if found is None:
            return None
        return {
            "true": lambda: found,
            "equals": lambda: found == parts[1],
            "in": lambda: found in parts[1],
            "least": lambda: found >= parts[1],
            "has": lambda: parts[1] in found,
        }[kind]()


def text(tree):
    """Write a condition as the catalogue would."""
    kind, *parts = tree
    match kind:
        case "always":
            return ""
        case "not":
            return f"not ({text(parts[0])})"
        case "and" | "or":
            return f"({text(parts[0])}) {kind} ({text(parts[1])})"
        case "any" | "count":
            inner = f"events, {text(parts[0])}" if parts[0] != ("always",) else "events"
            return f"any({inner})" if kind == "any" else f"count({inner}) >= {parts[1]}"
        case "missing":
            return f"missing({parts[0]})"
        case "true":
            return parts[0]
        case "equals":
            return f"{parts[0]} = '{parts[1]}'"
        case "in":
            return f"{parts[0]} in ({', '.join(repr(code) for code in parts[1])})"
        case "least":
            return f"{parts[0]} >= {parts[1]}"
        case "has":
            return f"has({parts[0]}, '{parts[1]}')"
    raise AssertionError(kind)


def day(record):
    return date.fromisoformat(record["occurred_at"][:10])


def label(when, grain):
    quarter = (when.month + 2) // 3
    return {"all": "all", "year": f"{when.year}", "quarter": f"{when.year}-Q{quarter}", "month": f"{when:%Y-%m}"}[grain]


def answer(spec, trees, world, by, grain, within=None, bases=None):
    """Return the figures of a measure as a dict: (period, groups) → figure, and the totals likewise."""
    if spec.kind == "ratio":
        return ratio(spec, bases[spec.of], trees, world, by, grain, within)
    cells, totals = count(spec, trees, world, by, grain, within)
    for key, cell in [*cells.items(), *((key, cell) for key, cell in totals.items())]:
        estimate(spec, cell, known=None not in key)
        others = [c for k, c in cells.items() if could_be(k, key)] if len(key) > 1 and None not in key else []
        cell["bound_low"], cell["bound_high"] = bounds(spec, cell, others) if len(key) > 1 else (None, None)
        if len(key) > 1 and None in key:
            cell["bound_low"] = cell["bound_high"] = None
        if cell["status"] != "ok":
            cell.update(dict.fromkeys(("value", "low", "high", "bound_low", "bound_high")))
    return cells, totals


def could_be(unknown, key):
    return None in unknown and all(a is None or a == b for a, b in zip(unknown, key, strict=True))


def count(spec, trees, world, by, grain, within):
    rows = [r for r in world.records[spec.record] if world.holds(r, trees["where"]) is True]
    per, against = spec.per, []
    if per is not None:
        against = [r for r in world.records[per.record] if world.holds(r, trees["per_where"]) is True]
        if per.matches_period and grain == "all":
            spans = [[day(r) for r in world.records[name]] for name in (spec.record, per.record)]
            within = (max(min(s) for s in spans), min(max(s) for s in spans))
    if within:
        rows = [r for r in rows if within[0] <= day(r) <= within[1]]
        against = [r for r in against if not per.matches_period or within[0] <= day(r) <= within[1]]
    blank = lambda: {"n": 0, "missing": 0, "values": [], "denominators": [], "unplaced": 0}  # noqa: E731
    cells, totals = defaultdict(blank), defaultdict(blank)
    places = inhabited(spec, world, against, grain, within) if per is not None and per.place else None
    for row in rows:
        period = label(day(row), grain)
        found = measured(spec, trees, world, row)
        placed = places is None or world.value(row, per.place) in places
        for key in keys(world, row, by, per.codes if per else {}):
            add(cells[(period, *key)], found, placed or (per is not None and per.place in by))
        add(totals[(period,)], found, placed)
    for period in periods(world.records[spec.record], grain, within):
        totals[(period,)]  # a period without a record is a period with none
        for combination in {key[1:] for key in cells} or ({()} if not by else set()):
            cells[(period, *combination)]
    if per is not None and per.matches_period:
        for row in against:
            period = label(day(row), grain)
            for key in keys(world, row, [per.groups[name] for name in by], theirs(per)):
                cells[(period, *key)]["denominators"].append(1)
            totals[(period,)]["denominators"].append(1)
    elif per is not None:
        everything = [day(r) for r in world.records[spec.record]]
        last = max(d for d in everything if not within or d <= within[1]).year if everything else 0
        for period in {key[0] for key in totals}:
            asked = last if period == "all" else int(period[:4])
            years = sorted({r["year"] for r in against})
            chosen = max([y for y in years if y <= asked], default=min(years))
            for row in (r for r in against if r["year"] == chosen):
                inside = row["area"] in places
                if row["kind"] == ("PART" if "visit.colour" in by else "WHOLE") and (inside or per.place in by):
                    for key in keys(world, row, [per.groups[name] for name in by], theirs(per)):
                        cells[(period, *key)]["denominators"].append(row["count"])
                if row["kind"] == "WHOLE" and inside:
                    totals[(period,)]["denominators"].append(row["count"])
    return dict(cells), dict(totals)


def periods(rows, grain, within):
    """Return the label of every period that holds a day from the first record to the last."""
    days = sorted(day(r) for r in rows)
    every = [days[0] + timedelta(days=i) for i in range((days[-1] - days[0]).days + 1)] if days else []
    return {label(d, grain) for d in every if not within or within[0] <= d <= within[1]}


def inhabited(spec, world, stock, grain, within):
    """Return the places with a number of people in every year that is needed, and more than none in the last."""
    days = [day(r) for r in world.records[spec.record]]
    first, last = max(min(days), within[0]) if within else min(days), min(max(days), within[1]) if within else max(days)
    years = sorted({r["year"] for r in stock})
    asked = [last.year] if grain == "all" else range(first.year, last.year + 1)
    needed = {max([y for y in years if y <= year], default=min(years)) for year in asked}
    whole = {(r["area"], r["year"]): r["count"] for r in stock if r["kind"] == "WHOLE"}
    areas = {area for area, _ in whole}
    return {a for a in areas if all((a, y) in whole for y in needed) and whole[a, max(needed)] > 0}


def measured(spec, trees, world, row):
    if spec.kind == "share":
        return world.holds(row, trees["numerator"])
    return world.value(row, spec.value) if spec.kind == "mean" else 1


def add(cell, found, placed):
    cell["n"] += 1
    if found is None or not placed:
        cell["missing"] += 1
    else:
        cell["values"].append(found)


def theirs(per):
    """Return the codes that are counted together, by the denominator's own groups."""
    return {per.groups[name]: codes for name, codes in per.codes.items()}


def keys(world, row, by, codes):
    found = [()]
    for path in by:
        value = world.value(row, path)
        several = (sorted(set(value)) or [None]) if isinstance(value, list) else [value]
        several = {codes.get(path, {}).get(v, v) for v in several}
        found = [(*key, str(v).lower() if isinstance(v, bool) else v) for key in found for v in several]
    return found


def estimate(spec, cell, known):
    values, n = cell["values"], len(cell["values"])
    times = spec.per.times if spec.per else 1
    numbers = [Fraction(str(v)) if spec.kind == "mean" else int(v) for v in values]
    cell["numerator"], cell["denominator"] = sum(numbers), n
    cell["status"] = "ok"
    if spec.kind == "count":
        cell["denominator"] = None
        cell["value"], (cell["low"], cell["high"]) = n, poisson(n)
        return
    if spec.kind == "share":
        k = sum(values)
        cell["value"] = k / n if n else None
        cell["low"], cell["high"] = wilson(k, n) if n else (None, None)
    elif spec.kind == "rate":
        t = cell["denominator"] = sum(cell["denominators"]) if known else 0
        low, high = poisson(n)
        if t:
            cell["value"], cell["low"], cell["high"] = times * n / t, times * low / t, times * high / t
    elif n:
        middle = sum(numbers) / n
        half = None
        if n > 1:
            spread = sum((v - middle) ** 2 for v in numbers) / (n - 1)
            half = stats.t.ppf(0.975, n - 1) * sqrt(spread / n)
        cell["value"] = float(middle)
        cell["low"], cell["high"] = (None, None) if half is None else (float(middle) - half, float(middle) + half)
    least = cell["denominator"]
    if not least:
        cell["status"] = "no_denominator" if spec.kind == "rate" else "no_data"
    elif least < spec.minimum_n:
        cell["status"] = "too_few"


def bounds(spec, cell, others):
    """Try every way in which the records of unknown group may belong to the cell."""
    if spec.kind == "mean":
        return None, None
    unknown = [v for other in others for v in other["values"]]
    if spec.kind == "count":
        tries = [cell["n"] + i for i in range(len(unknown) + 1)]
        return min(tries), max(tries)
    if spec.kind == "rate":
        if not cell["denominator"]:
            return None, None
        more = sum(v for other in others for v in other["denominators"]) if spec.per.matches_period else 0
        tries = [
            spec.per.times * (len(cell["values"]) + i) / (cell["denominator"] + j)
            for i in range(len(unknown) + 1)
            for j in ([0, more] if more else [0])
        ]
        return min(tries), max(tries)
    k, n = sum(cell["values"]), len(cell["values"])
    tries = [
        (k + i) / (n + i + j)
        for i in range(sum(unknown) + 1)
        for j in range(len(unknown) - sum(unknown) + 1)
        if n + i + j
    ]
    return (min(tries), max(tries)) if tries else (None, None)


def ratio(spec, base, trees, world, by, grain, within):
    by = by if spec.across in by else [spec.across, *by]
    cells, _ = answer(base, trees, world, by, grain, within)
    place = 1 + by.index(spec.across)
    found = {}
    for key, cell in cells.items():
        other = cells.get((*key[:place], spec.reference, *key[place + 1 :]))
        result = {name: cell[name] for name in ("n", "missing", "numerator", "denominator", "status")}
        result.update(dict.fromkeys(("value", "low", "high", "bound_low", "bound_high")))
        if cell["status"] != "ok":
            pass
        elif other is None or other["status"] != "ok":
            result["status"] = "no_reference"
        elif not other["numerator"]:
            result["status"] = "no_events"
        elif key[place] == spec.reference:
            result.update(status="reference", value=1.0)
        else:
            a, n, b, m = (float(x[name]) for x in (cell, other) for name in ("numerator", "denominator"))
            result["value"] = (a / n) / (b / m)
            result["low"], result["high"] = koopman(a, n, b, m) if base.kind == "share" else conditional(a, n, b, m)
            if cell["bound_low"] is not None and other["bound_high"]:
                result["bound_low"] = cell["bound_low"] / other["bound_high"]
            if cell["bound_high"] is not None and other["bound_low"]:
                result["bound_high"] = cell["bound_high"] / other["bound_low"]
        found[key] = result
    return found, {}


def wilson(k, n):
    interval = stats.binomtest(k, n).proportion_ci(0.95, "wilson")
    return interval.low, interval.high


def poisson(k):
    return (stats.chi2.ppf(0.025, 2 * k) / 2 if k else 0.0), stats.chi2.ppf(0.975, 2 * k + 2) / 2


def conditional(a, t, b, t0):
    low = stats.beta.ppf(0.025, a, b + 1) if a else 0.0
    high = stats.beta.ppf(0.975, a + 1, b)
    return low / (1 - low) * t0 / t, high / (1 - high) * t0 / t


def koopman(x, n, y, m):
    """Ratios that the chi-squared statistic of Koopman (1984) does not refuse, found by root finding."""

    def statistic(log_ratio):
        r = exp(log_ratio)
        a, b, c = (n + m) * r, n * r + x + m + y * r, x + y
        q = (b - sqrt(max(b * b - 4 * a * c, 0.0))) / (2 * a)
        p = r * q
        return chi(x, n, min(p, 1.0)) + chi(y, m, min(q, 1.0)) - Z**2

    def chi(k, of, expected):
        gap, error = k - of * expected, of * expected * (1 - expected)
        return gap**2 / error if error > 0 else inf if abs(gap) > 1e-9 else 0.0

    middle = log((x / n) / (y / m)) if x else None
    low = exp(brentq(statistic, middle - 15, middle, xtol=1e-15, rtol=1e-15)) if x else 0.0
    start = middle if x else log(1e-9)
    return low, exp(brentq(statistic, start, start + 40 if not x else start + 15, xtol=1e-15, rtol=1e-15))
