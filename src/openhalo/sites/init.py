"""A new site: its folder with settings to fill in."""

import json
from importlib.resources import files
from pathlib import Path
from string import Template

from openhalo.base.errors import Problem, SiteError
from openhalo.base.private_folders import private_folder
from openhalo.sites.layout import SiteLayout
from openhalo.sites.settings import must_have_usable_name


def init_site(folder: Path, title: str, name: str, agency: str = "pd") -> Path:
    """Make a site in an empty or new folder and return the folder.

    Args:
        folder: where the site goes.
        title: what stands on top of its pages.
        name: the agency, in full.
        agency: its short id: small letters, digits and `_`.

    Raises:
        SiteError: the folder holds something already, or the id is none.

    >>> init_site(Path("springfield"), "Springfield", "Springfield Police Department", "spd")  # doctest: +SKIP
    """
    if not (agency.isidentifier() and agency.isascii() and agency.islower()):
        raise SiteError(Problem("", f"'{agency}' is no id of an agency", "small letters, digits and _, such as spd"))
    make_folders(folder)
    given = {"title": title, "name": name, "agency": agency}
    shipped = files("openhalo.sites") / "new_site"
    layout = SiteLayout(folder)
    for file, words in ((layout.settings, {**given, **_quoted(given)}), (layout.readme, given)):
        text = Template((shipped / file.name).read_text(encoding="utf-8")).substitute(words)
        file.write_text(text, encoding="utf-8")
    return folder


def make_folders(folder: Path) -> None:
    """Make a site's folders.

    Raises:
        SiteError: the folder holds something already.
    """
    must_have_usable_name(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SiteError(Problem(str(folder), "this place is not empty", "a new or empty folder", "choose another one"))
    for made in SiteLayout(folder).folders:
        made.mkdir(parents=True, exist_ok=True)
    for made in SiteLayout(folder).private:
        if made.is_dir():
            private_folder(made)


def _quoted(words: dict[str, str]) -> dict[str, str]:
    return {key: json.dumps(words[key], ensure_ascii=False) for key in ("title", "name")}
