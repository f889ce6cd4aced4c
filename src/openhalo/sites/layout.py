"""The names of a site's folders and settings files: no other module makes a path of them."""

from dataclasses import dataclass
from pathlib import Path

from openhalo.base.settings_files import GOVERNANCE, PLAN, POLICY, SETTINGS

FOLDERS = ("catalogue", "deliveries", "store", "releases")
"""What every site has from the first: its own definitions; receipts and rejected rows; records; finished releases."""


@dataclass(frozen=True)
class SiteLayout:
    """Where everything of a site stands; nothing of it need be there."""

    root: Path

    @property
    def settings(self) -> Path:
        """Return the file of the site's settings; a folder without it is no site."""
        return self.root / SETTINGS

    @property
    def plan(self) -> Path:
        """Return the file of the analysis plan."""
        return self.root / PLAN

    @property
    def policy(self) -> Path:
        """Return the file of the disclosure policy."""
        return self.root / POLICY

    @property
    def governance(self) -> Path:
        """Return the file of the governance record that comes before any signal."""
        return self.root / GOVERNANCE

    @property
    def readme(self) -> Path:
        """Return the file that tells a newcomer what stands where."""
        return self.root / "README.md"

    @property
    def folders(self) -> list[Path]:
        """Return the folders that every site has from the first."""
        return [self.root / name for name in FOLDERS]

    @property
    def private(self) -> list[Path]:
        """Return the folders that only the site may see: its owner reads them, and nobody else on the machine."""
        inside = [self.store, self.deliveries, self.kept_cells, self.for_oversight]
        return [*inside, self.review_sets, self.backtests, self.keys]

    @property
    def catalogue(self) -> Path:
        """Return the folder of the site's own definitions."""
        return self.root / "catalogue"

    @property
    def messages(self) -> Path:
        """Return the folder of the site's own translations."""
        return self.root / "locale"

    @property
    def deliveries(self) -> Path:
        """Return the folder of receipts and rejected rows."""
        return self.root / "deliveries"

    @property
    def store(self) -> Path:
        """Return the folder of the records, in all their versions."""
        return self.root / "store"

    @property
    def releases(self) -> Path:
        """Return the folder of finished releases and their register."""
        return self.root / "releases"

    @property
    def kept_cells(self) -> Path:
        """Return the folder of what is kept of each release to protect the next; it never leaves the site."""
        return self.root / "disclosure"

    @property
    def for_oversight(self) -> Path:
        """Return the folder of what an oversight body is given beside each release; nobody else may see it."""
        return self.root / "oversight"

    @property
    def review_sets(self) -> Path:
        """Return the folder of the review sets that were given; restricted."""
        return self.root / "signals"

    @property
    def backtests(self) -> Path:
        """Return the folder of the backtests that were made."""
        return self.root / "backtests"

    @property
    def keys(self) -> Path:
        """Return the folder of the site's own keys."""
        return self.root / "keys"

    @property
    def drawn_charts(self) -> Path:
        """Return the folder in which drawn charts wait to be used again; it may be removed at any time."""
        return self.root / ".cache" / "charts"
