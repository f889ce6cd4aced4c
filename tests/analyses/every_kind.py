"""A site with made-up records of every sort, small enough that a result of every kind of analysis is soon there."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from .made import DECLARED, days, made_site
from .test_small_area_estimate import asked, census

ANALYSES = {
    "audit": "stops/recording_audit",
    "count_change": "force/dog_bite_change",
    "funnel": "stops/search_share_funnel",
    "internal_benchmark": "stops/search_share_benchmark",
    "interrupted_series": "force/level_change",
    "monitoring": "stops/search_share_watch",
    "outcome_test": "stops/hit_rates",
    "rate_ratio": "stops/search_share_ratio",
    "same_scene": "force/same_scene",
    "small_area_estimate": "surveys/trust_by_neighborhood",
    "standardised_rates": "stops/search_share_standardised",
    "survey_estimate": "surveys/trust",
    "threshold_test": "stops/search_thresholds",
    "unknown_group": "stops/search_share_unknown_race",
    "veil_of_darkness": "stops/veil_of_darkness",
}
"""Kind → the analysis that is asked; staggered starts have a site of their own (`test_staggered.department`)."""
BY_OFFICER = "stops/search_share_by_officer"
SAMPLED = ("same_scene", "small_area_estimate", "threshold_test")
PLAN = """tests:
  - analysis: force/dog_bite_change
    within: 2018-01-01..2021-12-31
    event: {start: 2020-01-01, label: the new policy, because: It began on that day}
  - analysis: force/level_change
    within: 2018-01..2021-12
    event: {start: 2020-06-01, label: June 2020, because: the first whole month after the event}
  - {analysis: stops/hit_rates, reference: WHITE}
exploratory:
""" + "".join(
    f"  - {{analysis: stops/{name}, reference: WHITE, added: 2026-11-23, because: asked later}}\n"
    for name in ("search_share_ratio", "search_thresholds", "search_share_unknown_race", "veil_of_darkness")
)


def fill_with_every_kind(folder):
    made_site(
        folder,
        PLAN,
        DECLARED,
        stops__stop=_stops(),
        force__force_application=_force(),
        surveys__response=asked(300),
        population__group_population=census(),
    )


def _stops():
    """Three years of stops at a place where clocks show UTC, from noon till ten, in twelve precincts."""
    rng = np.random.default_rng(11)
    when = days(date(2021, 1, 1), [250] * 36, rng)
    size = len(when)
    race = rng.choice(["White", "Black", "Hispanic or Latino", ""], size, p=[0.45, 0.35, 0.15, 0.05])
    searched = rng.random(size) < np.where(race == "Black", 0.4, 0.3)
    found = rng.random(size) < np.where(race == "White", 0.35, 0.25)
    minute = rng.integers(0, 600, size)
    return pl.DataFrame(
        {
            "id": [str(at) for at in range(size)],
            "occurred_at": [f"{day} {12 + at // 60:02d}:{at % 60:02d}" for day, at in zip(when, minute, strict=True)],
            "race": race,
            "gender": rng.choice(["Male", "Female"], size),
            "reason": rng.choice(["Traffic violation", "Reasonable suspicion of a crime"], size, p=[0.8, 0.2]),
            "precinct": rng.integers(1, 13, size).astype(str),
            "latitude": "51.5",
            "longitude": "-0.1",
            "search_conducted": np.where(searched, "Yes", "No"),
            "search_basis": np.where(searched, "Consent", ""),
            "contraband_found": np.where(searched, np.where(found, "Yes", "No"), ""),
            "officer": rng.integers(1, 25, size).astype(str),
        }
    )


def _force():
    """Four years of scenes with four officers each, of whom the eighth uses more force; some with a police dog."""
    rng = np.random.default_rng(4)
    scenes = 120
    officer = np.concatenate([rng.choice(12, 4, replace=False) for _ in range(scenes)])
    level = (rng.random(4 * scenes) < 1 / (1 + np.exp(1 - np.where(officer == 7, 2.0, 0.0)))).astype(int) + 1
    spread = np.linspace(0, (date(2021, 12, 31) - date(2018, 1, 1)).days, scenes).round().astype(int)
    day = [date(2018, 1, 1) + timedelta(days=int(at)) for at in spread.repeat(4)]
    return pl.DataFrame(
        {
            "id": [str(at) for at in range(4 * scenes)],
            "occurred_at": [f"{one} 12:00" for one in day],
            "incident": np.arange(scenes).repeat(4).astype(str),
            "officer": officer.astype(str),
            "level": level,
            "level_scheme": "made up",
            "force_type": np.where(rng.random(4 * scenes) < 0.05, "Police dog bit or held", "Takedown"),
        }
    )
