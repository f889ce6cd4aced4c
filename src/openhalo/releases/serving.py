"""A finished release over HTTP: the files of its folder and nothing else."""

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from openhalo.base.errors import Problem, ReleaseError
from openhalo.releases.package import DESCRIPTOR, served

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Vary": "Accept-Encoding",
    "Cache-Control": "no-cache",
}
_PACKED = {"text/html", "text/css", "text/csv", "image/svg+xml", "application/json"}


@contextmanager
def server(folder: Path, host: str = "127.0.0.1", port: int = 8000) -> Iterator[ThreadingHTTPServer]:
    """Open a server of a release; `server_address` holds the port that was given for port 0.

    Raises:
        ReleaseError: the folder is no release, or the address cannot be had.
    """
    types = {resource.path: resource.mediatype for resource in served(folder)}
    types[DESCRIPTOR] = "application/json"
    try:
        made = ThreadingHTTPServer((host, port), partial(_Handler, folder.resolve(), types))
    except OSError as error:
        found, todo = f"the address cannot be used ({error.strerror})", "choose another port, or 0 for any: --port 0"
        raise ReleaseError(Problem(f"{host}:{port}", found, todo=todo)) from None
    made.daemon_threads = True
    try:
        yield made
    finally:
        made.server_close()


def address(made: ThreadingHTTPServer) -> str:
    """Return where a browser finds the server."""
    host, port = made.server_address[:2]
    return f"http://{host!s}:{port}/" if ":" not in str(host) else f"http://[{host!s}]:{port}/"


def serve(folder: Path, host: str = "127.0.0.1", port: int = 8000, say: Callable[[str], object] = print) -> None:
    """Serve a release until interrupted; say its address first: port 0 becomes a free one only now."""
    with server(folder, host, port) as made:
        say(address(made))
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            made.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD for the files that the release's descriptor lists; any other path is not there."""

    protocol_version = "HTTP/1.1"
    server_version = "OpenHALO"
    sys_version = ""

    def __init__(self, folder: Path, types: dict[str, str], *args: object) -> None:
        self.folder, self.types = folder, types
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Send a file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Send what a file's headers would be."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Keep no record of who read what."""

    def _answer(self, with_body: bool) -> None:
        place = unquote(urlsplit(self.path).path).removeprefix("/") or "index.html"
        kind = self.types.get(place)
        if kind is None:
            body, kind, status = b"There is no such page in this release.\n", "text/plain", HTTPStatus.NOT_FOUND
        else:
            body, status = (self.folder / place).read_bytes(), HTTPStatus.OK
        content = {"Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind}
        if kind in _PACKED and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = _packed(body)
            content["Content-Encoding"] = "gzip"
        self.send_response(status)
        for name, value in {**HEADERS, **content, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@lru_cache(maxsize=256)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
