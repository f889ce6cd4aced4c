"""The server shows the files of a release and nothing else."""

import http.client
import subprocess
import sys
import threading
import urllib.request

import pytest

from openhalo.base.errors import ReleaseError
from openhalo.releases.register import Register
from openhalo.releases.serving import HEADERS, address, server


@pytest.fixture(scope="module")
def base(small_release):
    with server(small_release, port=0) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield address(made)
        made.shutdown()


def ask(base, path, method="GET", **headers):
    connection = http.client.HTTPConnection(base.removeprefix("http://").strip("/"), timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/assets/site.css", "text/css; charset=utf-8"),
        ("/data/figures.csv", "text/csv; charset=utf-8"),
        ("/assets/icon.svg", "image/svg+xml"),
        ("/assets/vendor/public-sans-latin-400.woff2", "font/woff2"),
        ("/data/figures.parquet", "application/vnd.apache.parquet"),
        ("/datapackage.json", "application/json"),
        ("/pages/stops/search_share.html?from=mail", "text/html; charset=utf-8"),
    ],
)
def test_files_come_with_their_type_and_safe_headers(base, small_release, path, kind):
    response, body = ask(base, path)
    assert (response.status, response.headers["Content-Type"]) == (200, kind)
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert body == (small_release / (path.split("?")[0].strip("/") or "index.html")).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/../agency.yaml",
        "/%2e%2e/agency.yaml",
        "/..%2fagency.yaml",
        "/pages/",
        "/data",
        "//etc/passwd",
        "/etc/passwd",
        "/pages/../../agency.yaml",
        "/..\\agency.yaml",
        "/%00",
        "/none.html",
    ],
)
def test_nothing_else_is_there(base, path):
    response, body = ask(base, path)
    assert response.status == 404 and b"no such page" in body


def test_head_sends_no_body_and_posting_is_refused(base):
    response, body = ask(base, "/", "HEAD")
    assert response.status == 200 and int(response.headers["Content-Length"]) > 0 and body == b""
    assert ask(base, "/", "POST")[0].status == 501


def test_pages_are_packed_for_who_can_unpack(base):
    plain, packed = ask(base, "/")[1], ask(base, "/", **{"Accept-Encoding": "gzip"})
    assert packed[0].headers["Content-Encoding"] == "gzip" and len(packed[1]) < len(plain)


def test_a_site_without_a_release_says_what_to_do(tmp_path):
    with pytest.raises(ReleaseError, match="openhalo publish"):
        Register(tmp_path).newest()


def test_an_address_in_use_is_said_plainly(base, small_release):
    port = int(base.rstrip("/").rpartition(":")[2])
    with pytest.raises(ReleaseError, match="--port 0"), server(small_release, port=port):
        pass


def test_the_verb_serves_the_newest_release_and_prints_where(small, small_release):
    command = [sys.executable, "-m", "openhalo", "serve", str(small.path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            where = process.stdout.readline().strip()
            with urllib.request.urlopen(where, timeout=20) as page:
                assert b"<h1>Test city</h1>" in page.read()
        finally:
            process.terminate()
