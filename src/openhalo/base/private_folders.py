"""Folders that hold what only the site may see: their owner reads them, and nobody else on the machine."""

from contextlib import suppress
from pathlib import Path


def private_folder(path: Path) -> Path:
    """Make a folder that its owner alone may enter, and return it; one that is there already is shut to others."""
    path.mkdir(parents=True, exist_ok=True)
    with suppress(PermissionError):  # another's folder, in which one may write: its owner shuts it
        path.chmod(0o700)
    return path
