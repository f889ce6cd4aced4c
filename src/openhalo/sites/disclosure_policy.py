"""A site's disclosure policy: `disclosure.yaml`."""

from pathlib import Path

from openhalo.base.errors import Problem, SiteError
from openhalo.catalogue.index import Catalogue
from openhalo.disclosure.policy import Policy
from openhalo.publications.protection.policy_checks import must_exist
from openhalo.sites.layout import SiteLayout
from openhalo.sites.site_files import read_site_file


def read_policy(path: Path) -> Policy:
    """Read a policy.

    Raises:
        SiteError: there is none, or it is wrong; with every problem at its line.
    """
    found = read_site_file(path, Policy)
    if found is None:
        raise SiteError(Problem(str(path), "there is no disclosure policy", todo="write one, or declare fields public"))
    return found.stated()


def check_policy(site: Path, catalogue: Catalogue) -> list[Problem]:
    """Return every problem of a site's disclosure policy; none where it has no policy."""
    found = read_site_file(SiteLayout(site).policy, Policy)
    if found is None:
        return []
    if found.spec is not None:
        must_exist(found.spec, found.document, catalogue)
    return found.problems
