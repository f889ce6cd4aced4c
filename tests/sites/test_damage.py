"""A damaged site says which file it is and what to do, whatever is asked; nothing dies of a traceback."""

from datetime import date

import pytest

from openhalo.base.errors import OpenHaloError, ReleaseError, SiteError, StoreError
from openhalo.releases.hashes import verify
from openhalo.sites.open_site import open_site
from openhalo.sites.settings import check_settings
from tests.copies import copy_of
from tests.disclosure.private_department import deliver, department, stops

DAY = date(2022, 2, 10)
ROWS = stops(3, 300, years=1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    site = department(tmp_path_factory.mktemp("whole") / "site")
    deliver(site, ROWS, DAY)
    return site


def first(site, pattern):
    return min(site.path.glob(pattern))


def torn(file):
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def flipped(file):
    """As by a failing disk: the size and both ends stay."""
    content = bytearray(file.read_bytes())
    content[8:-8] = bytes(len(content) - 16)
    file.write_bytes(content)


def scrambled(file):
    file.write_bytes(b"\xff\xfe\x80" + file.read_bytes())


DAMAGE = {
    "a receipt that is not UTF-8": ("deliveries/*/receipt.json", scrambled),
    "a torn receipt": ("deliveries/*/receipt.json", torn),
    "a torn Parquet file": ("store/tables/stops__stop/**/*.parquet", torn),
    "an empty Parquet file": ("store/tables/stops__stop/**/*.parquet", lambda file: file.write_bytes(b"")),
    "a Parquet file that is gone": ("store/tables/stops__stop/**/*.parquet", lambda file: file.unlink()),
    "a Parquet file of zeros": ("store/tables/stops__stop/**/*.parquet", flipped),
    "a torn manifest": ("store/manifests/*.json", torn),
    "a manifest that is not UTF-8": ("store/manifests/*.json", scrambled),
    "an empty manifest": ("store/manifests/*.json", lambda file: file.write_bytes(b"")),
    "a torn log of a table": ("store/tables/stops__stop/_delta_log/*.json", torn),
}
ASKED = {
    "measure": lambda site: site.measure("stops/search_share", by="race"),
    "records": lambda site: site.records("stops/stop").collect(),
    "write": lambda site: site.write_records("stops/stop", site.path / "out.csv"),
    "publish": lambda site: site.publish(today=DAY),
    "receipts": lambda site: site.receipts(),
    "import": lambda site: deliver(site, [{**ROWS[0], "race": "WHITE", "id": "new"}, *ROWS[5:]], DAY),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_is_named_with_what_to_do(whole, tmp_path, damage, asked):
    site = copy_of(whole, tmp_path)
    pattern, spoil = DAMAGE[damage]
    file = first(site, pattern)
    spoil(file)
    try:
        ASKED[asked](open_site(site.path))
    except OpenHaloError as error:
        told = str(error)
        assert any(part in told for part in (file.name, *file.parts[-3:-1])), told
        assert "restore the site's backup" in told or "import" in told, told
    else:
        assert asked in UNTOUCHED[pattern.split("/")[0]], "nothing was said of it"


UNTOUCHED = {"deliveries": {"measure", "records", "write", "import"}, "store": {"receipts"}}
"""What does not read these files at all."""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    site = department(tmp_path_factory.mktemp("published") / "site")
    deliver(site, stops(3, 600, years=1), DAY)
    site.publish(today=DAY)
    return site


@pytest.mark.parametrize("lose", [lambda file: file.unlink(), lambda file: file.write_text("[]")])
def test_a_register_that_was_lost_is_no_site_without_releases(published, tmp_path, lose):
    site = copy_of(published, tmp_path)
    lose(site.releases / "register.json")
    for asked in (site.recompute, lambda: site.publish(today=date(2022, 8, 15)), site.register.newest):
        with pytest.raises(ReleaseError, match=r"register.json: .* 0001 stands beside it"):
            asked()


def test_manifests_that_were_lost_are_no_site_without_records(published, tmp_path):
    site = copy_of(published, tmp_path)
    for file in (site.path / "store" / "manifests").glob("*.json"):
        file.unlink()
    for asked in (lambda: site.measure("stops/stops"), lambda: site.publish(today=date(2022, 8, 15))):
        with pytest.raises(StoreError, match="a release was made from version 1"):
            asked()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[]", b"", b"[" * 100_000])
@pytest.mark.parametrize("name", ["definitions.json", "datapackage.json"])
def test_a_release_whose_json_is_damaged_is_said_to_be(published, tmp_path, name, content):
    site = copy_of(published, tmp_path)
    (site.releases / "0001" / name).write_bytes(content)
    with pytest.raises(ReleaseError, match=name):
        site.recompute("0001") if name == "definitions.json" else verify(site.releases / "0001")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"no message file"])
def test_check_reads_the_message_files_that_publish_needs(published, tmp_path, content):
    site = copy_of(published, tmp_path)
    with (site.path / "agency.yaml").open("a", encoding="utf-8") as settings:
        settings.write("languages: [en, es]\n")
    folder = site.path / "locale" / "es"
    folder.mkdir(parents=True)
    (folder / "site.po").write_bytes(content)
    assert any("message file" in problem.found for problem in check_settings(site.path, site.catalogue))


def test_a_folder_in_the_place_of_a_file_is_said_to_be(published, tmp_path):
    site = copy_of(published, tmp_path)
    (site.path / "analysis_plan.yaml").mkdir()
    with pytest.raises(SiteError, match=r"analysis_plan.yaml: this is no file"):
        site.publish(today=date(2022, 8, 15))
