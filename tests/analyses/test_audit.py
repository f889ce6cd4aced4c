"""The audit on real records, whose traps are known."""


def test_the_audit_finds_the_known_traps(city):
    result = city.analyse("stops/recording_audit")
    looks = {(one["check"], one["field"]) for one in result.facts["look"]}
    uneven = "Recording that depends on the outcome"
    assert (uneven, "Race as the officer saw it") in looks
    assert not any(check == "Rounded times" for check, _field in looks)
    assert result.detail.height == 12 and result.detail["records"].sum() == 51_920
    assert "checks of the recording ask for a look" in result.headline()
    assert len(result.tables()[0].rows) > len(result.facts["look"])
