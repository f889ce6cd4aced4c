"""`languages` in agency.yaml: what there is, in the order given; what there is not is told, with the nearest."""

import pytest

from openhalo.base.errors import SiteError
from openhalo.sites.settings import check_settings


def _with(site, tmp_path, line):
    (tmp_path / "agency.yaml").write_text((site.path / "agency.yaml").read_text() + line, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "languages: [en, ess]",
            "agency.yaml:6: there is no language 'ess'\n    allowed: en, es\n    did you mean 'es'?",
        ),
        ("languages: [es, es]", "'es' stands here twice"),
        ("languages: []", "languages"),
    ],
)
def test_a_language_that_there_is_not_is_told(site, tmp_path, line, told):
    problems = check_settings(_with(site, tmp_path, line), site.catalogue)
    assert len(problems) == 1
    assert told in str(problems[0])


def test_a_language_of_the_sites_own_is_known(site, tmp_path):
    own = tmp_path / "locale" / "fr"
    own.mkdir(parents=True)
    (own / "site.po").write_text('msgid ""\nmsgstr ""\n"Language: fr\\n"\n', encoding="utf-8")
    assert check_settings(_with(site, tmp_path, "languages: [fr, en]"), site.catalogue) == []


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (b'msgid "caf\xe9"', r"broken\.po: the message file cannot be read"),
        (b'msgid "Stops"\nthis is no message\n', r"broken\.po: the message file cannot be read"),
        (b'msgid "{n} stops"\nmsgstr "{m} paradas"\n', r"broken\.po:1: the translation of '\{n\} stops' does not keep"),
    ],
)
def test_a_message_file_that_cannot_be_used_is_named(tmp_path, broken, told):
    from openhalo.language import message_files

    (tmp_path / "es").mkdir()
    (tmp_path / "es" / "broken.po").write_bytes(broken)
    with pytest.raises(SiteError, match=told):
        message_files.read("es", [tmp_path])
