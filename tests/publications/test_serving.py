"""The server shows the files of public releases and nothing else, to many visitors, however slow some are."""

import hashlib
import http.client
import io
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile

import pytest

from openhalo.base.errors import ReleaseError
from openhalo.releases import http_server
from openhalo.releases.hashes import verify
from openhalo.releases.http_server import address, server
from openhalo.releases.register import Register
from openhalo.releases.serving import HEADERS, answer, one_release, site_releases


@pytest.fixture(scope="module")
def base(small_release):
    with server(one_release(small_release), port=0) as made:
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
    assert response.status == 404 and b"no such page" in body and b"root:" not in body


def test_head_sends_no_body_and_posting_is_refused(base):
    response, body = ask(base, "/", "HEAD")
    assert response.status == 200 and int(response.headers["Content-Length"]) > 0 and body == b""
    refused = ask(base, "/", "POST")[0]
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")


def test_pages_are_packed_for_who_can_unpack(base):
    plain, packed = ask(base, "/")[1], ask(base, "/", **{"Accept-Encoding": "gzip"})
    assert packed[0].headers["Content-Encoding"] == "gzip" and len(packed[1]) < len(plain)


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip;q=0", False), ("br, gzip; q=0.0", False), ("br;q=1, gzip;q=0.5", True), ("*", True), ("br", False)],
)
def test_pages_are_not_packed_for_who_forbids_it(base, accepted, packed):
    found = ask(base, "/", **{"Accept-Encoding": accepted})[0].headers["Content-Encoding"]
    assert found == ("gzip" if packed else None)


def test_a_folder_answers_with_its_first_page(base):
    assert ask(base, "/es/")[1] == ask(base, "/es/index.html")[1] != ask(base, "/")[1]
    assert ask(base, "/data/")[0].status == 404


@pytest.mark.parametrize("place", ["http://[", "http://[::1/x", "http://a]b/"])
def test_an_address_that_names_no_host_is_refused(base, place):
    with socket.create_connection(base.removeprefix("http://").strip("/").split(":")) as line:
        line.sendall(f"GET {place} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert line.recv(64).startswith(b"HTTP/1.1 400 ")


def test_a_site_without_a_release_says_what_to_do(tmp_path):
    with pytest.raises(ReleaseError, match="openhalo publish"):
        Register(tmp_path).newest()


def test_an_address_in_use_is_said_plainly(base, small_release):
    port = int(base.rstrip("/").rpartition(":")[2])
    with pytest.raises(ReleaseError, match="--port 0"), server(one_release(small_release), port=port):
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


@pytest.fixture
def releases(small, small_release, tmp_path):
    """A site's folder of two public releases, of one that waits and of one that was recalled, to be changed."""
    folder = tmp_path / "releases"
    folder.mkdir()
    entries = Register(small.releases).entries()
    mine = Register(folder)
    for at, state in enumerate(("public", "public", "waiting", "public"), 1):
        number = f"{at:04d}"
        mine.add(entries[0].model_copy(update={"number": number, "state": state}))
        shutil.copytree(small_release, folder / number)
        with (folder / number / "index.html").open("a", encoding="utf-8") as page:
            page.write("" if number == "0001" else f"<!-- {number} -->")
    mine.recall("0004", "It <counted> some stops twice")
    return folder


def said(releases, path, **headers):
    found = answer(releases, "GET", path, headers)
    return int(found.status), b"".join(found.body).decode(), found.headers


def test_the_newest_public_release_stands_first_and_each_has_its_lasting_address(releases):
    newest = (releases / "0002" / "index.html").read_text(encoding="utf-8")
    assert said(releases, "/")[:2] == (200, newest)
    assert said(releases, "/releases/0001/datapackage.json")[0] == 200
    assert said(releases, "/releases/0001/")[0] == 200
    status, _body, headers = said(releases, "/releases/0001")
    assert (status, headers["Location"]) == (308, "/releases/0001/")
    for gone in ("/releases/0003/", "/releases/0003.zip", "/releases/9999/", "/releases/", "/releases/register.json"):
        assert said(releases, gone)[0] == 404


def test_a_recalled_release_says_so_and_why_and_is_given_no_more(releases):
    for path in ("/releases/0004/", "/releases/0004/data/figures.csv", "/releases/0004.zip"):
        status, body, headers = said(releases, path)
        assert status == 410 and "It &lt;counted&gt; some stops twice" in body and 'href="/"' in body
        assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert 'lang="es"' in said(releases, "/releases/0004/", **{"accept-language": "es-MX,es;q=0.9,en;q=0.8"})[1]


def test_what_is_approved_or_recalled_shows_at_once(releases):
    Register(releases).approve("0003", "The chief")
    assert said(releases, "/releases/0003/")[0] == 200
    Register(releases).recall("0003", "A mistake")
    Register(releases).recall("0002", "A mistake")
    assert said(releases, "/releases/0003/")[0] == said(releases, "/releases/0002/")[0] == 410
    assert said(releases, "/")[0] == 200
    Register(releases).recall("0001", "A mistake")
    assert said(releases, "/")[0] == 404 and "Nothing is published" in said(releases, "/")[1]


def test_a_release_comes_whole_as_a_zip_file_that_verifies(releases, tmp_path):
    packed = b"".join(answer(releases, "GET", "/releases/0001.zip", {}).body)
    assert (
        hashlib.sha256(packed).digest()
        == hashlib.sha256(b"".join(answer(releases, "GET", "/releases/0001.zip", {}).body)).digest()
    )
    with zipfile.ZipFile(io.BytesIO(packed)) as held:
        held.extractall(tmp_path / "out")
    assert verify(tmp_path / "out" / "release-0001") == []


def test_a_page_that_a_browser_has_is_not_sent_again(releases):
    tag = said(releases, "/")[2]["ETag"]
    status, body, _headers = said(releases, "/", **{"if-none-match": tag})
    assert (status, body) == (304, "")
    assert said(releases, "/", **{"if-none-match": '"another"'})[0] == 200


@pytest.mark.parametrize("place", ["data/figures.csv", "pages"])
def test_a_link_in_a_release_is_neither_served_nor_verified(releases, tmp_path, place):
    """Also one of a folder, and one that leads to the very same bytes."""
    outside = tmp_path / "outside"
    shutil.move(releases / "0001" / place, outside)
    (releases / "0001" / place).symlink_to(outside)
    inside = place if place.endswith(".csv") else "pages/method.html"
    assert said(releases, f"/releases/0001/{inside}")[0] == 404
    assert [problem.where for problem in verify(releases / "0001")] == [place]


@pytest.mark.parametrize("way", ["../0002/index.html", "/etc/passwd", "a/../../secret", "..\\secret", "./index.html"])
def test_a_descriptor_cannot_make_the_server_leave_its_folder(releases, way):
    descriptor = releases / "0001" / "datapackage.json"
    text = descriptor.read_text(encoding="utf-8")
    descriptor.write_text(
        text.replace('"path": "index.html"', f'"path": "{way}"'.replace("\\", "\\\\")), encoding="utf-8"
    )
    assert said(releases, f"/releases/0001/{way}")[0] == 404
    assert any("leads out of the release" in problem.found for problem in verify(releases / "0001"))


def test_the_answer_opens_no_table():
    code = "import sys; import openhalo.releases.serving; print('polars' in sys.modules, 'duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_twenty_requests_on_one_connection_wait_for_nothing(base):
    """Nagle's algorithm and a delayed acknowledgement would make each wait 40 ms."""
    took = []
    for _ in range(6):
        connection = http.client.HTTPConnection(base.removeprefix("http://").strip("/"), timeout=10)
        began = time.monotonic()
        for _ in range(20):
            connection.request("GET", "/assets/icon.svg")
            assert connection.getresponse().read()
        took.append(time.monotonic() - began)
        connection.close()
    assert min(took) < 0.4


def test_the_zip_file_goes_out_in_pieces(releases):
    with server(site_releases(releases), port=0) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        response, body = ask(address(made), "/releases/0002.zip")
        assert (
            response.headers["Transfer-Encoding"] == "chunked" and zipfile.ZipFile(io.BytesIO(body)).testzip() is None
        )
        made.shutdown()


def test_slow_visitors_hold_few_threads_and_are_sent_away(small_release, monkeypatch):
    monkeypatch.setattr(http_server, "MOST_CONNECTIONS", 8)
    monkeypatch.setattr(http_server, "SECONDS_TO_ASK", 1.0)
    with server(one_release(small_release), port=0) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        before, slow = threading.active_count(), []
        for _ in range(40):
            one = socket.create_connection(made.server_address[:2], timeout=10)
            one.sendall(b"GET / HTTP/1.1\r\nHost: a")
            slow.append(one)
        assert threading.active_count() - before <= 8
        answers = []
        for one in slow:
            with one:
                answers.append(one.recv(100))
        assert sum(text.startswith(b"HTTP/1.1 503") for text in answers) == 32
        assert answers.count(b"") == 8, "those who were let in and did not ask were sent away"
        assert ask(address(made), "/")[0].status == 200
        made.shutdown()
