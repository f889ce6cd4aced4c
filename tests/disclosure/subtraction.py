"""An attacker who subtracts: over all stretches of days that any release tells, within it and between releases.

It shares no code with the library. Counts of the same codes over days are differences of one running total; whatever
two days are joined by published numbers, the count between them is known, however it was cut.
"""

import json
from datetime import date, timedelta

from tests.libraries import library

pd = library("pandas")

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def days_of(grain, period, closed):
    """Return the first day and the day after the last of a figure's period, within the days told of the records."""
    first, after = date.fromisoformat(closed[:10]), date.fromisoformat(closed[12:]) + timedelta(1)
    if grain == "all":
        return first, after
    year, rest = int(period[:4]), period[5:]
    month = 1 if not rest else 3 * int(rest[1:]) - 2 if rest[0] == "Q" else int(rest)
    ends = month - 1 + MONTHS[grain]
    return max(first, date(year, month, 1)), min(after, date(year + ends // 12, ends % 12 + 1, 1))


def told(release, record):
    """Return what the figures of a release say of a record type: codes → (first day, day after the last, count)."""
    descriptor = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))["disclosure"]
    if record not in descriptor["closed_days"]:
        return {}
    figures = pd.read_csv(release / "data" / "figures.csv", dtype=str, keep_default_na=False)
    found = {}
    for row in figures[figures.measure.str.startswith(record.split("/")[0] + "/")].itertuples():
        if row.status == "withheld":
            continue
        days = days_of(row.grain, row.period, descriptor["closed_days"][record])
        codes = {g: c or "?" for g, c in ((row.group, row.code), (row.group2, row.code2)) if g}
        says = {(): row.n}
        if row.kind in ("share", "ratio"):
            yes, both = float(row.numerator), float(row.denominator)
            says |= {("yes",): yes, ("no",): both - yes, ("?",): row.missing}
        for said, n in says.items():
            key = tuple(sorted({**codes, **({row.measure: said[0]} if said else {})}.items()))
            found.setdefault(key, set()).add((*days, int(float(n))))
    return found


def known(counts):
    """Return every count that follows from these by adding and subtracting days: (from, to) → count."""
    place = {}
    for first, after, n in counts:
        for day in (first, after):
            place.setdefault(day, (day, 0))
        (a, before), (b, since) = place[first], place[after]
        if a != b:
            shift = before + n - since
            place |= {day: (a, at + shift) for day, (root, at) in place.items() if root == b}
    return {
        (start, end): place[end][1] - place[start][1]
        for start in place
        for end in place
        if start < end and place[start][0] == place[end][0]
    }


def single_out(releases, record, k):
    """Return what these releases give away: counts, and changes from one to another, of 1 to k − 1 records."""
    found = []
    before = []
    for number, release in enumerate(releases):
        now = {codes: known(counts) for codes, counts in told(release, record).items()}
        for codes, spans in now.items():
            if any(n == "?" and name.startswith(record.split("/")[0] + "/") for name, n in codes):
                continue
            found += [(number, codes, days, n) for days, n in spans.items() if 0 < n < k]
            for earlier, was in before:
                both = {days: n - was[codes][days] for days, n in spans.items() if days in was.get(codes, {})}
                found += [(earlier, number, codes, days, n) for days, n in both.items() if 0 < abs(n) < k]
        before.append((number, now))
    return found
