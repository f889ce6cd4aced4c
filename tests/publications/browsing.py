"""A browser that looks at finished releases, and notices what a page asks of anyone else."""

import shutil
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

from openhalo.releases.http_server import address, server
from openhalo.releases.serving import one_release

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def served(release):
    with server(one_release(release), port=0) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield address(made)
        made.shutdown()


@contextmanager
def visiting(page, base):
    """Open places of a release; at the end check that they asked nothing of anyone else and had no complaint."""
    asked, complaints = [], []
    listeners = {
        "request": lambda request: asked.append(request.url),
        "console": lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None,
        "pageerror": lambda error: complaints.append(str(error)),
    }
    for event, listener in listeners.items():
        page.on(event, listener)

    def go(place, width=1280, scheme="light", height=800):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, media="screen")
        page.goto(base + place)
        return page

    yield go
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert not complaints
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(base).netloc}
