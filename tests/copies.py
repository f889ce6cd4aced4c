"""Sites that tests share are read and never changed: a test that changes one, or publishes from it, takes a copy."""

import shutil
from pathlib import Path

from openhalo.sites.open_site import Site, open_site


def copy_of(site: Site, folder: Path) -> Site:
    """Return a copy of a site, in a folder of the test's own."""
    return open_site(shutil.copytree(site.path, folder / "copy", symlinks=True))


def with_plan(site: Site, folder: Path, plan: str) -> Site:
    """Return a copy of a site with another analysis plan."""
    copy = copy_of(site, folder)
    (copy.path / "analysis_plan.yaml").write_text(plan, encoding="utf-8")
    return open_site(copy.path)
