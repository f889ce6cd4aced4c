"""A made-up department of officers whose complaints come at rates of their own, imported through the templates."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from openhalo.intake.template import example_cells
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site

FIRST, LAST = date(2008, 1, 1), date(2013, 12, 31)
GOVERNANCE = """
kind: research
owner: Research on past records
first_reader: Wellness researcher
review_days: 30
lapse_days: 90
capacity: 40
notice_to_officers: Past records only; nobody is acted on.
officer_input: None was possible, because the records are made up.
contest_decided_by: Ethics board
contest_days: 30
"""


def rows_in(site, record, folder, **columns):
    """Import rows of a record type through its template; what no column names is left blank."""
    frame = pl.DataFrame(columns, strict=False).cast(pl.String).fill_null("")
    cells = example_cells(site.catalogue.record_type(record), site.catalogue.schema)
    blank = [pl.lit("").alias(name) for name in cells if name not in frame.columns]
    frame.with_columns(blank).select(*cells).write_csv(folder / "rows.csv")
    return site.import_file(f"template:{record}", folder / "rows.csv")


def names(officers=400):
    """Return the ids of officers."""
    return [f"o{number:04d}" for number in range(officers)]


def department(folder, seed=1, keep=None, officers=400):
    """Return a site with officers, assignments, complaints and allegations of six years.

    `keep`: id of each allegation → whether it happened; without it, all of them.
    """
    draw = np.random.default_rng(seed)
    path = init_site(folder / "site", "Made-up town", "Made-up police", "mup")
    settings = (path / "agency.yaml").read_text("utf-8").replace("mup: {", "mup: {zone: UTC, ")
    (path / "agency.yaml").write_text(settings, encoding="utf-8")
    (path / "governance.yaml").write_text(GOVERNANCE, encoding="utf-8")
    site = open_site(path)
    ids = names(officers)
    gender = draw.choice(["Male", "Female"], officers, p=[0.7, 0.3])
    race = draw.choice(["White", "Black", "Asian or Pacific Islander"], officers, p=[0.6, 0.37, 0.03])
    rows_in(
        site,
        "officers/officer",
        folder,
        id=ids,
        pseudonym=[f"P-{one}" for one in ids],
        name=[f"Name of {one}" for one in ids],
        hired_on=["2004-05-01"] * officers,
        gender=gender,
        race=race,
    )
    rows_in(
        site,
        "officers/assignment",
        folder,
        id=ids,
        officer=ids,
        starts_on=["2004-05-01"] * officers,
        unit=[str(number % 4) for number in range(officers)],
    )
    days = (LAST - FIRST).days
    rate = draw.gamma(1.0, 0.4, officers)
    accused = np.repeat(ids, draw.poisson(rate * days / 365.25))
    received = [FIRST + timedelta(days=int(n)) for n in draw.integers(0, days, len(accused))]
    closed = [
        day + timedelta(days=int(n)) for day, n in zip(received, draw.integers(5, 300, len(accused)), strict=True)
    ]
    found = draw.choice(["Sustained", "Not sustained"], len(accused), p=[0.3, 0.7])
    ids = [f"c{number}" for number in range(len(accused))]
    rows = list(zip(ids, received, closed, accused, found, strict=True))
    ids, received, closed, accused, found = zip(*(row for row in rows if keep is None or keep[row[0]]), strict=True)
    rows_in(site, "complaints/complaint", folder, id=ids, received_on=received, closed_on=closed)
    rows_in(site, "complaints/allegation", folder, id=ids, complaint=ids, officer=accused, finding=found)
    return open_site(path)
