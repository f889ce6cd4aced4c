"""All that a site's people write, checked: settings, policy, plan, governance."""

from pathlib import Path

from openhalo.base.errors import Problem
from openhalo.catalogue.index import Catalogue
from openhalo.sites.analysis_plan import check_plan
from openhalo.sites.disclosure_policy import check_policy
from openhalo.sites.governance import check_governance
from openhalo.sites.settings import check_settings


def check_site(site: Path, catalogue: Catalogue) -> list[Problem]:
    """Return every problem of a site's own files, but those of its catalogue."""
    return [
        *check_settings(site, catalogue),
        *check_policy(site, catalogue),
        *check_plan(site, catalogue),
        *check_governance(site, catalogue),
    ]
