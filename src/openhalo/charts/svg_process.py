"""Vega-Lite specifications become SVG here; many of them in two processes.

The second process is this module run by itself. Python's own pools would start by running the caller's main module
again on Windows and macOS, and with it whatever a script does there.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import chain, zip_longest
from threading import Thread
from typing import Any

from openhalo.base.errors import MissingExtra

WORTH_A_PROCESS = 40
"""As many drawings pay for the second that another process takes to start."""


Job = tuple[dict[str, Any], dict[str, Any]]
"""A specification, and how axes write numbers and dates: `format_locale`, `time_format_locale` of D3, or nothing."""


@cache
def wake() -> None:
    """Start what draws, in the background: that takes as long as twenty drawings, and other work goes on meanwhile."""
    Thread(target=_wake, daemon=True).start()


def _wake() -> None:
    with suppress(MissingExtra):  # who draws in the end says what is missing
        _draw([({"mark": "point", "data": {"values": []}}, {})])


def svgs(specs: Sequence[Job]) -> list[str]:
    """Return specifications as SVG, in their order.

    Raises:
        MissingExtra: the library that draws is not installed.
    """
    if not specs:
        return []
    if len(specs) < WORTH_A_PROCESS:
        return _draw(specs)
    ours, theirs = specs[::2], specs[1::2]
    command = [sys.executable, "-m", __name__]
    try:
        other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:  # no process may be started here: one draws all
        return _draw(specs)
    with other:
        try:
            assert other.stdin is not None
            with other.stdin as stdin:
                stdin.write(json.dumps(theirs).encode())
        except BrokenPipeError:
            pass  # it did not come up, and its answer will be empty
        drawn = _draw(ours)
        assert other.stdout is not None
        answer = other.stdout.read()
    drawn_there = _read(answer) if other.returncode == 0 else []
    if len(drawn_there) != len(theirs):
        drawn_there = _draw(theirs)
    pairs = chain.from_iterable(zip_longest(drawn, drawn_there))
    return [text for text in pairs if text is not None]


def _read(answer: bytes) -> list[str]:
    try:
        return list(json.loads(answer))
    except ValueError:
        return []


def _draw(specs: Sequence[Job]) -> list[str]:
    try:
        import vl_convert
    except ImportError:
        raise MissingExtra("publish", "drawing charts") from None
    return [vl_convert.vegalite_to_svg(spec, **how) for spec, how in specs]


def _serve() -> None:
    """Read specifications from standard input, write their drawings to standard output, both as JSON."""
    sys.stdout.buffer.write(json.dumps(_draw(json.load(sys.stdin.buffer))).encode())


if __name__ == "__main__":
    _serve()
