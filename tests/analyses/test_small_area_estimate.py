"""Shares of areas by a model and the census: what is told of each area, what is not, and what is refused."""

import re

import numpy as np
import polars as pl
import pytest

from openhalo.analyses.context import AnalysisContext
from openhalo.analyses.kinds.small_area_estimate.account import Area, SmallAreas, sentence
from openhalo.analyses.kinds.small_area_estimate.answers_by_kind import answers_by_kind
from openhalo.sites.opened_site import open_records
from openhalo.statistics.results import Result
from tests.libraries import needs

from .made import made_site

pytestmark = [pytest.mark.ci, needs("numba", "nutpie")]

AREAS = [f"Ward {at}" for at in range(1, 13)]
RACES, GENDERS, AGES = ("BLACK", "HISP", "WHITE"), ("FEMALE", "MALE"), ("FROM_18", "FROM_35", "FROM_65")
EFFECTS = np.random.default_rng(1).normal(0, 0.5, len(AREAS))
CELL = "RACE_GENDER_AGE"
PLAN = """
tests:
  - {analysis: surveys/trust_by_neighborhood}
"""
POLICY = "k: 15\n"


RESULT = Result(
    what="",
    n=12,
    unit="",
    estimate=0.581,
    low=0.488,
    high=0.6649,
    confidence=0.95,
    method="",
    assumptions=(),
    citation="",
    limit="",
)


def census():
    """People of each race, gender and age in each ward; and of each ward as a whole, who must not be added to them."""
    rng = np.random.default_rng(5)
    base = {"year": "2020", "area_kind": "NEIGHBORHOOD", "population_basis": "CENSUS"}
    kinds = [(a, r, g, y) for a in AREAS for r in RACES for g in GENDERS for y in (*AGES, "UNDER_18")]
    rows = [
        {
            **base,
            "area": a,
            "group_kind": "RACE_GENDER_AGE",
            "race": r,
            "gender": g,
            "age_band": y,
            "population": str(n),
        }
        for (a, r, g, y), n in zip(kinds, rng.integers(50, 900, len(kinds)), strict=True)
    ]
    rows += [{**base, "area": a, "group_kind": "ALL", "population": "999999"} for a in AREAS]
    return pl.DataFrame(rows).with_row_index("id").with_columns(pl.col("id").cast(pl.String))


def truth(frame):
    """Log odds of trust of each kind of person."""
    odds = 0.4 - 1.2 * (frame["race"] == "BLACK") + 0.5 * (frame["age_band"] == "FROM_65")
    return odds.to_numpy() + EFFECTS[frame["area"].str.slice(5).cast(int).to_numpy() - 1]


def asked(n=900, seed=8, nobody_in=("Ward 12",), few_in="Ward 11", few=4):
    """People drawn from the census, nobody in the last ward and four in the one before; old people twice as often."""
    rng = np.random.default_rng(seed)
    people = census().filter(group_kind=CELL).filter(pl.col("age_band") != "UNDER_18")
    size = people["population"].cast(float).to_numpy() * np.where(people["age_band"] == "FROM_65", 2, 1)
    size = size * ~people["area"].is_in([*nobody_in, few_in]).to_numpy()
    rows = people[rng.choice(len(people), n - few, p=size / size.sum())]
    rows = pl.concat([rows, people.filter(area=few_in)[:few]])
    yes = rng.random(n) < 1 / (1 + np.exp(-truth(rows)))
    return rows.select(
        id=pl.Series([str(at) for at in range(n)]),
        year=pl.lit("2021"),
        neighborhood="area",
        race="race",
        gender="gender",
        age_band="age_band",
        trust=pl.Series(np.where(yes, "8", "3")),
        weight=pl.when(pl.col("age_band") == "FROM_65").then(pl.lit("1")).otherwise(pl.lit("2")),
    )


def site(folder, people=None, population=None, plan=PLAN):
    return made_site(
        folder,
        plan,
        surveys__response=asked() if people is None else people,
        population__group_population=census() if population is None else population,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return site(tmp_path_factory.mktemp("wards"))


@pytest.fixture(scope="module")
def found(made):
    return made.analyse("surveys/trust_by_neighborhood")


def test_every_area_has_a_share_nearer_the_truth_than_its_own_answers(margin, found):
    assert found.refusal == ""
    people = census().filter(group_kind=CELL).filter(pl.col("age_band") != "UNDER_18")
    people = people.with_columns(pl.col("population").cast(float), share=pl.Series(1 / (1 + np.exp(-truth(people)))))
    real = people.group_by("area", maintain_order=True).agg(
        share=(pl.col("share") * pl.col("population")).sum() / pl.col("population").sum(),
        people=pl.col("population").sum(),
    )
    rows = found.detail.join(real, on="area", validate="1:1", maintain_order="left")
    assert rows["area"].to_list() == AREAS  # Ward 2 before Ward 10
    assert rows["population"].to_list() == rows["people"].to_list()  # no child, and no ward counted twice
    held = (rows["low"] < rows["share"]) & (rows["share"] < rows["high"])
    margin("areas held", held.sum(), least=8)  # 12 × 95%, less what chance takes
    raw = asked().group_by(area="neighborhood").agg(raw=(pl.col("trust") == "8").mean())
    apart = rows.join(raw, on="area").filter(pl.col("area") != "Ward 11")
    error = {name: float((apart[name] - apart["share"]).abs().mean()) for name in ("estimate", "raw")}
    margin("error over the raw shares' own", error["estimate"] / error["raw"], most=1)
    (whole,) = found.contrasts
    true = np.average(real["share"], weights=real["people"])
    margin("low end of the whole less the truth", whole.low - true, most=0)
    margin("high end of the whole less the truth", whole.high - true, least=0)
    assert whole.n == 900


def test_small_numbers_of_people_are_not_told_and_areas_without_answers_are(margin, found, made):
    rows = {row["area"]: row for row in found.detail.to_dicts()}
    assert rows["Ward 12"]["answered"] == 0 and rows["Ward 11"]["answered"] is None
    # One hidden number alone would follow from the sum.
    hidden = [name for name, row in rows.items() if row["answered"] is None]
    counted = dict(asked().group_by("neighborhood").len().iter_rows())
    assert len(hidden) == 2 and counted[hidden[0]] == min(n for name, n in counted.items() if name != "Ward 11")
    text = " ".join(found.notes)
    assert "Nobody answered in: Ward 12." in text
    wide = {name: row["high"] - row["low"] for name, row in rows.items()}
    margin("width where nobody answered over the median", wide["Ward 12"] / np.median(list(wide.values())), least=1)


def test_own_answers_are_shown_where_they_are_enough(found):
    rows = found.detail.filter(pl.col("own_estimate").is_not_null())
    assert rows.height > 5 and rows["answered"].min() >= 50
    assert "too few to say" in {row[3] for row in found.tables()[0].rows}
    one = rows.row(0, named=True)
    mine = asked().filter(neighborhood=one["area"]).with_columns(pl.col("weight").cast(float))
    assert one["own_estimate"] == pytest.approx(np.average(mine["trust"] == "8", weights=mine["weight"]))


def kinds(found, folder, people):
    """Return what the model would be fitted to, had these people answered."""
    asked = found.subject
    return answers_by_kind(AnalysisContext(asked.spec, asked.test, asked.standing, open_records(site(folder, people))))


def test_weights_that_kinds_explain_change_nothing_and_others_count(found, tmp_path):
    assert found.facts["design_effect"] == pytest.approx(1)
    rng = np.random.default_rng(80)
    uneven = asked().with_columns(weight=pl.Series(np.where(rng.random(900) < 0.5, "1", "3")))
    known = kinds(found, tmp_path, uneven)
    assert known.effect == pytest.approx(1.25, abs=0.04)  # 1 + cv² of 1 and 3
    assert known.asked.sum() == pytest.approx(900 / known.effect) and sum(known.answered) == 900
    told = " ".join(SmallAreas((Area("A", 9, 50, RESULT, None),), known.left, known.effect, least=10).notes(found))
    assert f"the 900 answers are worth {900 / known.effect:.0f} that all count the same" in told


def likely(assumptions):
    """Return the chance of a larger misfit that each assumption tells."""
    told = [re.search(r"misfit: ([\d.]+)", one.text) for one in assumptions]
    return np.array([float(one[1]) for one in told if one])


def test_the_chains_and_what_the_model_gives_back_are_shown(margin, found):
    texts = [one.text for one in found.assumptions]
    assert any("the chains agree (R-hat 1.0" in one for one in texts)
    assert sum("the model gives back the answers by" in one for one in texts) == 4
    assert sum("makes much the same difference in each “Neighborhood”" in one for one in texts) == 3
    margin("least chance of a larger misfit", likely(found.assumptions).min(), least=0.01)
    assert {one.state for one in found.assumptions if "misfit" in one.text} == {"met"}


@pytest.mark.ci
def test_a_model_that_does_not_give_back_the_answers_says_so(margin, tmp_path):
    """In half of the wards women trust and men do not, in the others it is the other way round."""
    rng = np.random.default_rng(12)
    rows = asked(nobody_in=())
    even = rows["neighborhood"].str.slice(5).cast(int).to_numpy() % 2 == 0
    yes = rng.random(900) < np.where(even == (rows["gender"] == "FEMALE").to_numpy(), 0.85, 0.15)
    found = site(tmp_path, rows.with_columns(trust=pl.Series(np.where(yes, "8", "3")))).analyse(
        "surveys/trust_by_neighborhood"
    )
    least, next_least = np.sort(likely(found.assumptions))[:2]
    margin("chance of a larger misfit, Gender", least, most=0.01)
    margin("least chance, the others", next_least, least=0.01)
    (failing,) = [one for one in found.assumptions if one.state == "not met"]
    assert "“Gender” makes much the same difference in each" in failing.text
    assert "take care" in " ".join(found.notes)


WRONG = {
    "few answers": (asked(99, few=2), None, "only 99 people answered; 100 are needed"),
    "few areas": (asked(nobody_in=AREAS[3:10] + AREAS[11:]), None, "only 4 areas have answers; 5 are needed"),
    "no traits": (
        asked().with_columns(race=pl.when(pl.col("gender") == "MALE").then(pl.lit("")).otherwise("race")),
        None,
        "do not say their area, or a trait",
    ),
    "uncounted": (
        asked().with_columns(race=pl.when(pl.col("race") == "HISP").then(pl.lit("OTHER")).otherwise("race")),
        None,
        "are of a kind that the population's numbers do not have there",
    ),
    "all alike": (asked().with_columns(trust=pl.lit("9")), None, "all answers are alike"),
    "no cells": (None, census().filter(pl.col("group_kind") == "ALL"), "a kind that the population's numbers"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_would_mislead_is_refused(tmp_path, name):
    people, population, said = WRONG[name]
    found = site(tmp_path, people, population).analyse("surveys/trust_by_neighborhood")
    assert said in found.refusal and not found.contrasts and not found.detail.width


def test_a_code_that_the_census_does_not_count_becomes_the_broader_one(found, tmp_path):
    finer = asked().with_columns(race=pl.when(pl.col("race") == "BLACK").then(pl.lit("EAST_AFRICAN")).otherwise("race"))
    one, other = (kinds(found, tmp_path / name, rows) for name, rows in (("a", asked()), ("b", finer)))
    assert one.left == other.left == (0, 0, 0, 0)
    assert np.array_equal(one.asked_of, other.asked_of) and np.array_equal(one.yes, other.yes)


@pytest.mark.ci
def test_a_release_tells_it_in_both_languages_with_the_k_of_the_sites_policy(made, found):
    (made.path / "disclosure.yaml").write_text(POLICY, encoding="utf-8")
    release = made.publish()
    page = "pages/analyses/surveys/trust_by_neighborhood.html"
    text = (release / page).read_text("utf-8")
    assert "How to read it: In Ward" in text and "withheld (protects fewer than 15)" in text and "<svg" in text
    assert "it is no ranking" in text and "he chains agree" in text
    spanish = (release / "es" / page).read_text("utf-8")
    assert "Cómo leerlo: En Ward" in spanish and "protege a menos de 15" in spanish and "How to read" not in spanish
    rows = pl.read_csv(release / "data/analyses/surveys/trust_by_neighborhood.csv")
    assert rows["answered"].drop_nulls().to_list()[-1] == 0 and rows.filter(answered=0).height == 1
    assert rows.filter(pl.col("answered") > 0)["answered"].min() >= 15
    # The answers themselves stay: no file and no page tells who in a ward said what.
    assert not [file for file in release.rglob("*") if "response" in file.name and file.suffix in (".csv", ".parquet")]


def test_an_area_is_told_in_a_sentence(found):
    told = [sentence(found.subject, Area("Whittier", 9000, n, RESULT, None), 10) for n in (12, 1, 0, None)]
    assert told[0] == (
        "In Whittier, about 58 of every 100 residents say that they trust the police, with 6 or more on a scale from 0 "
        "to 10 (49 to 66). 12 people there answered; the rest comes from people like them elsewhere."
    )
    assert "1 person there answered;" in told[1] and "Nobody there answered;" in told[2]
    assert "is withheld (it protects fewer than 10)" in told[3]
