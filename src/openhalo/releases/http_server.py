"""The releases of a site over HTTP, on one's own machine: a few threads, a cap on connections, a limit to waiting."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import unquote, urlsplit

from openhalo.base.errors import OpenHaloError, Problem, ReleaseError
from openhalo.releases.serving import HEADERS, Answer, Ask

MOST_CONNECTIONS = 256
"""Visitors at once, a thread each; another is told to come again."""
SECONDS_TO_ASK = 10.0
"""Within which a request must have come in whole, since the visitor came or got the last answer."""
SECONDS_TO_TAKE = 30.0
"""Within which a visitor must have taken the next piece of an answer."""
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def server(ask: Ask, host: str = "127.0.0.1", port: int = 8000) -> Iterator[ThreadingHTTPServer]:
    """Open a server of what `ask` answers; `server_address` holds the port that was given for port 0.

    Raises:
        ReleaseError: the address cannot be had.
    """
    try:
        made = _Server((host, port), partial(_Handler, ask))
    except (OSError, TypeError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "this is no name of a machine"
        found, todo = f"the address cannot be used ({why})", "choose another port, or 0 for any: --port 0"
        raise ReleaseError(Problem(f"{host}:{port}", found, todo=todo)) from None
    try:
        yield made
    finally:
        made.server_close()


def address(made: ThreadingHTTPServer) -> str:
    """Return where a browser finds the server."""
    host, port = made.server_address[:2]
    return f"http://{host!s}:{port}/" if ":" not in str(host) else f"http://[{host!s}]:{port}/"


def serve(ask: Ask, host: str = "127.0.0.1", port: int = 8000, say: Callable[[str], object] = print) -> None:
    """Serve until interrupted; say the address first: port 0 becomes a free one only now."""
    with server(ask, host, port) as made:
        say(address(made))
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            made.serve_forever()


class _Server(ThreadingHTTPServer):
    """Holds so many connections and no more, and ends those that take too long to ask."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *args: Any) -> None:
        self.asking: dict[socket, float] = {}
        """Connection → since when it has been asking; infinity while it is answered."""
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection its thread, if there is one left."""
        if len(self.asking) < MOST_CONNECTIONS:
            self.asking[request] = time.monotonic()
            super().process_request(request, client_address)
            return
        with suppress(OSError):
            request.setblocking(False)
            request.send(_BUSY)
        self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        self.asking.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End the connections that have been asking for too long."""
        late = time.monotonic() - SECONDS_TO_ASK
        for request, since in list(self.asking.items()):
            if since < late:
                with suppress(OSError):
                    request.shutdown(SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a visitor who went away; tell whoever runs the server of anything else."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Puts one visitor's requests to `ask`."""

    protocol_version = "HTTP/1.1"
    server_version = "OpenHALO"
    sys_version = ""
    server: _Server
    timeout = SECONDS_TO_TAKE
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    """Headers and a short body leave together: a client that waits for the rest before it answers waits 40 ms."""

    def __init__(self, ask: Ask, *args: Any) -> None:
        self.ask = ask
        super().__init__(*args)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return what answers a method, whichever it is."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:
        """Keep no record of who read what."""

    def _answer(self) -> None:
        self.server.asking[self.connection] = float("inf")
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "content-length" in headers or "transfer-encoding" in headers:
            self.close_connection = True  # what it sends is not read, so nothing after it can be
        self._send(self._found(headers))
        self.server.asking[self.connection] = time.monotonic()

    def _found(self, headers: dict[str, str]) -> Answer:
        try:
            place = unquote(urlsplit(self.path).path)
        except ValueError:  # "http://[" names no host
            return Answer(HTTPStatus.BAD_REQUEST, {**HEADERS, "Content-Length": "0"}, ())
        try:
            return self.ask(self.command, place, headers)
        except (OpenHaloError, OSError):
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, {**HEADERS, "Content-Length": "0"}, ())

    def _send(self, found: Answer) -> None:
        pieces = "Content-Length" not in found.headers and found.status == HTTPStatus.OK
        in_pieces = pieces and self.request_version == "HTTP/1.1"
        self.close_connection |= pieces and not in_pieces
        self.send_response(found.status)
        for name, value in {**found.headers, **({"Transfer-Encoding": "chunked"} if in_pieces else {})}.items():
            self.send_header(name, value)
        if not pieces and "Content-Length" not in found.headers and found.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", "0")
        self.end_headers()
        if self.command == "HEAD":
            return
        for piece in found.body:
            if piece:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if in_pieces else piece)
        if in_pieces:
            self.wfile.write(b"0\r\n\r\n")
