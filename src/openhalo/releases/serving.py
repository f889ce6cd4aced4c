"""What a site's releases answer to a request, from the register, a path and headers alone. It opens no table.

The newest public release stands at `/`, each public one for good at `/releases/0001/`, whole as `/releases/0001.zip`.
What was recalled says so, and why; what waits for approval is not there. States are read at each request.
"""

import gzip
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from html import escape
from http import HTTPStatus
from pathlib import Path

from openhalo.base.errors import MissingExtra
from openhalo.language import formatting, message_files
from openhalo.language.translation import ENGLISH, Language, _, speaking
from openhalo.releases.package import DESCRIPTOR, ServedFile, plain_file, served
from openhalo.releases.register import Entry, Register
from openhalo.releases.signature import SIGNATURE

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Vary": "Accept-Encoding, Accept-Language",
    "Cache-Control": "no-cache",
}
_PACKED = {"text/html", "text/css", "text/csv", "image/svg+xml", "application/json"}
_CHUNK = 1 << 18
_STORED = (".parquet", ".woff2", ".png")
"""Files that are packed as they are: they hold no air."""


@dataclass(frozen=True)
class Answer:
    """What goes back to a visitor; `body` gives the bytes piece by piece."""

    status: HTTPStatus
    headers: dict[str, str]
    body: Iterable[bytes]


Ask = Callable[[str, str, Mapping[str, str]], Answer]
"""Method, path and headers (names in small letters) → answer."""


def answer(releases: Path, method: str, path: str, headers: Mapping[str, str]) -> Answer:
    """Return what a site's folder of releases answers.

    Args:
        releases: the folder, with its register.
        method: GET or HEAD; others are refused.
        path: what stands after the host, unquoted and without query.
        headers: of the request, names in small letters: `accept-encoding`, `accept-language` and `if-none-match` count.

    Raises:
        ReleaseError: the register is damaged.
    """
    if method not in ("GET", "HEAD"):
        return _refused_method()
    entries = {entry.number: entry for entry in Register(releases).entries()}
    public = [entry for entry in entries.values() if entry.state == "public"]
    place = path.removeprefix("/")
    first, _slash, rest = place.partition("/")
    if first != "releases":
        return of_release(releases / public[-1].number, method, path, headers) if public else _none_yet(headers)
    number, slash, inside = rest.partition("/")
    zipped = number.endswith(".zip") and not slash
    entry = entries.get(number.removesuffix(".zip"))
    if entry is None or entry.state == "waiting":
        return _not_there(headers)
    if entry.state == "recalled":
        return _recalled(entry, headers)
    if zipped:
        return _whole(releases / entry.number)
    if not slash:
        return Answer(HTTPStatus.PERMANENT_REDIRECT, {**HEADERS, "Location": f"/releases/{number}/"}, ())
    return of_release(releases / entry.number, method, f"/{inside}", headers)


def of_release(folder: Path, method: str, path: str, headers: Mapping[str, str]) -> Answer:
    """Return what one release answers: the files that its descriptor lists, and nothing else; arguments of `answer`."""
    if method not in ("GET", "HEAD"):
        return _refused_method()
    place = path.removeprefix("/")
    if not place or place.endswith("/"):
        place += "index.html"
    file = _listed(folder, (folder / DESCRIPTOR).stat().st_mtime_ns).get(place)
    if file is None or not plain_file(folder, place):
        return _not_there(headers)
    kind, tag = file.mediatype, f'"{file.hash.removeprefix("sha256:")[:32]}"'
    content = {"Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind}
    if file.hash:
        content["ETag"] = tag
        if tag in headers.get("if-none-match", ""):
            return Answer(HTTPStatus.NOT_MODIFIED, {**HEADERS, "ETag": tag}, ())
    held = (folder / place).stat()
    size = held.st_size
    body: Iterable[bytes] = _pieces(folder / place)
    if kind in _PACKED and _takes_gzip(headers.get("accept-encoding", "")):
        packed = _gzipped(folder / place, held.st_mtime_ns)
        content["Content-Encoding"], size, body = "gzip", len(packed), (packed,)
    return Answer(HTTPStatus.OK, {**HEADERS, **content, "Content-Length": str(size)}, body)


def _takes_gzip(accepted: str) -> bool:
    """Return whether a header allows gzip; with a weight of 0 it forbids it (RFC 9110, 12.5.3)."""
    weights = {part.split(";")[0].strip().lower(): part.replace(" ", "").lower() for part in accepted.split(",")}
    asked = weights.get("gzip", weights.get("*", ";q=0"))
    return re.search(r";q=0(?:\.0*)?$", asked) is None


def site_releases(releases: Path) -> Ask:
    """Return what answers for a site's folder of releases."""
    return partial(answer, releases)


def one_release(folder: Path) -> Ask:
    """Return what answers for one release, wherever it lies.

    Raises:
        ReleaseError: the folder is no release.
    """
    served(folder)
    return partial(of_release, folder)


@lru_cache(maxsize=32)
def _listed(folder: Path, _changed: int) -> dict[str, ServedFile]:
    unhashed = [ServedFile(path=place, mediatype="application/json") for place in (DESCRIPTOR, SIGNATURE)]
    return {file.path: file for file in (*served(folder), *unhashed)}


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            yield piece


@lru_cache(maxsize=256)
def _gzipped(file: Path, _changed: int) -> bytes:
    return gzip.compress(file.read_bytes(), mtime=0)


class _Outlet:
    """Where a ZIP file is written that goes out while it is made."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Keep what is held until it is taken."""

    def taken(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def _whole(folder: Path) -> Answer:
    """Return a release as one ZIP file, the same bytes each time."""
    name = f"release-{folder.name}"
    kind = {"Content-Type": "application/zip", "Content-Disposition": f'attachment; filename="{name}.zip"'}
    return Answer(HTTPStatus.OK, {**HEADERS, **kind}, _zipped(folder, name))


def _zipped(folder: Path, name: str) -> Iterator[bytes]:
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as made:  # type: ignore[call-overload]
        for place in sorted({DESCRIPTOR, SIGNATURE, *(file.path for file in served(folder))}):
            if not plain_file(folder, place):
                continue
            info = zipfile.ZipInfo(f"{name}/{place}")
            info.compress_type = zipfile.ZIP_STORED if place.endswith(_STORED) else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            large = (folder / place).stat().st_size > zipfile.ZIP64_LIMIT // 2
            with made.open(info, "w", force_zip64=large) as target:
                for piece in _pieces(folder / place):
                    target.write(piece)
                    yield outlet.taken()
    yield outlet.taken()


def _refused_method() -> Answer:
    return Answer(HTTPStatus.METHOD_NOT_ALLOWED, {**HEADERS, "Allow": "GET, HEAD", "Content-Length": "0"}, ())


def _not_there(headers: Mapping[str, str]) -> Answer:
    return _page(HTTPStatus.NOT_FOUND, headers, lambda: (_("There is no such page in this release."), ""))


def _none_yet(headers: Mapping[str, str]) -> Answer:
    return _page(HTTPStatus.NOT_FOUND, headers, lambda: (_("Nothing is published here yet."), ""))


def _recalled(entry: Entry, headers: Mapping[str, str]) -> Answer:
    def said() -> tuple[str, str]:
        text = _("It was taken back on {day}. The reason: {reason}")
        day = formatting.day(entry.recalled_at.date()) if entry.recalled_at else "–"
        return _("This release was taken back"), text.format(day=day, reason=entry.reason)

    return _page(HTTPStatus.GONE, headers, said)


def _page(status: HTTPStatus, headers: Mapping[str, str], said: Callable[[], tuple[str, str]]) -> Answer:
    """Return a short page in the visitor's language, with a way to the newest release."""
    language = _language(_wanted(headers.get("accept-language", "")))
    with speaking(language):
        title, more = said()
        way = _("Go to the newest release")
    html = (
        f'<!doctype html><html lang="{escape(language.tag)}" dir="{language.direction}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="/assets/vendor/uswds.css"><link rel="stylesheet" href="/assets/site.css">'
        f'<main class="wrap"><h1>{escape(title)}</h1>'
        f'<p class="usa-intro">{escape(more)}</p><p><a href="/">{escape(way)}</a></p></main></html>\n'
    ).encode()
    kind = {"Content-Type": "text/html; charset=utf-8", "Content-Language": language.tag}
    return Answer(status, {**HEADERS, **kind, "Content-Length": str(len(html))}, (html,))


def _wanted(accepted: str) -> str:
    """Return the first language of a request that OpenHALO speaks; English without any."""
    spoken = message_files.known(message_files.shipped())
    asked = (part.partition(";")[0].strip().partition("-")[0].lower() for part in accepted.split(","))
    return next((tag for tag in asked if tag in spoken), ENGLISH.tag)


@lru_cache
def _language(tag: str) -> Language:
    try:
        return message_files.read(tag, message_files.shipped())
    except MissingExtra:
        return ENGLISH
