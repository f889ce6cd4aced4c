"""Surveys as analyses: equal to the statistic on the file, weighted to the population, refused where they mislead."""

import numpy as np
import polars as pl
import pytest

from openhalo.sites.open_site import open_site
from openhalo.statistics import survey_estimate, survey_scales

from .conftest import site_with
from .made import made_site

MINE = """kind: survey_estimate
label: Mine
question: Mine?
record: surveys/response
why_it_matters: C
limits: [D]
sources: [E]
author: F
reviewed: 2026-01-01
next_review: 2027-01-01
statement: say so
"""
SIZES = {"BLACK": 20000, "WHITE": 80000}
HEAD = "written: 2026-11-22\nauthor: Tests\nbecause: Tests.\n"
PLAN = "tests:\n  - {analysis: surveys/trust}\n  - {analysis: surveys/fair_treatment}\n"
PUBLIC = """
declared_public:
  - {record: surveys/response, fields: [gender], reason: Tests, reference: Tests}
"""


def mine(site, settings):
    file = site.path / "catalogue" / "surveys" / "analyses" / "mine.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(MINE + settings, encoding="utf-8")
    return open_site(site.path).analyse("surveys/mine")


def asked_people(seed=3, black=300, white=200):
    """Of whom white people trust more, answer less often, and all answer four questions that hang together."""
    rng = np.random.default_rng(seed)
    race = np.repeat(["BLACK", "WHITE"], [black, white])
    view = rng.normal(size=len(race)) + np.where(race == "WHITE", 0.8, 0.0)
    names = ("respectful", "listens", "explains", "decides_fairly")
    items = {name: np.clip(np.round(3 + view + 0.6 * rng.normal(size=len(race))), 1, 5).astype(int) for name in names}
    trust = np.clip(np.round(5 + 2 * view), 0, 10).astype(int)
    return pl.DataFrame(
        {
            "id": [str(at) for at in range(len(race))],
            "year": "2024",
            "race": race,
            "trust": trust,
            **items,
            "gender": rng.choice(["FEMALE", "MALE"], len(race)),
            "weight": np.where(rng.random(len(race)) < 0.5, 1.0, 2.0),
        }
    )


def population(sizes=SIZES):
    rows = [
        {
            "year": year,
            "area": "City",
            "area_kind": "CITY",
            "group_kind": "RACE" if race else "ALL",
            "race": race,
            "population": str(size * times),
            "population_basis": "CENSUS",
        }
        for race, size in sizes.items()
        for year, times in (("2010", 3 if race == "BLACK" else 1), ("2020", 1))
    ]
    return pl.DataFrame(rows).with_row_index("id").with_columns(pl.col("id").cast(pl.String))


def places(north, south):
    """Residents of two neighborhoods beside those by race."""
    base = {"year": "2020", "area_kind": "NEIGHBORHOOD", "group_kind": "ALL", "population_basis": "CENSUS", "race": ""}
    rows = [{**base, "id": name, "area": name, "population": str(n)} for name, n in (("N", north), ("S", south))]
    return pl.concat([population(), pl.DataFrame(rows)], how="diagonal")


@pytest.fixture(scope="module")
def belgium(data, tmp_path_factory):
    """A site with a real survey on trust in the police."""
    file = data / "surveys" / "ess5_belgium_police_trust.csv"
    return site_with(tmp_path_factory.mktemp("belgium"), HEAD + PLAN, {"belgium_trust_2010": file})


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    frames = {"surveys__response": asked_people(), "population__group_population": population()}
    return made_site(tmp_path_factory.mktemp("made"), PLAN, PUBLIC, **frames)


def test_a_real_survey_gives_what_its_file_gives(belgium, data):
    found = belgium.analyse("surveys/trust")
    rows = pl.read_csv(data / "surveys" / "ess5_belgium_police_trust.csv")
    trust = rows["trstplc"].drop_nulls().to_numpy()
    share = (trust >= 6).mean()
    error = np.sqrt(share * (1 - share) / (len(trust) - 1))  # of a simple sample
    whole, women, men, gap = found.contrasts
    assert (whole.n, whole.estimate) == (1701, pytest.approx(share))
    assert (whole.high - whole.low) / 2 == pytest.approx(1.96 * error, rel=1e-2)
    for one, female in ((women, 1), (men, 0)):
        some = rows.filter(pl.col("female") == female)["trstplc"].drop_nulls().to_numpy()
        assert (one.n, one.estimate) == (len(some), pytest.approx((some >= 6).mean()))
    apart = np.sqrt(sum(one.estimate * (1 - one.estimate) / (one.n - 1) for one in (women, men)))
    assert gap.estimate == pytest.approx(men.estimate - women.estimate)  # fewer men answered
    assert (gap.high - gap.low) / 2 == pytest.approx(1.96 * apart, rel=1e-2) and gap.direction == "neither"
    assert found.sentence().startswith(
        "Of every 100 residents, about 64 say that they trust the police, with 6 or more on a scale from 0 to 10 "
        "(62 to 66; 1,701 people answered, not weighted)."
    )
    assert found.facts["design_effect"] == 1 and found.chart()
    assert str(found.subject.days) == "2010-01-01..2010-12-31"


def test_real_questions_make_a_scale_only_where_they_hang_together(belgium, data):
    rows = pl.read_csv(data / "surveys" / "ess5_belgium_police_trust.csv")
    items = rows.select(pl.col("trstplc", "plcpvcr").fill_null(float("nan"))).to_numpy()
    alpha = survey_scales.alpha(items)
    found = mine(belgium, "items: [trust, prevents_crime]\n")
    assert alpha < survey_scales.LEAST_RELIABLE
    assert f"do not hang together as one scale (reliability {alpha:.2f}, and 0.7 is needed)" in found.refusal


def test_answers_are_weighted_to_the_population_of_its_last_year(made):
    found = mine(made, "answer: trust >= 6\nweight: weight\nmargins:\n  - {field: race, by: race}\n")
    rows = asked_people()
    drawn = survey_estimate.rake(survey_estimate.sample(rows["weight"]), [rows["race"]], [SIZES])
    apart = survey_estimate.mean((rows["trust"] >= 6).cast(float), drawn, "x")
    by = {
        race: np.average(some["trust"] >= 6, weights=some["weight"])
        for (race,), some in rows.group_by("race", maintain_order=True)
    }
    (one,) = found.contrasts
    assert one.estimate == pytest.approx(0.2 * by["BLACK"] + 0.8 * by["WHITE"])
    assert (one.low, one.high) == pytest.approx((apart.low, apart.high))
    effect = survey_estimate.design_effect(drawn.weights)
    assert found.facts["effective"] == pytest.approx(500 / effect) and effect > 1.3
    assert found.facts["unweighted"] == pytest.approx((rows["trust"] >= 6).mean())
    assert "500 people answered, weighted to the population" in found.sentence()
    assert f"the 500 answers are worth {500 / effect:.0f}" in " ".join(found.notes)


def test_a_scale_is_averaged_and_its_reliability_shown(made):
    found = made.analyse("surveys/fair_treatment")
    rows = asked_people()
    items = rows.select("respectful", "listens", "explains", "decides_fairly").to_numpy().astype(float)
    drawn = survey_estimate.rake(survey_estimate.sample(rows["weight"]), [rows["race"]], [SIZES])
    apart = survey_estimate.mean(25 * (items.mean(axis=1) - 1), drawn, "x")
    (one,) = found.contrasts
    assert (one.estimate, one.low, one.high) == pytest.approx((apart.estimate, apart.low, apart.high))
    assert found.facts["reliability"] == pytest.approx(survey_scales.omega(items)) and found.facts["reliability"] > 0.8
    assert f"residents give {one.estimate:.0f} of 100 points on average" in found.sentence()


@pytest.mark.parametrize(
    ("people", "sizes", "settings", "said"),
    [
        (asked_people(black=30, white=19), SIZES, "answer: trust >= 6\n", "only 49 people answered; 50 are needed"),
        (asked_people(), {"WHITE": 9}, "answer: trust >= 6\nmargins: [{field: race, by: race}]\n", "both: BLACK"),
        (
            asked_people(black=300, white=10),
            {"BLACK": 1, "WHITE": 900},
            "answer: trust >= 6\nmargins: [{field: race, by: race}]\n",
            "a few answers would speak for most people",
        ),
        (
            asked_people().with_columns(race=pl.when(pl.col("trust") < 5).then(pl.lit("")).otherwise("race")),
            SIZES,
            "answer: trust >= 6\nmargins: [{field: race, by: race}]\n",
            "do not say the group",
        ),
        (
            asked_people().with_columns(listens=6 - pl.col("listens"), explains=6 - pl.col("explains")),
            SIZES,
            "items: [respectful, listens, explains]\n",
            "do not hang together",
        ),
        (
            asked_people(),
            {"BLACK": 1, "WHITE": 2, "": 9},
            "answer: trust >= 6\nmargins: [{field: race, by: area}]\n",
            "'group_kind' is ALL, RACE, and may be one",
        ),
        (asked_people(), SIZES, "items: [respectful, trust]\n", "do not all have the same lowest"),
    ],
)
def test_what_would_mislead_is_refused(tmp_path, people, sizes, settings, said):
    frames = {"surveys__response": people, "population__group_population": population(sizes)}
    found = mine(made_site(tmp_path, **frames), settings)
    assert said in found.refusal and not found.contrasts


TWO = """answer: trust >= 6
margins:
  - {field: race, where: "group_kind = 'RACE'", by: race}
  - {field: neighborhood, where: "group_kind = 'ALL'", by: area}
"""


def test_answers_are_weighted_to_two_margins_or_refused_where_these_cannot_both_hold(tmp_path):
    people = asked_people()
    mixed = people.with_columns(
        neighborhood=pl.when(pl.col("gender") == "MALE").then(pl.lit("N")).otherwise(pl.lit("S"))
    )
    found = mine(
        made_site(tmp_path / "a", surveys__response=mixed, population__group_population=places(60000, 40000)), TWO
    )
    cells = (
        mixed.group_by("race", "neighborhood")
        .agg(n=pl.len(), share=(pl.col("trust") >= 6).mean())
        .sort("race", "neighborhood")
    )
    black, white = SIZES["BLACK"], SIZES["WHITE"]
    table = cells["n"].to_numpy().reshape(2, 2)
    odds = table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])
    low, high = 0.0, float(black)
    for _ in range(200):  # the one table with these margins and the sample's odds ratio
        x = (low + high) / 2
        fit = x * (white - 60000 + x) / ((black - x) * (60000 - x))
        low, high = (x, high) if fit < odds else (low, x)
    weights = np.array([x, black - x, 60000 - x, white - 60000 + x])
    assert found.contrasts[0].estimate == pytest.approx(weights @ cells["share"].to_numpy() / weights.sum())
    apart = people.with_columns(
        neighborhood=pl.when(pl.col("race") == "BLACK").then(pl.lit("N")).otherwise(pl.lit("S"))
    )
    site = made_site(tmp_path / "b", surveys__response=apart, population__group_population=places(60000, 40000))
    assert "the weights did not settle in 200 rounds" in mine(site, TWO).refusal
    site = made_site(tmp_path / "c", surveys__response=mixed, population__group_population=places(60000, 90000))
    assert "the groupings do not add up to the same population" in mine(site, TWO).refusal


def test_without_a_population_nothing_is_weighted_to_it(belgium, tmp_path):
    assert "1704 of 1704 people do not say the group" in belgium.analyse("surveys/fair_treatment").refusal
    site = made_site(tmp_path, PLAN, surveys__response=asked_people())
    assert site.analyse("surveys/fair_treatment").refusal == "there are no records for it"


def test_a_release_has_a_page_that_says_it_in_both_languages(made):
    release = made.publish()
    text = (release / "pages/analyses/surveys/trust.html").read_text("utf-8")
    assert "Of every 100 residents, about" in text and "weighted by how they were drawn" in text
    assert "All residents" in text and "Women and girls" in text and "<svg" in text
    scale = (release / "pages/analyses/surveys/fair_treatment.html").read_text("utf-8")
    assert "of 100 points on average" in scale and "Reliability of the scale" in scale
    spanish = (release / "es/pages/analyses/surveys/trust.html").read_text("utf-8")
    assert "De cada 100 residentes" in spanish and "Of every 100" not in spanish
    assert "surveys/trust" in (release / "data/analyses.csv").read_text("utf-8")
