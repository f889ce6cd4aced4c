"""Sites with made-up records whose truth is known."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from openhalo.intake.template import example_cells
from openhalo.sites.init import init_site
from openhalo.sites.open_site import open_site

DECLARED = """
declared_public:
  - record: stops/stop
    fields: [race, gender, reason, precinct, neighborhood, search_conducted]
    reason: The department publishes these fields of every stop.
"""


def made_site(folder, plan="", declared="", **frames):
    """Make a site with these records; a record type is named with `__` for `/`."""
    folder.mkdir(parents=True, exist_ok=True)
    site = open_site(init_site(folder / "site", "City", "City police", "cpd"))
    settings = site.path / "agency.yaml"
    text = settings.read_text("utf-8").replace("cpd: {", "cpd: {zone: UTC, ")
    settings.write_text(text + "languages: [en, es]\n" + declared, encoding="utf-8")
    if plan:
        head = "written: 2026-11-22\nauthor: Tests\nbecause: Tests.\n"
        (site.path / "analysis_plan.yaml").write_text(head + plan, encoding="utf-8")
    site = open_site(site.path)
    for name, frame in frames.items():
        record = name.replace("__", "/")
        columns = example_cells(site.catalogue.record_type(record), site.catalogue.schema)
        blank = [pl.lit("").alias(column) for column in columns if column not in frame.columns]
        frame.with_columns(blank).select(*columns).write_csv(folder / "rows.csv")
        receipt = site.import_file(f"template:{record}", folder / "rows.csv")
        assert receipt.rows_accepted == frame.height, receipt
    return site


def days(first, counts, rng):
    """Return a day within each month, from the first one on, for so many records a month."""
    found = []
    for at, n in enumerate(counts):
        month = first.year * 12 + first.month - 1 + at
        start = date(month // 12, month % 12 + 1, 1)
        found += [start + timedelta(days=int(day)) for day in rng.integers(0, 28, n)]
    return found


def stops(when, searched, rng, **columns):
    """Return rows of stops: at noon of these days, with a search or not."""
    hours = rng.integers(8, 20, len(when))
    return pl.DataFrame(
        {
            "id": [str(at) for at in range(len(when))],
            "occurred_at": [f"{day} {hour:02d}:00" for day, hour in zip(when, hours, strict=True)],
            "search_conducted": np.where(searched, "Yes", "No"),
            **columns,
        }
    )
