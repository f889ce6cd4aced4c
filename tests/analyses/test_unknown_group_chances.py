"""Chances as weights, on people drawn from the census tables: right where they may be believed, refused where not."""

import numpy as np
import polars as pl
import pytest

from openhalo.sites.open_site import open_site
from openhalo.statistics import bisg
from openhalo.statistics.bisg_trial import trials
from tests.libraries import needs

from .made import DECLARED, made_site

pytestmark = needs("surgeo")

ANALYSIS = "stops/search_share_unknown_race"
PLAN = f"tests:\n  - {{analysis: {ANALYSIS}, reference: WHITE}}\n"
SOURCE = """label: Stops with names
record: stops/stop
publisher: City
licence: None
reference: None
unit: stop
zone: UTC
key: [id]
scope: {mode: append}
fields:
  occurred_at: {from: when, formats: ["%Y-%m-%d"], precision: day}
  race:
    from: race
    codes: {white: WHITE, black: BLACK, api: ASIAN, native: AIAN, multiple: MULTIRACIAL, hispanic: HISP}
  race_chances: {surname: surname, zip_code: zcta}
  search_conducted: {from: searched, true: ["1"], false: ["0"]}
"""
N = 5000


def people(n, seed=0):
    """Draw people as BISG sees them: a name, a race by the name, a place by the race; some names more often."""
    rng = np.random.default_rng(seed)
    names, places = (bisg._table(f"prob_{one}_2010") for one in ("race_given_surname", "zcta_given_race"))
    by_name = names.select(bisg.RACES).to_numpy()
    by_name = by_name / by_name.sum(axis=1, keepdims=True)
    often = by_name @ [1, 25, 5, 5, 1, 8]
    name = rng.choice(len(often), n, p=often / often.sum())
    race = (by_name[name].cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1).clip(max=5)
    place = np.empty(n, int)
    for at, group in enumerate(bisg.RACES):
        here = race == at
        place[here] = rng.choice(places.height, here.sum(), p=(p := places[group].fill_null(0).to_numpy()) / p.sum())
    rows = pl.DataFrame({"surname": names["name"].gather(name), "zcta": places["zcta5"].gather(place)})
    packed = bisg.add_chances(rows.lazy(), "surname", "zcta", "packed").collect()
    packed = packed.with_columns(race=race, black=bisg.chances(rows)["black"]).drop_nulls()
    return packed.with_columns(draw=rng.random(packed.height), hide=rng.random(packed.height))


@pytest.fixture(scope="module")
def drawn():
    """Many people, of whom each sample takes some; `fair`: searched by name and place, `by_race`: by race itself."""
    pool = people(300_000)
    fair = pool["draw"] < 0.05 + 0.3 * pool["black"]
    by_race = pool["draw"] < pl.Series(np.where(pool["race"] == 1, 0.35, 0.05))
    return pool.with_columns(fair=fair, by_race=by_race)


def samples(drawn, outcome, known, times):
    """Yield samples as what the statistic takes: outcome, chances, membership, and whether race is known."""
    rng = np.random.default_rng(7)
    y, hide, race = drawn[outcome].to_numpy(), drawn["hide"].to_numpy(), drawn["race"].to_numpy()
    chances, member = bisg.unpacked(drawn["packed"].to_numpy()), np.eye(6)[race]
    said = hide < (np.where(y, *known) if isinstance(known, tuple) else known)
    for _ in range(times):
        at = rng.integers(0, len(y), N)
        yield y[at].astype(float), chances[at], member[at], said[at]


@pytest.mark.parametrize("known", [0.5, (0.95, 0.4)], ids=["hidden at random", "hidden without a search"])
def test_weighted_shares_cover_the_truth_and_the_trial_passes(drawn, known):
    truth = {race: drawn.filter(pl.col("race") == at)["fair"].mean() for at, race in ((0, "white"), (1, "black"))}
    covered, passed, naive, times = {"white": 0, "black": 0}, 0, 0, 150
    for y, chances, member, said in samples(drawn, "fair", known, times):
        weight = np.where(said[:, None], member, chances)
        for at, race in ((0, "white"), (1, "black")):
            found = bisg.share(y, weight[:, at], race, "share")
            covered[race] += found.low <= truth[race] <= found.high
            recorded = y[said & (member[:, at] == 1)]
            naive += abs(recorded.mean() - truth[race]) < 1.96 * recorded.std() / np.sqrt(len(recorded))
        tried = trials(y[said], chances[said][:, :2], member[said][:, :2])
        passed += all(one.misses <= 1 for one in tried)
    assert min(covered.values()) >= 0.9 * times
    assert passed >= 0.9 * times
    if isinstance(known, tuple):
        assert naive < 0.2 * times  # shares among what was written down are far off


def test_where_race_itself_decides_the_trial_says_so(drawn):
    truth = drawn.filter(race=1)["by_race"].mean()
    failed, far, times = 0, 0, 40
    for y, chances, member, said in samples(drawn, "by_race", 0.5, times):
        found = bisg.share(y, np.where(said[:, None], member, chances)[:, 1], "black", "share")
        far += not found.low <= truth <= found.high
        tried = trials(y[said], chances[said][:, :2], member[said][:, :2])
        failed += any(one.misses > 1 for one in tried)
    assert failed == times and far > 0.4 * times


def test_entries_that_stand_for_several_records_are_those_records():
    y, p = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.4, 0.2, 0.7])
    times = np.array([30, 20, 50, 10])
    once, often = bisg.share(y, p, "g", "s", times=times), bisg.share(y.repeat(times), p.repeat(times), "g", "s")
    assert (once.n, once.estimate, once.low, once.high) == pytest.approx(
        (often.n, often.estimate, often.low, often.high)
    )
    member = np.stack([p > 0.5, p < 0.5], axis=1).astype(float)
    chances = np.stack([p, 1 - p], axis=1)
    for one, other in zip(
        trials(y, chances, member, times),
        trials(y.repeat(times), chances.repeat(times, axis=0), member.repeat(times, axis=0)),
        strict=True,
    ):
        assert one == pytest.approx(other)


def city(folder, rows, outcome, known=0.6, plan=PLAN):
    site = made_site(folder, plan, DECLARED)
    (site.path / "catalogue" / "sources").mkdir(parents=True)
    (site.path / "catalogue" / "sources" / "named.yaml").write_text(SOURCE, encoding="utf-8")
    race = pl.Series([bisg.RACES[at] for at in rows["race"]])
    named = rows.select("surname", "zcta", searched=pl.col(outcome).cast(int), hide="hide").with_row_index("id")
    named = named.with_columns(
        race=pl.when(pl.col("hide") < known).then(race).otherwise(pl.lit("")),
        when=pl.date(2024, 1, 1) + pl.duration(days=pl.col("id") % 365),
    )
    named.drop("hide").write_csv(folder / "named.csv")
    site = open_site(site.path)
    assert site.import_file("named", folder / "named.csv").rows_rejected == 0
    return open_site(site.path)


@pytest.fixture(scope="module")
def fair(drawn, tmp_path_factory):
    rows = drawn.head(12_000).with_columns(
        surname=pl.when(pl.int_range(12_000) % 50 == 0).then(pl.lit("Xyzzyq")).otherwise("surname")
    )
    return city(tmp_path_factory.mktemp("fair"), rows, "fair")


def test_the_page_shows_weighted_shares_within_the_bounds(fair, drawn):
    found = fair.analyse(ANALYSIS)
    assert "If last names and ZIP codes tell the rest as well" in found.sentence()
    assert {one.group for one in found.contrasts if one.way} == {"WHITE", "BLACK", "ASIAN_PACIFIC", "HISP"}
    plain = {one.group: one for one in found.contrasts if not one.way}
    for one in found.contrasts:
        if one.way:
            low, high = plain[one.group].bounds
            assert low < one.estimate < high
    truth = drawn.head(12_000).filter(race=1)["fair"].mean()
    (black,) = (one for one in found.contrasts if one.way and one.group == "BLACK")
    assert black.low < truth < black.high
    without = found.facts["without_chances"]
    assert 60 <= without <= 140 and f"{without} do not, and are in no estimate" in " ".join(found.notes)
    _counted, tried, mixed = found.tables()
    assert {row[1] for row in tried.rows} <= {"yes", "too few to tell"} and len(mixed.rows) == len(
        found.facts["trials"]
    )


def test_where_chances_miss_what_is_known_there_is_no_estimate(drawn, tmp_path):
    found = city(tmp_path, drawn.head(12_000), "by_race").analyse(ANALYSIS)
    assert not [one for one in found.contrasts if one.way]
    assert "Last names and ZIP codes give no estimate here." in found.sentence()
    assert found.headline().startswith("Race or ethnicity was not written down for 41 of every 100 stops")
    assert any(row[1] == "no" for row in found.tables()[1].rows)


def test_people_recorded_as_another_group_show(fair, drawn, tmp_path):
    """Half of all Hispanic people are written down as white, as in one state's stops."""
    rows = drawn.head(12_000)
    wrong = (pl.col("race") == 5) & (pl.int_range(12_000) % 2 == 0)
    found = city(tmp_path, rows.with_columns(race=pl.when(wrong).then(0).otherwise("race")), "fair").analyse(ANALYSIS)
    assert not [one for one in found.contrasts if one.way] and "give no estimate here" in found.sentence()
    mixed = found.tables()[2]
    (white,) = (row for row in mixed.rows if row[0] == "White people")
    hispanic = mixed.heads.index("Hispanic or Latino people")
    right = fair.analyse(ANALYSIS).tables()[2]
    (before,) = (row for row in right.rows if row[0] == "White people")
    assert float(white[hispanic].rstrip("%")) > 2 * float(
        before[right.heads.index("Hispanic or Latino people")].rstrip("%")
    )


def test_too_few_known_records_try_nothing(drawn, tmp_path):
    found = city(tmp_path, drawn.head(3000), "fair", known=0.03).analyse(ANALYSIS)
    assert "nobody can see whether they would be right" in found.sentence()
    assert not [one for one in found.contrasts if one.way]
    assert {row[1] for row in found.tables()[1].rows} == {"too few to tell"}


@pytest.mark.ci
def test_nothing_gives_the_likeliest_race_of_a_record(fair):
    """What is computed with chances holds groups of records only: it has no row for a record."""
    found = fair.analyse(ANALYSIS)
    assert found.detail.height < 10 and found.to_polars().height < 20
    release = fair.publish()
    for file in release.rglob("*.csv"):
        assert "chance" not in file.read_text("utf-8").partition("\n")[0]
    text = (release / f"pages/analyses/{ANALYSIS}.html").read_text("utf-8")
    assert "Tried where the group is known" in text and "They are nobody’s race" in text and "<svg" in text
    spanish = (release / f"es/pages/analyses/{ANALYSIS}.html").read_text("utf-8")
    assert "Last names" not in spanish and "apellido" in spanish
    assert not {"chances", "likeliest", "label"} & set(fair.records("stops/stop").collect_schema().names())
