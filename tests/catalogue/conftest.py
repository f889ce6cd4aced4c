import textwrap

import pytest

from openhalo.catalogue.index import examine


@pytest.fixture
def catalogue(tmp_path):
    """Lay files over the shipped catalogue; return what `examine` makes of them, with places relative to the folder."""

    def lay(**files):
        root = tmp_path / "catalogue"
        for place, text in files.items():
            path = root / place.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            content = text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode()
            (path if path.suffix else path.with_suffix(".yaml")).write_bytes(content)
        found, problems = examine(root)
        return found, [str(problem).replace(f"{root}/", "") for problem in problems]

    return lay
