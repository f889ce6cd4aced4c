"""The quarterly sheet as a page to print: black and white, an officer never split over two sheets of paper."""

from pathlib import Path

from openhalo.catalogue.index import Catalogue
from openhalo.early_intervention.threshold_sheet import Sheet
from openhalo.language import formatting
from openhalo.restricted_reports.page import write_restricted


def write_sheet(place: Path, sheet: Sheet, catalogue: Catalogue, site: str) -> Path:
    """Write the sheet as one restricted page, and return where it is.

    Args:
        place: a file that ends in .html, or a folder.
        sheet: who reached which threshold.
        catalogue: the verdicts that may be ticked, as in the spreadsheet that they are typed into.
        site: the site's title.
    """

    def labels(name: str) -> list[str]:
        vocabulary = catalogue.vocabularies[name]
        return [vocabulary.codes[code].label for code in vocabulary.codes]

    return write_restricted(
        place,
        f"sheet-{sheet.quarter}",
        "sheet.html",
        site=site,
        sheet=sheet,
        quarter=formatting.period(sheet.quarter),
        verdicts=labels("factor_verdict"),
        decisions=labels("review_decision"),
    )
