"""A file's bytes before anything is parsed: what kind it is, unpacked and turned into UTF-8 within bounds."""

import codecs
import gzip
import hashlib
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from openhalo.base.errors import DeliveryError, Problem

Kind = Literal["text", "gzip", "zip", "parquet", "ole"]

LONGEST_LINE = 1 << 20
"""Bytes. No line of a police export comes near it; a file that passes it is not lines of text."""
LEAST_LIMIT, MOST_TIMES = 1 << 28, 200
"""A compressed file may unpack to 256 MiB, or to 200 times its size where that is more; CSV packs 5 to 50 times."""

MOST_EMPTY_ROWS = 1_000_000
"""Rows without any filled cell, at least some of them side by side. A file of more is no export."""

_CHUNK = 1 << 20
_MAGIC: dict[bytes, Kind] = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"PAR1": "parquet",
    b"\xd0\xcf\x11\xe0": "ole",
}
_WIDE_BLANKS = (b"\xc2\x85", b"\xc2\xa0", b"\xe1\x9a\x80", b"\xe2\x80", b"\xe2\x81\x9f", b"\xe3\x80\x80")
"""Blanks of Unicode beyond ASCII (and some punctuation beside them)."""
_UTF8 = {"utf-8", "utf-8-sig", "ascii"}


def kind_of(file: Path) -> Kind:
    """Return what a file is, judged by its first bytes and not by its name."""
    with file.open("rb") as stream:
        head = stream.read(4)
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "text")


def limit_for(file: Path) -> int:
    """Return the number of bytes that a compressed file may unpack to."""
    return max(LEAST_LIMIT, MOST_TIMES * file.stat().st_size)


def too_large(path: Path, limit: int) -> DeliveryError:
    """Say that a compressed file unpacks to more than it may."""
    found = f"the file unpacks to more than {limit / 2**20:,.0f} MiB, far more than its size allows"
    return DeliveryError(Problem(str(path), found, todo="if it is what it should be, unpack it and send it so"))


def gunzip(path: Path, into: Path) -> None:
    """Unpack a gzip file of one or several members, a piece at a time.

    Raises:
        DeliveryError: it is cut off, damaged, or unpacks to more than it may.
    """
    limit, written = limit_for(path), 0
    todo = "fetch the file again"
    try:
        with gzip.open(path, "rb") as packed, into.open("wb") as plain:
            while piece := packed.read(_CHUNK):
                written += len(piece)
                if written > limit:
                    raise too_large(path, limit)
                plain.write(piece)
    except EOFError:
        raise DeliveryError(Problem(str(path), "the compressed file is cut off before its end", todo=todo)) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        found = f"the compressed file is damaged after {written:,} unpacked bytes ({error})"
        raise DeliveryError(Problem(str(path), found, todo=todo)) from None


def to_utf8(path: Path, file: Path, encoding: str, into: Path) -> Path:
    """Return a UTF-8 copy of a text file; the file itself where it is UTF-8 already.

    Raises:
        DeliveryError: there is no such encoding, or the bytes are not written in it.
    """
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise DeliveryError(Problem(str(path), f"there is no text encoding '{encoding}'", "utf-8, cp1252 …")) from None
    if codec.name in _UTF8:
        return file
    decoder, read = codec.incrementaldecoder("strict"), 0
    with file.open("rb") as source, into.open("w", encoding="utf-8", newline="") as target:
        try:
            while chunk := source.read(_CHUNK):
                target.write(decoder.decode(chunk))
                read += len(chunk)
            target.write(decoder.decode(b"", final=True))
        except UnicodeError as error:
            place = f"between byte {max(0, read - _CHUNK):,} and byte {read + _CHUNK:,}"
            raise DeliveryError(Problem(str(path), f"{place} the file is not {encoding} ({error})")) from None
    return into


@dataclass(frozen=True)
class Inspected:
    """What one walk over a text file's bytes shows."""

    sha256: str
    plain: bool
    """No cell is quoted or has blanks around it, so that cells can be taken as they lie."""


def inspect_utf8(path: Path, file: Path, delimiter: str) -> Inspected:
    """Walk once over the bytes of delimited text.

    Raises:
        DeliveryError: it is empty, holds zero bytes, is not UTF-8, has a line beyond `LONGEST_LINE`, or more empty rows
            than `MOST_EMPTY_ROWS`.
    """
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    offset, line_start, plain, last, empty = 0, 0, True, b"\n", 0
    by = delimiter.encode()
    beside = (b"\n\n", b"\r\n\r\n", by + b"\n" + by, by + b"\r\n" + by)
    empty_row = re.compile(rb"\n[ \t\r" + re.escape(by) + rb"]*(?=\n)")
    marks = (b'"', b"\t", b"\v", b"\f", b" " + by, by + b" ", b" \n", b"\n ", b" \r")
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            pending = decoder.getstate()[0]
            if plain:  # stripping every cell costs half as much as reading them
                seam = last + chunk[:3]
                own = marks if chunk.isascii() else (*marks, *_WIDE_BLANKS)
                plain = not any(mark in chunk or mark in seam for mark in own)
                last = chunk[-3:]
            if any(pair in chunk for pair in beside):
                empty += len(empty_row.findall(chunk))
                if empty > MOST_EMPTY_ROWS:
                    found = f"more than {MOST_EMPTY_ROWS:,} rows of the file are empty"
                    raise DeliveryError(Problem(str(path), found, todo="export it again, without empty rows"))
            if b"\0" in chunk:
                raise _zero_byte(path, file, offset + chunk.index(b"\0"))
            if pending or not chunk.isascii():
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    raise _not_utf8(path, file, offset - len(pending) + error.start) from None
            if b"\n" in chunk:
                _refuse_long(path, file, line_start, offset + chunk.index(b"\n"))
                line_start = offset + chunk.rindex(b"\n") + 1
            offset += len(chunk)
            _refuse_long(path, file, line_start, offset)
    if not offset:
        raise DeliveryError(Problem(str(path), "the file is empty"))
    if decoder.getstate()[0]:
        raise _not_utf8(path, file, offset - len(decoder.getstate()[0]))
    return Inspected(digest.hexdigest(), plain and not last.endswith(b" "))


def _refuse_long(path: Path, file: Path, start: int, end: int) -> None:
    if end - start > LONGEST_LINE:
        line = _line_of(file, start)
        found = f"a line of more than {LONGEST_LINE:,} bytes; this is not a file of rows and cells"
        raise DeliveryError(Problem(f"{path}: line {line}", found, todo="export it again as csv, one row a line"))


def _zero_byte(path: Path, file: Path, offset: int) -> DeliveryError:
    found = f"byte {offset:,} is zero, which no text file holds"
    with file.open("rb") as stream:
        utf16 = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    todo = "it reads as utf-16: write in the source spec: format: {encoding: utf-16}" if utf16 else "export it again"
    return DeliveryError(Problem(f"{path}: line {_line_of(file, offset)}", found, todo=todo))


def _not_utf8(path: Path, file: Path, offset: int) -> DeliveryError:
    with file.open("rb") as stream:
        stream.seek(offset)
        around = stream.read(_CHUNK)
    if file.stat().st_size > 2 and offset == 0 and around[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        other = "utf-16"
    else:
        other = next((name for name in ("cp1252", "latin-1") if _reads(around, name)), "")
    found = f"byte {offset:,} (0x{around[0]:02x}) is not UTF-8"
    todo = f"it reads as {other}: if the words look right then, write in the source spec: format: {{encoding: {other}}}"
    return DeliveryError(Problem(f"{path}: line {_line_of(file, offset)}", found, "UTF-8 text", todo))


def _reads(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _line_of(file: Path, offset: int) -> int:
    lines, left = 1, offset
    with file.open("rb") as stream:
        while left and (chunk := stream.read(min(_CHUNK, left))):
            lines += chunk.count(b"\n")
            left -= len(chunk)
    return lines
