"""Survey estimates give the numbers of R's package `survey` for its samples of Californian schools."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import stdtrit

from openhalo.statistics import survey_estimate, survey_scales
from openhalo.statistics.results import Refused
from openhalo.statistics.survey_groups import differences

SCHOOLS = {"E": 4421, "H": 755, "M": 1018}
GOAL = {"No": 1072, "Yes": 5122}


def schools(name):
    folder = os.environ.get("OPENHALO_DATA")
    if folder is None:
        pytest.skip("OPENHALO_DATA is not set")
    return pl.read_csv(Path(folder) / "reference" / f"{name}.csv.gz", null_values="NA", infer_schema_length=None)


@pytest.fixture(scope="module")
def strata():
    rows = schools("survey_apistrat")
    return rows, survey_estimate.sample(rows["pw"], strata=rows["stype"], population=rows["fpc"])


@pytest.fixture(scope="module")
def clusters():
    rows = schools("survey_apiclus1")
    return rows, survey_estimate.sample(rows["pw"], clusters=rows["dnum"], population=rows["fpc"])


def standard_error(result):
    """Return the error behind a result: its interval is Student's t with the degrees that the method names."""
    freedom = float(result.method.rpartition("df ")[2].rstrip(")"))
    return (result.high - result.low) / 2 / stdtrit(freedom, 0.975)


def printed(result, digits):
    return round(result.estimate, digits[0]), round(standard_error(result), digits[1])


def test_a_sample_by_strata(strata):
    rows, drawn = strata
    assert printed(survey_estimate.mean(rows["api00"], drawn, "score"), (2, 4)) == (662.29, 9.4089)
    assert printed(survey_estimate.total(rows["enroll"], drawn, "pupils"), (0, 0)) == (3687178, 114642)


def test_a_sample_by_clusters(clusters):
    rows, drawn = clusters
    assert printed(survey_estimate.mean(rows["api00"], drawn, "score"), (2, 3)) == (644.17, 23.542)
    assert printed(survey_estimate.total(rows["enroll"], drawn, "pupils"), (0, 0)) == (3404940, 932235)


def test_raked(clusters):
    """R stops its default raking early (`epsilon = 1`, total 3,647,300); these are its digits at `epsilon = 1e-9`."""
    rows, drawn = clusters
    fitted = survey_estimate.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    assert printed(survey_estimate.mean(rows["api00"], fitted, "score"), (2, 3)) == (641.23, 23.704)
    assert printed(survey_estimate.total(rows["enroll"], fitted, "pupils"), (5, 5)) == (3647280.14813, 400603.25688)
    assert (fitted.weights.min(), fitted.weights.max()) == pytest.approx((29.870675492, 67.125529242))


def test_post_stratified(clusters):
    rows, drawn = clusters
    fitted = survey_estimate.rake(drawn, [rows["stype"]], [SCHOOLS])
    assert printed(survey_estimate.mean(rows["api00"], fitted, "score"), (2, 10)) == (642.31, 23.9204864451)
    assert printed(survey_estimate.total(rows["enroll"], fitted, "pupils"), (0, 0)) == (3680893, 406293)


def test_calibrated_to_a_number_and_groups(clusters):
    """R: `calibrate(design, ~stype + api99, c(6194, 755, 1018, 3914069))`."""
    rows, drawn = clusters
    columns = np.column_stack([np.ones(len(rows)), rows["stype"] == "H", rows["stype"] == "M", rows["api99"]])
    fitted = survey_estimate.calibrate(drawn, columns, [6194, 755, 1018, 3914069])
    assert printed(survey_estimate.mean(rows["api00"], fitted, "score"), (9, 10)) == (665.309071166, 3.4417531164)
    assert printed(survey_estimate.total(rows["enroll"], fitted, "pupils"), (5, 6)) == (3638487.20413, 385524.427352)


def test_calibrated_to_groups_is_post_stratified(clusters):
    rows, drawn = clusters
    columns = np.column_stack([(rows["stype"] == code).to_numpy() for code in SCHOOLS])
    linear = survey_estimate.mean(
        rows["api00"], survey_estimate.calibrate(drawn, columns, list(SCHOOLS.values())), "score"
    )
    cells = survey_estimate.mean(rows["api00"], survey_estimate.rake(drawn, [rows["stype"]], [SCHOOLS]), "score")
    assert linear.estimate == pytest.approx(cells.estimate)
    assert linear.low == pytest.approx(cells.low)


def test_what_is_calibrated_to_has_no_error_left(clusters):
    rows, drawn = clusters
    fitted = survey_estimate.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    found = survey_estimate.total((rows["stype"] == "E").to_numpy(), fitted, "schools")
    assert found.estimate == pytest.approx(4421)
    assert standard_error(found) == pytest.approx(0, abs=1e-6)


def test_refusals(clusters):
    rows, drawn = clusters
    with pytest.raises(Refused, match="not in both"):
        survey_estimate.rake(drawn, [rows["stype"]], [{"E": 4421, "H": 755}])
    with pytest.raises(Refused, match="same population"):
        survey_estimate.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, {"No": 1, "Yes": 5}])
    with pytest.raises(Refused, match="few answers would speak"):
        survey_estimate.rake(survey_estimate.sample(np.ones(100)), [[0] * 99 + [1]], [{0: 10, 1: 90}])
    with pytest.raises(Refused, match="single cluster"):
        survey_estimate.mean([1, 2, 3], survey_estimate.sample([1, 1, 1], strata=[0, 0, 1]), "trust")


def test_design_effect_of_all(strata, clusters):
    """R: `deff(svymean(~api00, design, deff = "replace"))` of `dstrat`, `dclus1` and the raked `dclus1`."""
    rows, drawn = strata
    assert survey_estimate.effect_of_design(rows["api00"], drawn) == pytest.approx(1.16556617145)
    rows, drawn = clusters
    assert survey_estimate.effect_of_design(rows["api00"], drawn) == pytest.approx(9.06974836245)
    fitted = survey_estimate.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    assert survey_estimate.effect_of_design(rows["api00"], fitted) == pytest.approx(9.35227648939)


def test_groups_one_by_one(strata, clusters):
    """R: `svyby(~api00, ~stype, design, svymean)` of `dstrat` and `dclus1`."""
    wanted = {
        "E": ((674.43, 12.3824797939), (648.868055556, 22.3624088938)),
        "H": ((625.82, 14.9371291854), (618.571428571, 38.0202493594)),
        "M": ((636.60, 16.2147073082), (631.44, 31.6094652272)),
    }
    for at, (rows, drawn) in enumerate((strata, clusters)):
        for kind, found in wanted.items():
            within = survey_estimate.mean(rows["api00"], drawn, "score", within=(rows["stype"] == kind).to_numpy())
            assert printed(within, (9, 10)) == found[at]


def test_calibrated_to_two_margins(clusters):
    """R: `calibrate(dclus1, ~stype + sch.wide, c(6194, 755, 1018, 5122))`."""
    rows, drawn = clusters
    fitted = survey_estimate.fit_linear(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    assert printed(survey_estimate.mean(rows["api00"], fitted, "score"), (10, 10)) == (640.9958700789, 23.8294929923)
    assert printed(survey_estimate.total(rows["enroll"], fitted, "pupils"), (5, 5)) == (3654414.34803, 403073.56980)
    assert (fitted.weights.min(), fitted.weights.max()) == pytest.approx((29.7436297732, 62.9588716624))
    with pytest.raises(Refused, match="not in both"):
        survey_estimate.fit_linear(drawn, [rows["stype"]], [GOAL])


def test_a_stratum_drawn_whole_has_no_error():
    """R: six answers, `svydesign(id=~1, strata=~s, weights=~w, fpc=~f)`, the last stratum of one, of one there is."""
    drawn = survey_estimate.sample(
        [10 / 3, 10 / 3, 10 / 3, 2, 2, 1], strata=[1, 1, 1, 2, 2, 3], population=[10, 10, 10, 4, 4, 1]
    )
    assert printed(survey_estimate.mean([3, 1, 4, 1, 5, 9], drawn, "y"), (9, 5)) == (3.177777778, 0.61984)
    assert printed(survey_estimate.total([3, 1, 4, 1, 5, 9], drawn, "y"), (8, 5)) == (47.66666667, 9.29755)


def test_a_cluster_is_one_of_its_stratum():
    answers, strata = [3, 1, 4, 1, 5, 9, 2, 6], [1, 1, 1, 1, 2, 2, 2, 2]
    apart = survey_estimate.sample(np.ones(8), strata=strata, clusters=[1, 1, 2, 2, 3, 3, 4, 4])
    again = survey_estimate.sample(np.ones(8), strata=strata, clusters=[1, 1, 2, 2, 1, 1, 2, 2])
    assert survey_estimate.mean(answers, again, "y") == survey_estimate.mean(answers, apart, "y")


def test_design_effect_of_weights(strata, clusters):
    """R: `1 + var(w) / mean(w)^2 * (n - 1) / n` of `weights(dstrat)` and of the raked `weights(dclus1)`."""
    rows, drawn = strata
    assert survey_estimate.design_effect(drawn.weights) == pytest.approx(1.18637098474)
    rows, drawn = clusters
    fitted = survey_estimate.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    assert survey_estimate.design_effect(fitted.weights) == pytest.approx(1.05165669562)


def test_reliability_of_a_made_up_scale():
    """One factor with loadings 1, .8, .6, .9 and noise of variance .5: omega is 3.3² / (3.3² + 4 × .5)."""
    chance = np.random.default_rng(5)
    trust = chance.normal(size=200_000)
    loadings = np.array([1, 0.8, 0.6, 0.9])
    items = trust[:, None] * loadings + chance.normal(scale=np.sqrt(0.5), size=(200_000, 4))
    assert survey_scales.omega(items) == pytest.approx(3.3**2 / (3.3**2 + 2), abs=0.002)
    between = 3.3**2 - (loadings**2).sum()
    assert survey_scales.alpha(items) == pytest.approx(4 / 3 * between / (3.3**2 + 2), abs=0.002)
    with pytest.raises(Refused, match="same answer"):
        survey_scales.alpha(np.c_[items[:, :2], np.ones(200_000)])


ATTITUDE = np.loadtxt(
    """
    43 51 30 39 61 92 45 63 64 51 54 63 73 47 71 70 68 69 76 86 48 61 63 45 47 54 84 35 81 78 56 66 71 83 47
    43 55 49 44 54 49 34 58 67 42 56 66 68 35 71 75 50 55 70 66 41 72 82 72 67 71 83 31 67 61 45 47 62 80 41
    64 53 53 58 58 67 34 67 60 47 39 59 74 41 69 62 57 42 55 63 25 68 83 83 45 59 77 35 77 77 54 72 79 77 46
    81 90 50 72 60 54 36 74 85 64 69 79 79 63 65 60 65 75 55 80 60 65 70 46 57 75 85 46 50 58 68 54 64 78 52
    50 40 33 34 43 64 33 64 61 52 62 66 80 41 53 66 52 50 63 80 37 40 37 42 58 50 57 49 63 54 42 48 66 75 33
    66 77 66 63 88 76 72 78 75 58 74 80 78 49 48 57 44 45 51 83 38 85 85 71 71 77 74 55 82 82 39 59 64 78 39
""".strip().splitlines()
).reshape(30, 7)
"""R's `attitude`: shares of a department's clerks who answer seven questions favourably (Chatterjee and Price 1977)."""


def test_reliability_of_real_questions():
    """R: `psych::alpha(attitude)$total$raw_alpha`; McDonald's omega of the loadings of `psych::fa(attitude, 1,
    fm="pa", SMC=FALSE)`, which are of correlations."""
    assert survey_scales.alpha(ATTITUDE) == pytest.approx(0.8431427696)
    loadings = np.array(
        [0.7577732004, 0.8338260941, 0.6034272224, 0.7887263826, 0.8411199254, 0.2844651213, 0.4910465606]
    )
    common = loadings.sum() ** 2
    standard = (ATTITUDE - ATTITUDE.mean(axis=0)) / ATTITUDE.std(axis=0)
    assert survey_scales.omega(standard) == pytest.approx(common / (common + (1 - loadings**2).sum()), abs=1e-8)


def test_a_person_with_too_few_answers_has_no_score():
    items = [[1, 5, 5], [3, np.nan, np.nan], [np.nan, 2, 4], [np.nan] * 3]
    assert survey_scales.index(items, 1, 5, 2) == pytest.approx([200 / 3, np.nan, 50, np.nan], nan_ok=True)
    assert survey_scales.index(items, 1, 5, 1) == pytest.approx([200 / 3, 50, 50, np.nan], nan_ok=True)
    assert survey_scales.index(items, 1, 5, 3) == pytest.approx([200 / 3, np.nan, np.nan, np.nan], nan_ok=True)


def by(rows, column, codes):
    return {code: (rows[column] == code).to_numpy() for code in codes}


def said(found, group):
    one = found.each[group]
    return one.estimate, one.low, one.high, one.p


def same(found, wanted):
    assert found == pytest.approx(wanted, rel=1e-9)


def test_groups_differ_between_strata(strata):
    """R: `m <- svyglm(api00 ~ stype, dstrat)`; `coef(summary(m))`; all groups at once: `r <- regTermTest(m, ~stype,
    method="WorkingWald", lrt.approximation="satterthwaite")`; F is `r$chisq / sum(r$lambda)`."""
    rows, drawn = strata
    found = differences(rows["api00"], drawn, by(rows, "stype", SCHOOLS), "E")
    error = {group: (one.high - one.estimate) / 1.9722040513 for group, one in found.each.items()}
    assert error == pytest.approx({"H": 19.4021553995, "M": 20.4020229129})
    same(said(found, "H")[0::3], (-48.61, 1.30501511795e-02))
    same(said(found, "M")[0::3], (-37.83, 6.52166763307e-02))
    same((found.statistic, *found.freedom, found.p), (4.11521016244, 1.84079278083, 195, 0.020494427765))


def test_groups_differ_within_strata(strata):
    """R: `m <- svyglm(api00 ~ sch.wide, dstrat)`; `confint(m)`."""
    rows, drawn = strata
    found = differences(rows["api00"], drawn, by(rows, "sch.wide", GOAL), "No")
    same(said(found, "Yes"), (82.7835854422, 40.5796549085, 124.987515976, 1.49054470776e-04))
    assert found.p == pytest.approx(found.each["Yes"].p)


def test_groups_differ_over_clusters(clusters):
    """R: `m <- svyglm(api00 ~ stype, dclus1)`; all groups at once as above."""
    rows, drawn = clusters
    found = differences(rows["api00"], drawn, by(rows, "stype", SCHOOLS), "E")
    same(said(found, "H")[0::3], (-30.2966269841, 3.32906532390e-01))
    same(said(found, "M")[0::3], (-17.4280555556, 2.47523692152e-01))
    same((found.statistic, *found.freedom, found.p), (1.01669697591, 1.64462023506, 12, 0.375784220834))


def test_groups_differ_of_shares(strata, clusters):
    """R: `m <- svyglm(I(api00 > 700) ~ stype, design)`; `confint(m)`; all groups at once as above."""
    rows, drawn = strata
    found = differences(rows["api00"] > 700, drawn, by(rows, "stype", SCHOOLS), "E")
    same(said(found, "M"), (-0.22, -0.372663810937, -0.06733618906266, 4.95858288138e-03))
    same((found.statistic, found.p), (5.63545634172, 0.00502760860877))
    rows, drawn = clusters
    found = differences(rows["api00"] > 700, drawn, by(rows, "stype", SCHOOLS), "E")
    same(said(found, "H"), (-0.0753968253968, -0.409157929473, 0.258364278679, 0.631462629997424))
    same((found.statistic, found.p), (0.755764222904, 0.481291256917))


def test_groups_differ_after_raking(clusters):
    """R: `m <- svyglm(api00 ~ awards, raked)` with `rake(..., control=list(epsilon=1e-9))`; so for `~ stype`."""
    rows, drawn = clusters
    fitted = survey_estimate.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    found = differences(rows["api00"], fitted, by(rows, "awards", ("No", "Yes")), "No")
    same(said(found, "Yes"), (27.5983549759, -12.4741819456, 67.6708918975, 1.60636791097e-01))
    found = differences(rows["api00"], fitted, by(rows, "stype", SCHOOLS), "E")
    same(said(found, "H"), (-26.1547181741, -88.8679166586, 36.5584803104, 3.81406564615e-01))
    same((found.statistic, found.p), (0.827017655785, 0.436955820517))


def test_groups_differ_after_post_stratification_and_linear_fitting(clusters):
    """R: `svyglm(api00 ~ sch.wide, postStratify(dclus1, ~stype, ...))`; `svyglm(api00 ~ stype, calibrate(...))`."""
    rows, drawn = clusters
    cells = survey_estimate.rake(drawn, [rows["stype"]], [SCHOOLS])
    found = differences(rows["api00"], cells, by(rows, "sch.wide", GOAL), "No")
    same(said(found, "Yes"), (35.098513466, -7.93893176151, 78.1359586935, 1.01576301551e-01))
    linear = survey_estimate.fit_linear(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    found = differences(rows["api00"], linear, by(rows, "stype", SCHOOLS), "E")
    same(said(found, "M")[0::3], (-18.0530337897, 2.63412608282e-01))
    same((found.statistic, found.p), (0.837370063389, 0.432891109737))


def test_groups_that_cannot_be_compared_are_refused(clusters):
    rows, drawn = clusters
    alike = np.where(rows["stype"] == "H", 1.0, rows["api00"])
    with pytest.raises(Refused, match="H: all gave the same answer"):
        differences(alike, drawn, by(rows, "stype", SCHOOLS), "E")
    many = {str(at): (np.arange(183) % 15 == at) for at in range(15)}
    with pytest.raises(Refused, match="so few clusters"):
        differences(rows["api00"], drawn, many, "0")
