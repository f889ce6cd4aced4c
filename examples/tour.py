# A tour of OpenHALO on real police records: `marimo edit examples/tour.py`, or `python examples/tour.py`.
# It opens the site named by OPENHALO_SITE; without one it makes the demonstration in ./demo (half a minute).
import marimo

app = marimo.App(width="medium", app_title="A tour of OpenHALO")


@app.cell
def _():
    import os
    from pathlib import Path

    import marimo as mo
    import polars as pl

    import openhalo
    from openhalo.sites.demo import make_demo

    folder = Path(os.environ.get("OPENHALO_SITE", "demo"))
    if not (folder / "agency.yaml").exists():
        make_demo(folder)
    site = openhalo.open_site(folder)
    mo.md(
        f"""
        # A tour of OpenHALO

        **{site.settings.title}.** A site is a folder. Its records came in as *deliveries*; each has a receipt:
        """
    )
    return mo, pl, site


@app.cell
def _(pl, site):
    receipts = pl.DataFrame(
        [
            {"file": r.file, "source": r.source, "read": r.rows_read, "accepted": r.rows_accepted,
             "rejected": r.rows_rejected, "sha256": r.sha256[:12]}
            for r in site.receipts()
        ]
    )  # fmt: skip
    assert (receipts["read"] == receipts["accepted"] + receipts["rejected"]).all()
    receipts
    return


@app.cell
def _(mo, site):
    searches = site.measure("stops/search_share", by="race")
    mo.vstack(
        [
            mo.md(
                f"""
                ## One figure, never bare

                How often does a stop lead to a search?

                > {searches.sentence()}

                Each row has its n, what it is taken of, and a 95 % interval ({searches.method}).
                """
            ),
            searches.to_polars(),
        ]
    )
    return (searches,)


@app.cell
def _(mo, searches):
    found = "\n".join(f"- {finding.text}" for finding in searches.guard_notes if finding.severity == "headline")
    mo.md(
        f"""
## What may not be concluded

Guards look at every answer, and no measure can switch them off. Here:

{found}

So the chart shows where each figure *could* lie, and no page puts one of them into its title.
"""
    )
    return


@app.cell
def _(searches):
    chart = searches.chart()
    chart
    return


@app.cell
def _(mo, pl, site):
    counted = site.records("stops/stop", where="search_conducted").select(pl.len()).collect().item()
    assert counted == site.measure("stops/search_share").to_polars()["numerator"].item()
    mo.md(
        f"""
        ## From the figure back to its records

        The figure counts **{counted:,}** searched stops, and the records say the same:
        `site.records("stops/stop", where="search_conducted")` has {counted:,} rows. Old versions stay readable
        (`version=1`), and `known_by=` shows only what had been recorded by a day.
        """
    )
    return (counted,)


@app.cell
def _(mo, site):
    per_stop = site.measure("force/applications_per_1000_stops", within="2017")
    mo.vstack([mo.md(f"## Two kinds of record in one rate\n\n> {per_stop.sentence()}"), per_stop.to_polars()])
    return


@app.cell
def _(mo, site):
    from openhalo.releases.hashes import verify

    released = sorted(site.releases.glob("[0-9]*"))
    assert not any(verify(one) for one in released)
    mo.md(
        f"""
        ## A release, and anyone's check of it

        The site has {len(released)} release(s), and in each every file is as published. `openhalo verify` needs
        nothing but the folder; `openhalo publish` makes the next one.
        """
    )
    return


if __name__ == "__main__":
    app.run()
