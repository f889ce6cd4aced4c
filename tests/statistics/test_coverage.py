"""Intervals hold the truth as often as they say, tests raise no more false alarms than they say."""

from pathlib import Path

import pytest
from bench.coverage import STUDIES

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"


@pytest.mark.soak
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_holds_what_it_says(study):
    found = study.tally()
    assert study.holds(found), f"{study.bar}: {found.mean:.4f} ± {found.error:.4f}"


def test_the_page_tells_every_study_and_none_outside_its_bar():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = {tuple(cell.strip() for cell in row.split("|")[1:3]) for row in rows}
    assert {(study.method, study.situation) for study in STUDIES} <= told
    assert not [row for row in rows if "**no**" in row]


def test_a_study_fails_a_method_that_is_too_sure():
    from bench.coverage.rates_and_shares import Rng
    from bench.coverage.study import Study, covers

    from openhalo.statistics import proportions

    def too_sure(rng: Rng, rounds: int):
        k = rng.binomial(50, 0.3, rounds)
        found = proportions.wilson(k, 50, 0.9)
        return covers(found.low, 0.3, found.high)

    study = Study("too sure", "a 90 % interval called a 95 % one", "interval", too_sure)
    assert not study.holds(study.tally())
