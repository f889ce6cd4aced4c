"""The analysis plan: checked, run as a whole, frozen once its results were shown, published whatever it finds."""

import json

import polars as pl
import pytest
from scipy.stats import false_discovery_control

from openhalo.base.errors import ReleaseError
from openhalo.catalogue.index import load
from openhalo.releases.hashes import verify
from openhalo.sites.analysis_plan import check_plan
from openhalo.sites.open_site import open_site
from tests.copies import copy_of, with_plan

from .conftest import CITY_PLAN
from .made import DECLARED


@pytest.fixture(scope="module")
def published(searches, tmp_path_factory):
    site = copy_of(searches, tmp_path_factory.mktemp("published"))
    settings = site.path / "agency.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + DECLARED, encoding="utf-8")
    site = open_site(site.path)
    return site, site.publish()


def plan_problems(tmp_path, text):
    (tmp_path / "analysis_plan.yaml").write_text(text, encoding="utf-8")
    return [str(problem) for problem in check_plan(tmp_path, load())]


def test_p_values_allow_for_every_comparison_of_the_plan(city):
    dark, change = (city.analyse(name) for name in ("stops/veil_of_darkness", "force/level_change"))
    p = [one.p for result in (dark, change) for one in result.leading]
    adjusted = [one.adjusted for result in (dark, change) for one in result.leading]
    assert len(p) == dark.family == 4
    assert adjusted == pytest.approx([min(1.0, max(v * (4 - sorted(p).index(v)) for v in p if v <= q)) for q in p])


def test_the_other_rule_is_that_of_benjamini_and_hochberg(city, tmp_path):
    site = with_plan(city, tmp_path, CITY_PLAN + "multiplicity: benjamini_hochberg\n")
    results = [site.analyse(name) for name in ("stops/veil_of_darkness", "force/level_change")]
    leading = [one for result in results for one in result.leading]
    assert [one.adjusted for one in leading] == pytest.approx(false_discovery_control([one.p for one in leading]))


def test_a_test_outside_of_the_plan_is_exploratory_and_not_adjusted(city):
    later = city.analyse("stops/hit_rates")
    assert later.subject.standing == "exploratory"
    assert city.analyse("force/level_change").subject.standing == "planned"


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("{analysis: stops/hit_rate}", "there is no analysis 'stops/hit_rate'"),
        ("{analysis: stops/hit_rates}", "nothing says whom stops/hit_rates compares with"),
        ("{analysis: stops/hit_rates, reference: WITE}", "there is no code of vocabulary 'race' 'WITE'"),
        ("{analysis: force/level_change}", "nothing says what began in force/level_change"),
        ("{analysis: stops/hit_rates, reference: WHITE, within: 20-14}", "20-14"),
        ("{analysis: stops/hit_rates, reference: WHITE, added: 2026-01-02}", "a planned test with 'added'"),
        ("{analysis: force/level_change, event: {start: 2020-06-02, label: a, because: b}}", "not the first day"),
    ],
)
def test_what_is_wrong_in_a_plan_is_said_at_its_line(tmp_path, test, said):
    text = f"written: 2026-01-01\nauthor: A\nbecause: B\ntests:\n  - {test}\n"
    assert any(said in problem and "analysis_plan.yaml:5" in problem for problem in plan_problems(tmp_path, text))


def test_a_test_added_later_says_when(tmp_path):
    text = "written: 2026-01-02\nauthor: A\nbecause: B\ntests: []\nexploratory:\n  - {analysis: stops/hit_rates, "
    assert any("says when" in one for one in plan_problems(tmp_path, text + "reference: WHITE}\n"))
    assert plan_problems(tmp_path, text + "reference: WHITE, added: 2026-01-03}\n") == []


@pytest.mark.ci
def test_the_release_shows_the_test_its_table_and_the_plan(published):
    _site, release = published
    assert verify(release) == []
    page = (release / "pages/analyses/stops/hit_rates.html").read_text(encoding="utf-8")
    assert "In 4 of 4 comparisons the difference is larger than chance explains." in page
    assert page.count('<svg class="wide"') == page.count('<svg class="narrow"') == 2
    for words in ("infra-marginality", "cannot be checked", "Knowles, Persico and Todd", "38.6%", "26.3%", "Holm"):
        assert words in page
    assert "analyses/stops/hit_rates.html" in (release / "pages/stops/index.html").read_text(encoding="utf-8")
    assert "before their results were known" in (release / "pages/analyses/index.html").read_text(encoding="utf-8")
    table = pl.read_csv(release / "data/analyses.csv")
    assert set(table["standing"]) == {"planned"} and table.filter(pl.col("way") == "pooled").height == 4
    detail = pl.read_csv(release / "data/analyses/stops/hit_rates.csv", infer_schema_length=None)
    assert detail["place"].drop_nulls().n_unique() == 77
    descriptor = json.loads((release / "datapackage.json").read_text(encoding="utf-8"))
    assert descriptor["analysis_plan"]["planned"] == ["stops/hit_rates"]
    assert descriptor["analysis_plan"]["sha256"] == _site.plan.fingerprint


@pytest.mark.ci
def test_a_plan_cannot_be_changed_after_its_results_were_shown(published, tmp_path):
    site = copy_of(published[0], tmp_path)
    plan = site.path / "analysis_plan.yaml"
    kept = plan.read_text(encoding="utf-8")
    descriptors = len(list(site.releases.iterdir()))
    plan.write_text(kept.replace("reference: WHITE", "reference: HISP"), encoding="utf-8")
    with pytest.raises(ReleaseError, match="was changed after release"):
        open_site(site.path).publish()
    plan.unlink()
    with pytest.raises(ReleaseError, match="which is gone"):
        open_site(site.path).publish()
    later = "exploratory:\n  - {analysis: stops/veil_of_darkness, reference: WHITE, added: 2026-11-23}\n"
    plan.write_text(kept + later, encoding="utf-8")
    release = open_site(site.path).publish()
    assert len(list(site.releases.iterdir())) == descriptors + 1
    page = (release / "pages/analyses/stops/veil_of_darkness.html").read_text(encoding="utf-8")
    assert "not carried out" in page and "exploratory" in page
