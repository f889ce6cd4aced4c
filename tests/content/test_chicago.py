"""Complaints, findings, discipline, force and training of one city, held against pandas on the raw files."""

import re
from datetime import date

import numpy as np
import polars as pl
import pytest

from openhalo.base.errors import CatalogueError, MeasureError
from openhalo.catalogue.index import load
from openhalo.releases.hashes import verify
from openhalo.sites.open_site import open_site
from openhalo.sites.settings import check_settings
from openhalo.statistics import staggered
from tests.copies import with_plan
from tests.libraries import library

from .chicago import raw, site_of

pd = library("pandas")

RACES = {
    "WHITE": "WHITE",
    "BLACK": "BLACK",
    "HISPANIC": "HISP",
    "ASIAN/PACIFIC ISLANDER": "ASIAN_PACIFIC",
    "NATIVE AMERICAN/ALASKAN NATIVE": "AIAN",
}
FINDINGS = ["SU", "NS", "EX", "UN"]


@pytest.fixture(scope="session")
def files(chicago_files):
    return {source: raw(file) for source, file in chicago_files.items()}


@pytest.fixture(scope="session")
def accused(files):
    return files["chicago_accused"].merge(files["chicago_complaints"], on="cr_id", how="left")


def by(result, group, column="value"):
    return {row[group]: row[column] for row in result.figures.to_dicts() if row["status"] in ("ok", "reference")}


def test_every_row_read_is_accepted_or_rejected_with_its_reason(chicago, files):
    _, receipts = chicago
    units = files["chicago_units"]
    turned = (units.unit_end_date != "") & (units.unit_end_date < units.unit_start_date)
    born = pd.to_numeric(files["chicago_complaint_victims"].birth_year)
    expected = {
        "chicago_units": int((turned | units.duplicated()).sum()),
        "chicago_complaint_victims": int((born < 1850).sum()),
        "chicago_crisis_training": int((files["chicago_crisis_training"].officer_id == "").sum()),
    }
    assert (expected["chicago_units"], expected["chicago_crisis_training"]) == (958, 68)
    for source, receipt in receipts.items():
        assert receipt.rows_read == len(files[source]) == receipt.rows_accepted + receipt.rows_rejected
        assert receipt.rows_rejected == expected.get(source, 0), source
        assert receipt.records_added == receipt.rows_accepted


def test_an_allegation_stands_in_the_year_of_its_complaint(chicago, accused):
    found = by(chicago[0].measure("complaints/allegations", period="year"), "period")
    assert found == accused.complaint_date.str[:4].value_counts().to_dict()


def test_share_sustained_by_category_leaves_out_what_was_closed_without_a_finding(chicago, accused):
    force = accused[
        accused.category_group.isin(["Use of Force", "Excessive Force"]) & accused.final_finding.isin(FINDINGS)
    ]
    row = chicago[0].measure("complaints/sustained_share", by="category").figures.filter(category="FORCE").to_dicts()[0]
    assert (row["numerator"], row["denominator"]) == ((force.final_finding == "SU").sum(), len(force))
    assert row["low"] < row["value"] < row["high"]


def test_share_sustained_by_race_counts_a_complaint_once_for_each_race_in_it(chicago, files, accused):
    victims = files["chicago_complaint_victims"]
    victims = victims[~(pd.to_numeric(victims.birth_year) < 1850)]
    races = victims[victims.race != ""].drop_duplicates(["cr_id", "race"])
    joined = accused[accused.final_finding.isin(FINDINGS)].merge(races[["cr_id", "race"]], on="cr_id")
    expected = (joined.final_finding == "SU").groupby(joined.race.map(RACES)).agg(["sum", "size"])
    group = "complaint.complainant_races"
    result = chicago[0].measure("complaints/sustained_share", by=group)
    held = {r[group]: (r["numerator"], r["denominator"]) for r in result.figures.drop_nulls(group).to_dicts()}
    assert held == {race: tuple(row) for race, row in expected.iterrows()}
    assert any(finding.guard == "groups" for finding in result.guard_notes), "groups of a list do not add up"
    ratio = by(chicago[0].measure("complaints/sustained_share_ratio", by=group), group)
    shares = expected["sum"] / expected["size"]
    assert ratio["BLACK"] == pytest.approx(shares["BLACK"] / shares["WHITE"])


def test_days_to_close_are_the_middle_of_those_that_were_closed(chicago, files):
    complaints = files["chicago_complaints"]
    days = (pd.to_datetime(complaints.closed_date) - pd.to_datetime(complaints.complaint_date)).dt.days
    days = days[days >= 0].groupby(complaints.officer_filed.map({"0": "false", "1": "true"}))
    result = chicago[0].measure("complaints/days_to_close_median", by="filed_by_employee")
    assert by(result, "filed_by_employee") == days.median().to_dict()
    for row in result.figures.to_dicts():
        held = np.sort(days.get_group(row["filed_by_employee"]))
        below = [np.searchsorted(held, row["low"], "left"), np.searchsorted(held, row["high"], "right")]
        spread = 1.96 * np.sqrt(len(held)) / 2
        assert below[0] <= len(held) / 2 - spread + 1 and below[1] >= len(held) / 2 + spread - 1


def test_outcomes_read_the_same_in_either_letter_case(chicago, accused):
    sustained = accused[accused.final_finding == "SU"]
    outcome = sustained.final_outcome.str.lower()
    punished = outcome.str.contains("suspension|suspended|suspen'd|separat|termination|reprimand")
    known = ~(outcome.isin(["", "unknown"]) | outcome.str.fullmatch(r"\d+"))
    row = chicago[0].measure("complaints/discipline_share").figures.to_dicts()[0]
    assert (row["numerator"], row["denominator"]) == (punished.sum(), known.sum())
    days = accused.final_outcome.str.extract(r"(?i)^(\d+) day suspension|suspended for (\d+) days")
    days = days[0].fillna(days[1]).dropna().astype(int)
    median = chicago[0].measure("complaints/suspension_days_median").figures.to_dicts()[0]
    assert (median["value"], median["denominator"]) == (days.median(), len(days))


def test_complaints_per_100_officers_count_every_day_that_an_officer_served(chicago, files):
    officers = files["chicago_officers"]
    hired = pd.to_datetime(officers.appointed_date, errors="coerce")
    left = pd.to_datetime(officers.resignation_date, errors="coerce")
    year = pd.date_range("2012-01-01", "2012-12-31")
    days = sum(int(((hired <= day) & ~(left < day)).sum()) for day in year)
    result = chicago[0].measure("complaints/complaints_per_100_officers", period="year")
    row = result.figures.filter(period="2012").to_dicts()[0]
    assert row["numerator"] == files["chicago_complaints"].complaint_date.str.startswith("2012").sum()
    assert row["denominator"] == pytest.approx(days / 365.25)
    assert row["value"] == pytest.approx(100 * row["numerator"] / (days / 365.25))


def test_officer_years_of_groups_add_up_to_the_whole(chicago):
    cut = chicago[0].measure("complaints/allegations_per_100_officers", by="officer.gender", period="year")
    for year, group in cut.figures.group_by("period"):
        whole = chicago[0].measure("complaints/complaints_per_100_officers", period="year").figures
        known = whole.filter(period=year[0])["denominator"].item()
        assert 0.99 * known < group["denominator"].fill_null(0).sum() <= known + 1e-6


def test_the_most_accused_tenth_holds_what_sorting_says(chicago, accused, files):
    counts = np.sort(accused.officer_id.value_counts().to_numpy())[::-1]
    tenth = len(counts) / 10
    top = counts[: int(tenth)].sum() + (tenth % 1) * counts[int(tenth)]
    result = chicago[0].measure("complaints/allegation_concentration")
    row = result.figures.to_dicts()[0]
    assert row["value"] == pytest.approx(top / counts.sum())
    (chance,) = [finding.facts for finding in result.guard_notes if finding.guard == "chance"]
    assert chance["holders"] == len(counts)
    assert chance["by_chance"] < row["low"], "more than chance alone would make"


def test_complaints_without_an_identified_officer_and_trained_officers(chicago, files):
    complaints, accused = files["chicago_complaints"], files["chicago_accused"]
    row = chicago[0].measure("complaints/officer_identified_share").figures.to_dicts()[0]
    assert row["numerator"] == complaints.cr_id.isin(accused.cr_id).sum() < row["denominator"] == len(complaints)
    there = files["chicago_officers"].query("resignation_date == '' and appointed_date != ''")
    trained = there.officer_id.isin(files["chicago_crisis_training"].officer_id)
    row = chicago[0].measure("training/crisis_trained_share").figures.to_dicts()[0]
    assert (row["numerator"], row["denominator"]) == (trained.sum(), len(there))


def test_force_reports_keep_both_injuries_and_every_type_once(chicago, files):
    force = files["chicago_force_reports"]
    for measure, column in (("subject", "subject_injured"), ("officer", "officer_injured")):
        row = chicago[0].measure(f"force/report_{measure}_injury_share").figures.to_dicts()[0]
        assert (row["numerator"], row["denominator"]) == ((force[column] == "Yes").sum(), (force[column] != "").sum())
    types = by(chicago[0].measure("force/reports", by="force_types"), "force_types")
    assert types["CED"] == force.member_actions.str.contains("PROBE DISCHARGE|CONTACT STUN").sum()
    assert (
        types["CONTROL_HOLD"] == force.member_actions.str.contains("HOLDS|WRISTLOCK|ARMBAR|PRESSURE|INSTRUMENT").sum()
    )
    worst = by(chicago[0].measure("force/reports", by="resistance"), "resistance")
    assert worst["LIFE_THREATENING"] == force.subject_resistance.str.contains("Deadly Force").sum()


def test_findings_after_a_day_were_not_known_by_it(chicago, accused):
    by_then = "2012-06-30"
    known = accused[accused.complaint_date <= by_then]
    decided = known[(known.closed_date != "") & (known.closed_date <= by_then)]
    assert ((known.closed_date == "") & (known.final_finding != "")).sum() > 0, "some findings have no day: never known"
    result = chicago[0].measure("complaints/allegations", by="finding", known_by=date.fromisoformat(by_then))
    found = {row["finding"]: row["n"] for row in result.figures.to_dicts()}
    assert sum(found.values()) == len(known)
    assert found["SUSTAINED"] == (decided.final_finding == "SU").sum()
    assert (known.final_finding == "SU").sum() > found["SUSTAINED"], "some were decided later"


@pytest.mark.parametrize(
    ("measure", "first", "field"),
    [
        *(("complaints/allegations", "category", one) for one in ("officer.pseudonym", "officer.employee_number")),
        *(("complaints/allegations", "category", one) for one in ("officer.name", "officer", "complaint.incident")),
        *(
            (f"officers/{one}", "kind", field)
            for one in ("signals", "interventions")
            for field in ("officer", "officer.pseudonym")
        ),
        ("officers/interventions", "kind", "signal"),
        ("officers/factor_verdicts", "verdict", "signal.officer"),
        ("officers/factor_verdicts", "verdict", "factor"),
    ],
)
def test_no_figure_may_be_cut_by_an_officer(measure, first, field, tmp_path):
    domain, _, name = measure.partition("/")
    text = open_measure(domain, name).replace(f"groups: [{first}", f"groups: [{field}, {first}")
    assert field in text
    folder = tmp_path / domain / "measures"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=re.escape(field)):
        load(tmp_path)


def open_measure(domain, name):
    from importlib.resources import files as shipped

    return (shipped("openhalo_catalogue") / domain / "measures" / f"{name}.yaml").read_text("utf-8")


def test_a_measure_cannot_be_asked_by_officer(chicago):
    with pytest.raises(MeasureError, match="cannot be cut by"):
        chicago[0].measure("complaints/allegations", by="officer")


def test_an_officer_cannot_be_declared_public(chicago, tmp_path):
    text = (
        (chicago[0].path / "agency.yaml")
        .read_text("utf-8")
        .replace("fields: [race, gender, rank]", "fields: [race, pseudonym, name]")
    )
    (tmp_path / "agency.yaml").write_text(text, encoding="utf-8")
    found = [problem.found for problem in check_settings(tmp_path, chicago[0].catalogue)]
    assert [text.partition("'")[2].partition("'")[0] for text in found] == ["pseudonym", "name"]


def released(folder, officers):
    """Check a release of this city: it verifies, and no cell of its tables is an officer."""
    assert verify(folder) == []
    figures = pl.read_csv(folder / "data" / "figures.csv", infer_schema_length=0)
    cuts = set(figures["group"].drop_nulls()) | set(figures["group2"].drop_nulls())
    assert not {
        cut for cut in cuts if cut.rpartition(".")[2] in ("officer", "pseudonym", "name", "unit", "employee_number")
    }
    dictionary = pl.read_csv(folder / "data" / "dictionary.csv", infer_schema_length=0)
    assert set(dictionary["privacy"].unique()) <= {"public", "internal", "restricted"}
    assert not any(officers & set(figures[column].drop_nulls()) for column in ("code", "code2", "label", "label2"))
    return figures


@pytest.mark.ci
def test_force_and_training_of_a_city_make_a_release(chicago_files, tmp_path):
    some = ("chicago_officers", "chicago_force_reports", "chicago_crisis_training")
    site, _ = site_of({source: chicago_files[source] for source in some}, tmp_path)
    figures = released(site.publish(), set(raw(chicago_files["chicago_officers"]).officer_id))
    measures = set(figures["measure"])
    assert {"force/reports_per_100_officers", "force/report_concentration", "training/crisis_trained_share"} <= measures
    assert not {measure for measure in measures if measure.startswith("complaints/")}, "they wait for their records"


@pytest.mark.soak
def test_the_whole_history_imports_and_makes_a_release(whole_chicago):
    files, site, receipts = whole_chicago
    accepted = {source: (receipt.rows_read, receipt.rows_rejected) for source, receipt in receipts.items()}
    assert accepted == {
        "chicago_officers": (31_043, 0),
        "chicago_units": (99_200, 958),
        "chicago_complaints": (170_564, 0),
        "chicago_complaint_victims": (73_170, 12),
        "chicago_accused": (232_662, 0),
        "chicago_force_reports": (54_895, 0),
        "chicago_crisis_training": (1_309, 68),
    }
    assert receipts["chicago_complaints"].flagged == {
        "the incident is dated after the complaint": 706,
        "the incident is dated before 1950": 7,
        "the complaint was closed before it came in": 38,
    }
    assert all(open_site(site.path).import_file(source, file).repeated for source, file in files.items())
    figures = released(site.publish(), set(raw(files["chicago_officers"]).officer_id))
    assert len({measure for measure in figures["measure"] if measure.startswith("complaints/")}) >= 15


def test_allegations_after_training_are_those_of_pandas_and_the_published_estimator(chicago, files, accused, tmp_path):
    """Officers trained in these three years, quarter by quarter; those hired or gone in between are left out."""
    test = "{analysis: complaints/after_crisis_training, within: 2011-01..2013-12}"
    plan = f"written: 2026-11-22\nauthor: T\nbecause: T\ntests:\n  - {test}\n"
    result = with_plan(chicago[0], tmp_path, plan).analyse("complaints/after_crisis_training")
    trained = files["chicago_crisis_training"].query("officer_id != ''").groupby("officer_id").session_end.min()
    roster = files["chicago_officers"].set_index("officer_id").loc[trained.index]
    gone = roster.resignation_date.where(roster.resignation_date != "", "9999")
    hired = roster.appointed_date.where(roster.appointed_date != "", "9999")
    there = (hired <= "2011-01-01") & (gone >= "2013-12-31")
    started = pd.to_datetime(trained[there])
    first = (started.dt.year - 2011) * 4 + started.dt.quarter
    first = first[first > 1].astype(float)
    rows = accused[accused.officer_id.isin(first.index)]
    day = pd.to_datetime(rows.complaint_date)
    quarter = (day.dt.year - 2011) * 4 + day.dt.quarter - 1
    panel = pd.crosstab(rows.officer_id, quarter).reindex(index=first.index, columns=range(12), fill_value=0)
    expected = staggered.effect(staggered.reduce_panel(100.0 * panel.to_numpy(), first.to_numpy(), np.arange(1.0, 13)))
    one = result.contrasts[0]
    assert one.n == expected.n > 100
    assert (one.estimate, one.low, one.high) == pytest.approx((expected.estimate, expected.low, expected.high))
    assert "crisis intervention training" in result.sentence() and "When it came to whom" in " ".join(
        result.subject.spec.limits
    )
