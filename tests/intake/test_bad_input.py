"""Bad input of each kind, as a user meets it: one clear message, the delivery's exit code, and nothing stored."""

import gzip
import io
import sys
import zipfile

import pytest

from openhalo.cli.main import run

GOOD = (
    b"rownames,idNum,date,problem,MDC,citationIssued,personSearch,vehicleSearch,preRace,race,gender,lat,long,"
    b"policePrecinct,neighborhood\n"
    b"6823,17-000003,2017-01-01T06:00:42Z,suspicious,MDC,,NO,NO,Unknown,Unknown,Unknown,44.96,-93.24,1,Cedar\n"
)


def packed_unknown():
    """A spreadsheet whose parts name a compression (AES, 99) that Python's zipfile has not."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    packed = bytearray(file.getvalue())
    for at in (8, packed.index(b"PK\x01\x02") + 10):
        packed[at : at + 2] = (99).to_bytes(2, "little")
    return bytes(packed)


BAD = {
    "empty": b"",
    "no text": bytes(range(256)) * 40,
    "another delimiter": GOOD.replace(b",", b";"),
    "another encoding": GOOD.replace(b"Cedar", "Cédar".encode("cp1252")),
    "utf-16": GOOD.decode().encode("utf-16"),
    "a misspelt column": GOOD.replace(b"problem", b"problm"),
    "a column twice": GOOD.replace(b"problem", b"race"),
    "a cut gzip": gzip.compress(GOOD * 100, mtime=0)[:-20],
    "a damaged spreadsheet": b"PK\x03\x04" + GOOD,
    "a spreadsheet packed in an unknown way": packed_unknown(),
    "a damaged Parquet file": b"PAR1" + GOOD,
    "an endless line": GOOD + b"x" * (2 << 20),
    "a quote without end": GOOD + b'1,"2',
    "two header rows": GOOD.replace(b"\n", b"\n" + GOOD.partition(b"\n")[0].upper() + b"\n", 1),
}


@pytest.mark.parametrize("kind", [*BAD, "a folder", "nothing"])
def test_a_bad_file_is_refused_whole(make_site, monkeypatch, capsys, kind):
    site = make_site()
    file = site.path / "delivered file"
    if kind in BAD:
        file.write_bytes(BAD[kind])
    elif kind == "a folder":
        file.mkdir()
    monkeypatch.setattr(sys, "argv", ["openhalo", "import", str(site.path), "minneapolis_stops", str(file)])
    with pytest.raises(SystemExit) as left:
        run()
    assert left.value.code == 12
    assert "delivered file" in capsys.readouterr().err
    assert site.store.manifest().version == 0
    assert list(site.deliveries.glob("*")) == []


def test_a_row_short_or_long_is_rejected_and_the_others_are_taken(make_site):
    site = make_site()
    file = site.path / "file.csv"
    line = GOOD.splitlines()[1]
    file.write_bytes(GOOD + line.replace(b"03,", b"04,") + b",more\n17-000005\n" + line.replace(b"03,", b"06,") + b"\n")
    receipt = site.import_file("minneapolis_stops", file)
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_rejected) == (4, 2, 2)
