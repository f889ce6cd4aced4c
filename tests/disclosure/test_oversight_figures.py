"""What few officers did goes whole to a named oversight body; people stay protected from it too."""

import json
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import polars as pl
import pytest

from openhalo.base.errors import ReleaseError
from openhalo.base.signing import Signed, is_signed
from openhalo.sites.oversight_release import given as given_to_body
from tests.disclosure.private_department import POLICY, deliver, department, stops
from tests.disclosure.published_attack import too_close, tried

pytestmark = pytest.mark.ci

BODY = "oversight: {{name: Civilian Oversight Commission, duty: City Charter section 38}}\n"
DAYS = (date(2023, 2, 10), date(2023, 5, 10))


def few_officers(seed):
    """Stops of which half are made by two officers, who alone work in one precinct."""
    rows = stops(seed, 2400, years=2)
    return [{**row, "officer": f"U{i % 2}"} if row["precinct"] == "2" else row for i, row in enumerate(rows)]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    site, rows = department(tmp_path_factory.mktemp("oversight") / "town", policy=BODY + POLICY), few_officers(1)
    for day in DAYS:
        deliver(site, rows, day)
        site.publish(today=day)
    return site, rows


def given(site, number):
    return pl.read_csv(site.path / "oversight" / number / "figures.csv", infer_schema_length=None)


def test_what_few_officers_did_is_told_to_the_body_alone(town):
    site, _rows = town
    public = pl.read_parquet(site.path / "releases/0002/data/figures.parquet")
    of_two = pl.col("group") == "precinct", pl.col("code") == "2"
    hidden = public.filter(*of_two, measure="stops/search_share", grain="all")
    told = given(site, "0002").filter(*of_two, measure="stops/search_share", grain="all")
    assert hidden.is_empty(), "what a precinct of two officers does has no row"
    assert told["n"].item() > 200 and told["low"].item() < told["value"].item() < told["high"].item()


def test_people_are_not_found_from_all_that_the_body_has(town, tmp_path):
    """The attacker has every release with the body's figures in the place of those withheld."""
    site, rows = town
    joined = []
    for number in ("0001", "0002"):
        folder = tmp_path / number
        shutil.copytree(site.path / "releases" / number, folder)
        public = pl.read_csv(folder / "data/figures.csv", infer_schema=False)
        more = pl.read_csv(site.path / "oversight" / number / "figures.csv", infer_schema=False)
        names = ["measure", "group", "code", "group2", "code2", "grain", "period"]
        rest = public.join(more, on=names, how="anti", nulls_equal=True)
        assert rest.height < public.height and not more.is_empty()
        pl.concat([rest, more], how="diagonal").select(public.columns).write_csv(folder / "data/figures.csv")
        joined.append(folder)
    found, shown = tried(site, joined, rows, DAYS, officers=0)
    assert len(found) == 40 and shown == set()
    assert too_close(found, 10) == {}


def test_each_time_that_it_is_handed_over_leaves_a_signed_receipt(town, tmp_path):
    site, _rows = town
    for number in (1, 2):
        done = site.hand_over(tmp_path / f"{number}.zip", by="J. Rivera")
        receipt = Signed.model_validate_json((site.path / f"oversight/0002/handed-over-00{number}.json").read_bytes())
        assert is_signed(receipt) and receipt.facts == done and done["by"] == "J. Rivera"
    with zipfile.ZipFile(tmp_path / "1.zip") as packed:
        assert sorted(packed.namelist()) == ["figures.csv", "statement.json"]
        statement = json.loads(packed.read("statement.json"))["facts"]
    assert (statement["body"], statement["duty"]) == ("Civilian Oversight Commission", "City Charter section 38")


def test_what_cannot_be_handed_over_is_said_at_once(town, tmp_path):
    site, _rows = town
    (tmp_path / "there.zip").write_text("")
    for file, by in ((tmp_path / "there.zip", ""), (tmp_path / "nowhere" / "new.zip", " ")):
        with pytest.raises(ReleaseError) as told:
            site.hand_over(file, by=by)
        assert len(told.value.problems) == 2
    assert (tmp_path / "there.zip").read_text() == ""


def test_a_site_that_names_no_body_has_nothing_to_hand_over(tmp_path):
    site = department(tmp_path / "town")
    deliver(site, stops(1, 600, years=1), date(2022, 2, 10))
    site.publish(today=date(2022, 2, 10))
    with pytest.raises(ReleaseError, match="nothing was set aside"):
        site.hand_over(tmp_path / "a.zip", by="J. Rivera")
    assert not (site.path / "oversight").exists()


def test_what_was_kept_of_it_is_missed_when_it_is_gone(town, tmp_path):
    site, rows = town
    copied = shutil.copytree(site.path, tmp_path / "copy")
    (copied / "oversight" / "0001.json").unlink()
    again = department(copied, policy=BODY + POLICY)
    deliver(again, rows, date(2023, 8, 10))
    with pytest.raises(ReleaseError, match="oversight"):
        again.publish(today=date(2023, 8, 10))


def test_two_who_hand_it_over_at_once_leave_two_receipts(town, tmp_path):
    copied = department(shutil.copytree(town[0].path, tmp_path / "copy"), policy=BODY + POLICY)
    with ThreadPoolExecutor(4) as people:
        done = list(people.map(lambda name: copied.hand_over(tmp_path / f"{name}.zip", by=name), "ABCD"))
    held = [json.loads(one.read_bytes())["facts"] for one in (copied.path / "oversight/0002").glob("handed-over-*")]
    named = sorted(one["by"] for one in held)
    assert [name for name in named if len(name) == 1] == sorted(one["by"] for one in done) == [*"ABCD"]


def test_what_a_killed_publisher_set_aside_was_given_to_nobody(town, tmp_path):
    site, _rows = town
    copied = department(shutil.copytree(site.path, tmp_path / "copy"), policy=BODY + POLICY)
    shutil.copytree(copied.path / "oversight/0002", left := copied.path / "oversight/0003")
    for receipt in left.glob("handed-over-*"):
        receipt.unlink()
    assert [kept.published for kept in given_to_body(copied)] == [*DAYS]
    (left / "handed-over-001.json").write_text("{}")
    with pytest.raises(ReleaseError, match="oversight"):
        given_to_body(copied)
