"""A delivered file as raw cells: text, as written, each row with its number."""

from pathlib import Path

from openhalo.base.errors import DeliveryError, Problem
from openhalo.catalogue.sources import Format
from openhalo.intake import file_bytes
from openhalo.intake.delimited import read_delimited
from openhalo.intake.parquet_files import read_parquet
from openhalo.intake.raw_table import RawTable
from openhalo.intake.spreadsheets import read_spreadsheet

__all__ = ["RawTable", "read"]


def read(path: Path, written: Format, expected: list[str], scratch: Path) -> RawTable:
    """Open a delivered file with the reader that its bytes ask for, whatever its name and the source's kind.

    Args:
        path: the file: delimited text, xlsx or Parquet; each may be packed by gzip.
        written: how the source says that it is written.
        expected: the columns that the source names.
        scratch: folder for temporary files; the caller removes it.

    Raises:
        DeliveryError: the file cannot be read as the source says; nothing was taken in.
    """
    if path.is_dir():
        raise DeliveryError(Problem(str(path), "this is a folder, not a file", todo="name one file in it"))
    if not path.is_file():
        raise DeliveryError(Problem(str(path), "there is no such file"))
    try:
        return _read(path, written, expected, scratch)
    except OSError as error:
        raise DeliveryError(Problem(str(path), f"the file cannot be read: {error}")) from None


def _read(path: Path, written: Format, expected: list[str], scratch: Path) -> RawTable:
    # Absolute, or a file that is called "file:.csv" would be an address.
    file, kind = path.absolute(), file_bytes.kind_of(path)
    if kind == "gzip":
        file = scratch / "unpacked"
        file_bytes.gunzip(path, file)
        kind = file_bytes.kind_of(file)
    match kind:
        case "text":
            return read_delimited(path, file, written, expected, scratch)
        case "zip":
            return read_spreadsheet(path, file, written, expected)
        case "parquet":
            return read_parquet(path, file, written, expected, scratch)
        case "gzip":
            raise DeliveryError(Problem(str(path), "the file is packed twice", todo="unpack it once and send that"))
        case "ole":
            found = "this is an old (.xls) or a password-protected spreadsheet"
            todo = "save it as .xlsx without a password"
            raise DeliveryError(Problem(str(path), found, "csv, csv.gz, xlsx, parquet", todo))
