"""Code lists: crosswalks and broader codes lead to codes of the list."""

from openhalo.base.errors import did_you_mean, name_all
from openhalo.catalogue.documents import Document
from openhalo.catalogue.kinds import Kind, Shelves
from openhalo.catalogue.vocabularies import Vocabulary


def cross_check(vocabulary: Vocabulary, document: Document, _: Shelves) -> None:
    """Note crosswalk targets and broader codes that the vocabulary does not have."""

    def must_exist(code: str, *location: str) -> None:
        if code not in vocabulary.codes:
            document.report(
                location,
                f"unknown code '{code}'",
                name_all(vocabulary.codes, 40),
                did_you_mean(code, vocabulary.codes),
            )

    for code, spec in vocabulary.codes.items():
        if spec.broader:
            must_exist(spec.broader, "codes", code, "broader")
    for standard in sorted(vocabulary.crosswalks.keys() ^ vocabulary.crosswalk_sources.keys()):
        document.report(
            ("crosswalk_sources", standard),
            f"'{standard}' stands in only one of crosswalks and crosswalk_sources",
            todo="give each crosswalk the place where its codes were read",
        )
    for standard, codes in vocabulary.crosswalks.items():
        for theirs, ours in codes.items():
            must_exist(ours, "crosswalks", standard, theirs)


KIND = Kind("vocabularies/NAME", Vocabulary, cross_check)
