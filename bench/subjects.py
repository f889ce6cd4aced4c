"""Our side of each contest, through the public face only."""

import shutil
from pathlib import Path

import openhalo
import openhalo_catalogue

_SETTINGS = """
title: Bench
publisher: {kind: demo, name: OpenHALO bench}
agencies: {bench: {name: Bench Police Department}}
"""
_SOURCE = "bench_stops"


def new_site(folder: Path) -> openhalo.Site:
    """Make a site whose own catalogue holds the bench source."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "agency.yaml").write_text(_SETTINGS, encoding="utf-8")
    shutil.copytree(Path(__file__).parent / "catalogue", folder / "catalogue")
    return openhalo.open_site(folder)


def loaded_site(folder: Path, stops: Path) -> openhalo.Site:
    """Return a site that holds the stops."""
    site = new_site(folder)
    site.import_file(_SOURCE, stops)
    return site


def import_once(folder: Path, stops: Path) -> None:
    """Import into an empty site: read, map, validate, hash, compare, sort, store."""
    receipt = new_site(folder).import_file(_SOURCE, stops)
    assert receipt.rows_rejected == 0


def import_again(site: openhalo.Site, stops: Path) -> None:
    """Import what the site already holds."""
    version = site.store.manifest().version
    site.import_file(_SOURCE, stops)
    assert site.store.manifest().version == version


def copy(site: openhalo.Site, folder: Path) -> openhalo.Site:
    """Return a copy of a site that shares its files (hard links: copying is not the work that is timed)."""
    shutil.copytree(site.path, folder / "site", copy_function=_link)
    return openhalo.open_site(folder / "site")


def import_changed(site: openhalo.Site, changed: Path) -> None:
    """Import a corrected file."""
    assert site.import_file(_SOURCE, changed).records_changed > 0


def measure(site: openhalo.Site) -> None:
    """Ask a grouped measure."""
    site.measure("stops/search_share", by=["race", "precinct"], period="month")


def release_site(folder: Path, stops: Path) -> openhalo.Site:
    """Return a site that holds the stops and may publish them."""
    site = loaded_site(folder, stops)
    fields = "occurred_at, race, gender, reason, precinct, neighborhood, search_conducted"
    declared = f"declared_public: [{{record: stops/stop, fields: [{fields}], reason: Made up.}}]\n"
    (folder / "agency.yaml").write_text(_SETTINGS + declared, encoding="utf-8")
    return openhalo.open_site(site.path)


def release(site: openhalo.Site, folder: Path, *, cold: bool = False, changed: bool = False) -> None:
    """Build a release of a copy of the site: with no drawing kept, or with one measure defined anew."""
    mine = copy(site, folder)
    if cold:
        shutil.rmtree(mine.path / ".cache", ignore_errors=True)
    if changed:
        shipped = Path(openhalo_catalogue.__file__).parent / "stops" / "measures" / "search_share.yaml"
        own = mine.path / "catalogue" / "stops" / "measures" / shipped.name
        own.parent.mkdir(parents=True)
        text = shipped.read_text(encoding="utf-8")
        own.write_text(f"{text}where: gender = 'FEMALE'\n", encoding="utf-8")
    mine.publish()


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)
