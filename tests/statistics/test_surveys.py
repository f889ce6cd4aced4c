"""Survey estimates give the numbers of R's package `survey` for its samples of Californian schools."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from openhalo.statistics import scales, surveys
from openhalo.statistics.results import Refused

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
    return rows, surveys.sample(rows["pw"], strata=rows["stype"], population=rows["fpc"])


@pytest.fixture(scope="module")
def clusters():
    rows = schools("survey_apiclus1")
    return rows, surveys.sample(rows["pw"], clusters=rows["dnum"], population=rows["fpc"])


def printed(result, digits):
    return round(result.estimate, digits[0]), round(surveys.standard_error(result), digits[1])


def test_a_sample_by_strata(strata):
    rows, drawn = strata
    assert printed(surveys.mean(rows["api00"], drawn, "score"), (2, 4)) == (662.29, 9.4089)
    assert printed(surveys.total(rows["enroll"], drawn, "pupils"), (0, 0)) == (3687178, 114642)


def test_a_sample_by_clusters(clusters):
    rows, drawn = clusters
    assert printed(surveys.mean(rows["api00"], drawn, "score"), (2, 3)) == (644.17, 23.542)
    assert printed(surveys.total(rows["enroll"], drawn, "pupils"), (0, 0)) == (3404940, 932235)


def test_raked(clusters):
    """R stops its default raking early (`epsilon = 1`, total 3,647,300); these are its digits at `epsilon = 1e-9`."""
    rows, drawn = clusters
    fitted = surveys.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    assert printed(surveys.mean(rows["api00"], fitted, "score"), (2, 3)) == (641.23, 23.704)
    assert printed(surveys.total(rows["enroll"], fitted, "pupils"), (5, 5)) == (3647280.14813, 400603.25688)
    assert (fitted.weights.min(), fitted.weights.max()) == pytest.approx((29.870675492, 67.125529242))


def test_post_stratified(clusters):
    rows, drawn = clusters
    fitted = surveys.post_stratify(drawn, rows["stype"], SCHOOLS)
    assert printed(surveys.mean(rows["api00"], fitted, "score"), (2, 10)) == (642.31, 23.9204864451)
    assert printed(surveys.total(rows["enroll"], fitted, "pupils"), (0, 0)) == (3680893, 406293)


def test_calibrated_to_a_number_and_groups(clusters):
    """R: `calibrate(design, ~stype + api99, c(6194, 755, 1018, 3914069))`."""
    rows, drawn = clusters
    columns = np.column_stack([np.ones(len(rows)), rows["stype"] == "H", rows["stype"] == "M", rows["api99"]])
    fitted = surveys.calibrate(drawn, columns, [6194, 755, 1018, 3914069])
    assert printed(surveys.mean(rows["api00"], fitted, "score"), (9, 10)) == (665.309071166, 3.4417531164)
    assert printed(surveys.total(rows["enroll"], fitted, "pupils"), (5, 6)) == (3638487.20413, 385524.427352)


def test_calibrated_to_groups_is_post_stratified(clusters):
    rows, drawn = clusters
    columns = np.column_stack([(rows["stype"] == code).to_numpy() for code in SCHOOLS])
    linear = surveys.mean(rows["api00"], surveys.calibrate(drawn, columns, list(SCHOOLS.values())), "score")
    cells = surveys.mean(rows["api00"], surveys.post_stratify(drawn, rows["stype"], SCHOOLS), "score")
    assert linear.estimate == pytest.approx(cells.estimate)
    assert linear.low == pytest.approx(cells.low)


def test_what_is_calibrated_to_has_no_error_left(clusters):
    rows, drawn = clusters
    fitted = surveys.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, GOAL])
    found = surveys.total((rows["stype"] == "E").to_numpy(), fitted, "schools")
    assert found.estimate == pytest.approx(4421)
    assert surveys.standard_error(found) == pytest.approx(0, abs=1e-6)


def test_refusals(clusters):
    rows, drawn = clusters
    with pytest.raises(Refused, match="not in both"):
        surveys.post_stratify(drawn, rows["stype"], {"E": 4421, "H": 755})
    with pytest.raises(Refused, match="same population"):
        surveys.rake(drawn, [rows["stype"], rows["sch.wide"]], [SCHOOLS, {"No": 1, "Yes": 5}])
    with pytest.raises(Refused, match="few answers would speak"):
        surveys.post_stratify(surveys.sample(np.ones(100)), [0] * 99 + [1], {0: 10, 1: 90})
    with pytest.raises(Refused, match="single cluster"):
        surveys.mean([1, 2, 3], surveys.sample([1, 1, 1], strata=[0, 0, 1]), "trust")


def test_reliability_of_a_made_up_scale():
    """One factor with loadings 1, .8, .6, .9 and noise of variance .5: omega is 3.3² / (3.3² + 4 × .5)."""
    chance = np.random.default_rng(5)
    trust = chance.normal(size=200_000)
    loadings = np.array([1, 0.8, 0.6, 0.9])
    items = trust[:, None] * loadings + chance.normal(scale=np.sqrt(0.5), size=(200_000, 4))
    assert scales.omega(items) == pytest.approx(3.3**2 / (3.3**2 + 2), abs=0.002)
    between = 3.3**2 - (loadings**2).sum()
    assert scales.alpha(items) == pytest.approx(4 / 3 * between / (3.3**2 + 2), abs=0.002)
    with pytest.raises(Refused, match="same answer"):
        scales.alpha(np.c_[items[:, :2], np.ones(200_000)])
