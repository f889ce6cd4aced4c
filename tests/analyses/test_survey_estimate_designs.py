"""A survey as an analysis, by its design: R's numbers for the samples of Californian schools, from records to pages.

A school stands for a person, its kind for a race, whether it met its goal for a gender, its award for an age group.
"""

import json

import polars as pl
import pytest

from openhalo.analyses.kinds.survey_estimate.design import placed
from openhalo.base.errors import CatalogueError
from openhalo.catalogue.index import load
from openhalo.sites.open_site import open_site

from .conftest import site_with
from .made import made_site
from .test_survey_estimate import HEAD, MINE, mine

KINDS = {"E": "BLACK", "H": "HISP", "M": "WHITE"}
SIZES = {
    "race": ("RACE", {"BLACK": 4421, "HISP": 755, "WHITE": 1018}),
    "gender": ("GENDER", {"FEMALE": 1072, "MALE": 5122}),
}
DESIGN = "answer: trust >= 6\nweight: weight\nstratum: stratum\ncluster: cluster\nstratum_size: stratum_size\n"
MARGINS = """margins:
  - {field: race, where: "group_kind = 'RACE'", by: race}
  - {field: gender, where: "group_kind = 'GENDER'", by: gender}
"""
PLAN = "tests:\n  - {analysis: surveys/mine}\n"
PUBLIC = "\ndeclared_public:\n  - {record: surveys/response, fields: [race, gender], reason: Tests, reference: Tests}\n"


def asked(data, name, **columns):
    """Return a sample of schools as answers: a score above 700 is trust."""
    rows = pl.read_csv(data / "reference" / f"survey_{name}.csv.gz", null_values="NA", infer_schema_length=None)
    return rows.select(
        id=pl.col("cds").cast(pl.String),
        year=pl.lit("2000"),
        trust=pl.when(pl.col("api00") > 700).then(10).otherwise(0),
        race=pl.col("stype").replace_strict(KINDS),
        gender=pl.col("sch.wide").replace_strict({"No": "FEMALE", "Yes": "MALE"}),
        age_band=pl.col("awards").replace_strict({"No": "FROM_25", "Yes": "FROM_35"}),
        weight="pw",
        stratum_size="fpc",
        **columns,
    )


def homes(data):
    return asked(data, "apiclus1", cluster=pl.col("dnum").cast(pl.String))


def people(data):
    return asked(data, "apistrat", stratum="stype")


def sized(sizes=SIZES):
    rows = [
        {
            "year": "2000",
            "area": "City",
            "area_kind": "CITY",
            "group_kind": kind,
            field: code,
            "population": str(size),
            "population_basis": "CENSUS",
        }
        for field, (kind, some) in sizes.items()
        for code, size in some.items()
    ]
    return pl.DataFrame(rows, infer_schema_length=None).with_row_index("id").cast({"id": pl.String})


@pytest.fixture(scope="module")
def by_homes(data, tmp_path_factory):
    """A site with answers drawn by cluster, and a population by race and by gender."""
    folder = tmp_path_factory.mktemp("homes")
    return made_site(folder, surveys__response=homes(data), population__group_population=sized())


@pytest.fixture(scope="module")
def by_strata(data, tmp_path_factory):
    return made_site(tmp_path_factory.mktemp("strata"), surveys__response=people(data))


@pytest.mark.parametrize(
    ("fitting", "whole", "gap"),
    [
        (
            "raking",
            (0.3241126974603, 0.1574419879523, 0.4907834069684),
            (0.140777210393, 0.0329655632631, 0.248588857522, 0.01443890402025),
        ),
        (
            "linear",
            (0.3243888207040, 0.1570480792230, 0.4917295621850),
            (0.140197842933, 0.0321740714995, 0.248221614366, 0.0149202698434),
        ),
    ],
)
def test_clusters_and_two_margins_of_the_population_give_the_numbers_of_r(by_homes, fitting, whole, gap):
    """R: `d <- rake(dclus1, list(~stype, ~sch.wide), ..., control=list(epsilon=1e-9))`, or `calibrate(dclus1,
    ~stype + sch.wide, ...)`; `confint(svymean(~as.numeric(api00 > 700), d), df=degf(d))`;
    `m <- svyglm(as.numeric(api00 > 700) ~ awards, d)`, `coef(summary(m))`, `confint(m)`."""
    found = mine(by_homes, f"{DESIGN}{MARGINS}fitting: {fitting}\ngroup: age_band\nreference: FROM_25\n")
    all_people, last = found.contrasts[0], found.contrasts[-1]
    assert (all_people.estimate, all_people.low, all_people.high) == pytest.approx(whole, rel=1e-9)
    assert (last.group, last.reference, last.leads) == ("FROM_35", "FROM_25", True)
    assert (last.estimate, last.low, last.high, last.p) == pytest.approx(gap, rel=1e-8)
    assert not any("one by one" in one.text for one in found.assumptions)
    assert any("drawn by cluster, such as a home or a block: 15 of them" in note for note in found.notes)


def test_three_margins_by_race_gender_and_age_give_the_number_of_r(data, tmp_path):
    """R: `rake(dclus1, list(~stype, ~sch.wide, ~awards), ..., control=list(epsilon=1e-10))`, awards 2027 and 4167."""
    ages = {"age_band": ("AGE", {"FROM_25": 2027, "FROM_35": 4167})}
    site = made_site(tmp_path, surveys__response=homes(data), population__group_population=sized(SIZES | ages))
    margins = MARGINS + "  - {field: age_band, where: \"group_kind = 'AGE'\", by: age_band}\n"
    (whole,) = mine(site, DESIGN + margins).contrasts
    assert (whole.estimate, whole.low, whole.high) == pytest.approx(
        (0.3242919712613, 0.1583743429778, 0.4902095995449), rel=1e-7
    )


def test_strata_and_three_groups_give_the_numbers_of_r(by_strata):
    """R: `svymean(~as.numeric(api00 > 700), dstrat)`; `m <- svyglm(I(api00 > 700) ~ stype, dstrat)`,
    `regTermTest(m, ~stype, method="WorkingWald", lrt.approximation="satterthwaite")`."""
    found = mine(by_strata, DESIGN + "group: race\n")
    whole = found.contrasts[0]
    assert (whole.estimate, whole.low, whole.high) == pytest.approx((0.4043396816110, 0.3304352506104, 0.4782441126117))
    hispanic, white = found.leading
    assert (hispanic.reference, white.reference) == ("BLACK", "BLACK")  # of whom most answered
    assert (white.estimate, white.low, white.high, white.p) == pytest.approx(
        (-0.22, -0.372663810937, -0.06733618906266, 4.95858288138e-03)
    )
    test = found.facts["equal_groups"]
    assert (test["statistic"], *test["freedom"], test["p"]) == pytest.approx(
        (5.63545634172, 1.87315009838, 195, 0.00502760860877)
    )
    notes = " ".join(found.notes)
    assert "compared with Black people, of whom most people answered" in notes
    assert (
        "differ by more than chance explains (test of Rao and Scott: F 5.6, 1.9 and 195 degrees of freedom, p 0.005"
        in notes
    )
    assert any("one by one" in one.text for one in found.assumptions)
    assert "The share among white people is 22.0 points lower than among Black people (95% interval" in found.sentence()
    other = mine(by_strata, DESIGN + "group: race\nreference: WHITE\ncompare: [BLACK]\n")
    (only,) = other.leading
    assert (only.group, only.reference) == ("BLACK", "WHITE") and only.estimate == pytest.approx(0.22)
    assert other.facts.get("equal_groups") is None


def test_a_design_that_some_answers_lack_is_told_or_refused(data, tmp_path):
    rows = people(data).with_row_index("at")
    some, many = (
        rows.with_columns(stratum=pl.when(pl.col("at") % every > 0).then("stratum").otherwise(pl.lit(""))).drop("at")
        for every in (20, 4)
    )
    found = mine(made_site(tmp_path / "some", surveys__response=some), DESIGN)
    assert found.contrasts[0].n == 190 and found.facts["left_out"]["stratum"] == 10
    assert "Left out, because they do not say the stratum that they were drawn from: 10 people." in found.notes
    found = mine(made_site(tmp_path / "many", surveys__response=many), DESIGN)
    assert "50 of 200 people do not say the stratum that they were drawn from" in found.refusal


def test_a_weight_of_nothing_is_none():
    rows = pl.DataFrame({"weight": [0.0, *[1.0] * 9], "cluster": [None] * 10})
    kept, lost = placed(rows, 0)
    assert kept.height == 9 and lost == {"weight": 1, "margins": 0}  # clusters that nobody names are none


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stratum_size": pl.when(pl.col("id") == "A").then(9000).otherwise("stratum_size")}, "different sizes"),
        ({"stratum_size": pl.lit(20)}, "more people or clusters were drawn from a stratum than it is said to have"),
        ({"stratum": pl.when(pl.col("id") == "A").then(pl.lit("X")).otherwise("stratum")}, "a single cluster"),
    ],
)
def test_a_design_that_contradicts_itself_is_refused(data, tmp_path, change, said):
    rows = (
        people(data).with_row_index("at").with_columns(id=pl.when(pl.col("at") == 0).then(pl.lit("A")).otherwise("id"))
    )
    site = made_site(tmp_path, surveys__response=rows.drop("at").with_columns(**change))
    assert said in mine(site, DESIGN).refusal


def test_over_several_years_nothing_is_corrected_for_a_finite_population(data, tmp_path):
    rows = people(data).with_row_index("at")
    late = rows.with_columns(year=pl.when(pl.col("at") % 2 == 0).then(pl.lit("2001")).otherwise("year")).drop("at")
    two = mine(made_site(tmp_path / "two", surveys__response=late), DESIGN).contrasts[0]
    bare = mine(made_site(tmp_path / "bare", surveys__response=rows.drop("at", "stratum_size")), DESIGN).contrasts[0]
    assert (two.low, two.high) == pytest.approx((bare.low, bare.high))


def test_groups_that_cannot_be_compared_are_told(data, tmp_path):
    site = made_site(tmp_path / "a", surveys__response=homes(data))
    found = mine(site, DESIGN + "group: gender\nreference: FEMALE\n")
    assert not found.leading and "Groups are not compared: too few answers of women and girls" in " ".join(found.notes)
    alike = people(data).with_columns(trust=pl.when(pl.col("race") == "HISP").then(10).otherwise("trust"))
    found = mine(made_site(tmp_path / "b", surveys__response=alike), DESIGN + "group: race\n")
    hispanic = found.contrasts[2]
    assert (hispanic.group, hispanic.estimate, hispanic.high) == ("HISP", pytest.approx(1), 1)
    assert hispanic.low == pytest.approx(50 / (50 + 1.9599639845**2))  # Wilson's interval, not one of no width
    assert "all Hispanic or Latino people gave the same answer" in " ".join(found.notes) and not found.leading


def test_settings_that_do_not_fit_are_reported(tmp_path):
    file = tmp_path / "surveys" / "analyses" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(MINE + "answer: trust >= 6\nreference: MALE\nfitting: linear\ncore: trusst\n", encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path)
    found = " ".join(problem.found for problem in caught.value.problems)
    assert "'reference' without 'group'" in found and "'fitting' without 'margins'" in found and "'trusst'" in found


def test_differences_count_among_the_comparisons_of_the_plan(data, tmp_path):
    plan = PLAN + "  - {analysis: surveys/trust, reference: MALE}\n"
    site = made_site(tmp_path, surveys__response=people(data))
    file = site.path / "catalogue" / "surveys" / "analyses" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(MINE + DESIGN + "group: race\n", encoding="utf-8")
    (site.path / "analysis_plan.yaml").write_text(HEAD + plan, encoding="utf-8")
    planned = open_site(site.path).analyse("surveys/mine")
    hispanic, white = planned.leading
    assert planned.family == 2 and white.p < hispanic.p
    assert (white.adjusted, hispanic.adjusted) == pytest.approx((2 * white.p, max(2 * white.p, hispanic.p)))  # Holm
    assert planned.headline().startswith("Of every 100 residents, about 40 say so (33 to 48; 200 people answered, ")
    assert planned.headline().endswith("In 2 of 2 comparisons the difference is larger than chance explains.")


def test_trust_as_an_analysis_is_published_on_the_core_list(data, tmp_path):
    file = data / "surveys" / "ess5_belgium_police_trust.csv"
    site = site_with(tmp_path, HEAD + "tests:\n  - {analysis: surveys/trust}\n", {"belgium_trust_2010": file})
    settings = site.path / "agency.yaml"
    settings.write_text(settings.read_text("utf-8") + "languages: [en, es]\n" + PUBLIC, encoding="utf-8")
    release = open_site(site.path).publish()
    core = {one["name"]: one for one in json.loads((release / "datapackage.json").read_text("utf-8"))["core"]}
    assert (core["trust"]["standing"], core["trust"]["analyses"]) == ("published", ["surveys/trust"])
    assert core["stops"]["standing"] == "no_records"
    home = (release / "index.html").read_text("utf-8")
    assert 'href="pages/analyses/surveys/trust.html" aria-label="Published: Trust in the police"' in home
    page = (release / "pages/analyses/surveys/trust.html").read_text("utf-8")
    assert "Men and boys, against women and girls" in page and page.count("<figure>") == 2
    assert "Chance alone could give such a difference." in page
