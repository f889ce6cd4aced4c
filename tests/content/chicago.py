"""A site with the records of Chicago's police: the seven public files, whole or the complaints of some years."""

from pathlib import Path

import polars as pl

from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site
from tests.libraries import library

pd = library("pandas")

FILES = {
    "chicago_officers": "officers.csv.gz",
    "chicago_units": "unit_history.csv.gz",
    "chicago_complaints": "complaints.csv.gz",
    "chicago_complaint_victims": "complaint_victims.csv.gz",
    "chicago_accused": "complaint_officers.csv.gz",
    "chicago_force_reports": "force_reports.csv.gz",
    "chicago_crisis_training": "training_cit.csv.gz",
}
DECLARED = """
declared_public:
  - record: complaints/complaint
    fields: [filed_by_employee, complainant_races, complainant_genders]
    reason: &why The city released every complaint with these fields under the Illinois Freedom of Information Act.
  - {record: complaints/complainant, fields: [race, gender], reason: *why}
  - {record: complaints/allegation, fields: [category, finding, discipline], reason: *why}
  - {record: force/force_report, fields: [race, gender, force_types, resistance, on_duty], reason: *why}
  - {record: officers/officer, fields: [race, gender, rank], reason: *why}
  - {record: training/training_record, fields: [topics], reason: *why}
""".replace("&why ", "")
WHY = "The city released every complaint with these fields under the Illinois Freedom of Information Act."


def site_of(files: dict[str, Path], folder: Path):
    """Import files by source into a new site; return it and the receipts."""
    path = init_site(folder / "site", "Chicago police records", "Chicago Police Department", "cpd")
    settings = (path / "agency.yaml").read_text(encoding="utf-8")
    settings = settings.replace("{kind: agency,", "{kind: demo,")
    (path / "agency.yaml").write_text(settings + DECLARED.replace("*why", f'"{WHY}"'), encoding="utf-8")
    site = open_site(path)
    return site, {source: site.import_file(source, file) for source, file in files.items()}


def since(data: Path, folder: Path, first: str) -> dict[str, Path]:
    """Write the files anew with the complaints received, and the force used, since a day; rosters stay whole."""
    found = {source: data / "chicago" / name for source, name in FILES.items()}
    complaints = _cells(found["chicago_complaints"]).filter(pl.col("complaint_date") >= first)
    force = _cells(found["chicago_force_reports"]).filter(pl.col("trr_date") >= first)
    parts = {"chicago_complaints": complaints, "chicago_force_reports": force}
    for source in ("chicago_complaint_victims", "chicago_accused"):
        parts[source] = _cells(found[source]).filter(pl.col("cr_id").is_in(complaints["cr_id"].implode()))
    for source, rows in parts.items():
        found[source] = folder / f"{source}.csv"
        rows.write_csv(found[source])
    return found


def _cells(file: Path) -> pl.DataFrame:
    return pl.read_csv(file, infer_schema_length=0)


def raw(file: Path):
    """Return the cells of a file as text."""
    return pd.read_csv(file, dtype=str, keep_default_na=False)
