"""The files that a site writes for itself (settings, plan, policy, governance): read with all problems at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from openhalo.base.errors import Problem, SiteError
from openhalo.catalogue import reader
from openhalo.catalogue.reader import Document, SpecT


@dataclass(frozen=True)
class SiteFile(Generic[SpecT]):
    """One such file: as it is written, and what it says; `spec` is None where it does not say it well."""

    document: Document
    spec: SpecT | None

    @property
    def problems(self) -> list[Problem]:
        """Return all that is wrong with it, those found later too: the document notes them."""
        return self.document.problems

    def stated(self) -> SpecT:
        """Return what the file says.

        Raises:
            SiteError: it is wrong, with every problem.
        """
        if self.spec is None:
            raise SiteError(self.problems)
        return self.spec


def read_site_file(path: Path, schema: type[SpecT]) -> SiteFile[SpecT] | None:
    """Read a YAML file of a site into its schema; None where there is no such file."""
    if not path.exists():
        return None
    if not path.is_file():
        raise SiteError(Problem(str(path), "this is no file", todo="write the file, or take away what has its name"))
    document = reader.read(path)
    return SiteFile(document, reader.check(document, schema))
