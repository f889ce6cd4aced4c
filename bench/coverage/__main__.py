"""Run the study and write docs/coverage.md: `python -m bench.coverage [--part 0.25]`."""

import argparse
import time
from pathlib import Path

from bench.coverage import STUDIES
from bench.coverage.study import Study, Tally

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
_HEAD = """# How often intervals hold, and how often tests cry wolf

<!-- Written by `python -m bench.coverage`; `make soak` asks the same again. -->

A 95 % interval should hold the truth 95 times in 100, and a test at the 5 % level should raise a false alarm 5 times
in 100 where there is nothing to find. Whether they do is tried here on made-up data whose truth is known: each row
draws the data anew as many times as said (with the seed fixed by the row's name) and asks the code that answers for
real records. Parameters are drawn anew as well where a range is given, so the figure is an average over it. "The
same" is the situation of that method's row before, in this table or the one above.

- **Intervals** shall hold the truth in 93 to 97 %. Some are exact and never hold less often than they say, so for
  counts, which come in whole steps, they hold more often: these shall reach 95 %.
- **Tests** shall raise a false alarm in at most 6 %. Some raise fewer: they are exact, or cautious on purpose.
- **Charts that watch** shall wait as long for a false alarm as was asked for, within 10 %.

The ± is the standard error of the simulation. What such a study cannot tell is whether real records fit the model
that a method rests on; each result says which assumptions it needs.
"""
_HEADS = {
    "interval": ("Intervals", "holds the truth"),
    "cautious": ("Intervals that are exact or cautious", "holds the truth"),
    "test": ("Tests where there is nothing to find", "false alarms"),
    "share": ("Charts that watch", "wait, of that asked for"),
}
_FOOT = """
## What the study changed

- Interrupted series: Student's t in place of the normal quantile wherever scatter is estimated. For linked months the
  sandwich of Newey and West alone raised 12 % false alarms in eight years of months linked by 0.3; the interval is now
  the widest of it, the quasi-Poisson one and one with errors that carry over from month to month.
- Funnel: the usual moment formula for the spread between units, with scores drawn in, called out 12 % of units that
  all differed alike, and after Benjamini and Hochberg's step some unit in 55 % of the funnels. The spread is now the
  one at which the drawn-in scores scatter like normal ones.
- Surveys: all groups at once by Rao and Scott in place of the Wald F, which raised 7 to 9 % false alarms of four groups
  over 40 and 20 clusters.
- Audit of spikes: counted on the scale of square roots, where counts are nearly normal.

R, statsmodels and the published examples use the narrower intervals; `interrupted_series(student=False)` gives theirs.
"""


def _row(study: Study, tally: Tally) -> str:
    return (
        f"| {study.method} | {study.situation} | {tally.rounds:,} | {100 * tally.mean:.1f} % ± {100 * tally.error:.1f} "
        f"| {'yes' if study.holds(tally) else '**no**'} |"
    )


def _told() -> dict[str, str]:
    """Return the rows of the page as it is: seeds follow from names, so they would come out the same."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return {": ".join(cell.strip() for cell in row.split("|")[1:3]): row for row in rows}


def _table(bar: str, rows: dict[str, str]) -> str:
    title, head = _HEADS[bar]
    told = [rows[study.name] for study in STUDIES if study.bar == bar]
    head = f"| method | situation | replications | {head} | within the bar |\n|---|---|--:|--:|---|"
    return f"\n## {title}\n\n{head}\n" + "\n".join(told) + "\n"


def main() -> None:
    """Run every study and write the page."""
    parser = argparse.ArgumentParser(prog="bench.coverage", description=__doc__)
    parser.add_argument("--part", type=float, default=1.0, help="part of the full replications")
    parser.add_argument("--only", default="", help="run rows whose name holds one of these words (a|b); keep the rest")
    asked = parser.parse_args()
    start, rows = time.perf_counter(), _told() if asked.only else {}
    for study in STUDIES:
        if study.name not in rows or any(word in study.name for word in asked.only.split("|")):
            found = study.tally(asked.part)
            rows[study.name] = _row(study, found)
            print(f"{study.name}: {found.mean:.4f}", flush=True)
    PAGE.write_text(_HEAD + "".join(_table(bar, rows) for bar in _HEADS) + _FOOT, encoding="utf-8")
    print(f"{PAGE}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
