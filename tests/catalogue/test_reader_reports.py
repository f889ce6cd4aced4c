"""Every kind of mistake in a catalogue file, and the words in which it is reported."""

import pytest

from openhalo.catalogue.index import load

COLOUR = """
    label: Colour
    description: Colour of a vehicle
    source: none
    codes:
      RED: {label: Red}
      BLUE: {label: Blue}
"""
CAR = """
    label: Car
    plural: cars
    description: A car.
    source: none
    units: {car: cars}
    time: seen_at
    fields:
      seen_at: {type: time, label: When, privacy: public, required: true, source: none}
      colour: {type: code, vocabulary: colour, label: Colour, privacy: public, source: none}
      seats: {type: integer, label: Seats, privacy: public, source: none}
      owner: {type: text, label: Owner, privacy: restricted, source: none}
    rules:
      few_seats: {condition: seats < 10, message: too many seats}
    example: {seen_at: 2017-01-01 10:00, colour: RED}
"""
SOURCE = """
    label: Cars
    record: traffic/car
    publisher: none
    licence: none
    reference: none
    unit: car
    zone: America/Chicago
    scope: {mode: append}
    key: [id]
    fields:
      seen_at: {from: seen, formats: ["%Y-%m-%d"]}
      colour: {from: colour, codes: {r: RED}}
"""
MEASURE = """
    kind: share
    label: Share of red cars
    question: How many cars are red?
    answer: "{value}"
    record: traffic/car
    unit: car
    numerator: colour = 'RED'
    groups: [colour]
    direction: neither
    why_it_matters: none
    limits: []
    sources: []
    author: none
    reviewed: 2026-01-01
    next_review: 2027-01-01
    example: {records: {}, expect: []}
"""
ALL = {"vocabularies__colour": COLOUR, "traffic__car": CAR, "sources__cars": SOURCE, "traffic__measures__red": MEASURE}


def test_a_catalogue_of_its_own_is_laid_over_the_shipped_one(catalogue):
    found, problems = catalogue(**ALL, **{"traffic__help.md": "Cars.\n"})
    assert problems == []
    assert found.measures["traffic/red"].numerator == "colour = 'RED'"
    assert found.record_types["stops/stop"].label == "Stop"
    assert (found.help["traffic"], found.redefined) == ("Cars.\n", set())


def changed(name, old, new):
    assert old in ALL[name]
    return ALL | {name: ALL[name].replace(old, new)}


CASES = {
    "unknown key": (
        changed("vocabularies__colour", "label: Red", "lable: Red"),
        """
        vocabularies/colour.yaml:5: unknown key 'lable'
            allowed: broader, description, label, people
            did you mean 'label'?
        """,
    ),
    "unknown key at the top": (
        changed("traffic__measures__red", "author: none", "author: none\n    colour: red"),
        """
        traffic/measures/red.yaml:14: unknown key 'colour'
            allowed: across, answer, author, core, direction, example, groups, holders, kind, label, limits, minimum_n
        """,
    ),
    "missing key": (
        changed("traffic__car", "privacy: public, source: none}\n      owner", "source: none}\n      owner"),
        """
        traffic/car.yaml:10: fields.seats: 'privacy' is missing
            add it
        """,
    ),
    "missing key at the top": (
        changed("vocabularies__colour", "    label: Colour\n", ""),
        """
        vocabularies/colour.yaml:1: 'label' is missing
            add it
        """,
    ),
    "text for a list": (
        changed("traffic__measures__red", "groups: [colour]", "groups: colour"),
        """
        traffic/measures/red.yaml:8: groups: found the text 'colour'
            allowed: a list: [a, b]
        """,
    ),
    "number for a text": (
        changed("sources__cars", "codes: {r: RED}", "codes: {r: RED}, missing: {x: 7}"),
        """
        sources/cars.yaml:12: fields.colour.missing.x: found the number 7
            allowed: a text
            put it in quotes: '7'
        """,
    ),
    "text for a number": (
        changed("traffic__car", "type: integer,", "type: integer, max: many,"),
        """
        traffic/car.yaml:10: fields.seats.max: found the text 'many'
            allowed: a number
        """,
    ),
    "text for yes or no": (
        changed("traffic__car", "required: true", "required: yes"),
        """
        traffic/car.yaml:8: fields.seen_at.required: found the text 'yes'
            allowed: true or false
        """,
    ),
    "true for a number": (
        changed("traffic__car", "type: integer,", "type: integer, since: true,"),
        """
        traffic/car.yaml:10: fields.seats.since: found true
            allowed: a whole number
        """,
    ),
    "a list for one of several types": (
        changed("sources__cars", "{from: colour, codes: {r: RED}}", "{value: [RED]}"),
        """
        sources/cars.yaml:12: fields.colour.value: found a list
            allowed: a text or a whole number or a number or true or false
        """,
    ),
    "a list for keys": (
        changed("sources__cars", "codes: {r: RED}", "codes: [r, RED]"),
        """
        sources/cars.yaml:12: fields.colour.codes: found a list
            allowed: keys with values (key: value)
        """,
    ),
    "nothing for a text": (
        changed("vocabularies__colour", "source: none", "source:"),
        """
        vocabularies/colour.yaml:3: source: found nothing
            allowed: a text
        """,
    ),
    "no date": (
        changed("traffic__measures__red", "reviewed: 2026-01-01", "reviewed: soon"),
        """
        traffic/measures/red.yaml:14: reviewed: found the text 'soon'
            allowed: a date: 2026-11-21
        """,
    ),
    "too small": (
        changed("traffic__measures__red", "author: none", "author: none\n    minimum_n: 2"),
        """
        traffic/measures/red.yaml:14: minimum_n: found the number 2
            allowed: at least 10
        """,
    ),
    "none of the words": (
        changed("traffic__car", "type: integer", "type: integre"),
        """
        traffic/car.yaml:10: fields.seats.type: found the text 'integre'
            allowed: boolean, chances, code, codes, date, integer, link, number, text, time
            did you mean 'integer'?
        """,
    ),
    "unknown code": (
        changed("sources__cars", "{r: RED}", "{r: RAD}"),
        """
        sources/cars.yaml:12: there is no code of vocabulary 'colour' 'RAD'
            allowed: BLUE, RED
            did you mean 'RED'?
        """,
    ),
    "unknown code in a condition": (
        changed("traffic__measures__red", "colour = 'RED'", "colour in ('RED', 'BLEU')"),
        """
        traffic/measures/red.yaml:7: in "colour in ('RED', 'BLEU')": unknown code 'BLEU' of vocabulary 'colour'
            allowed: BLUE, RED
            did you mean 'BLUE'?
        """,
    ),
    "an answer that nothing fills in": (
        changed("traffic__measures__red", '"{value}"', '"{valeu} of {denominator}"'),
        """
        traffic/measures/red.yaml:4: '{valeu}' cannot be filled in
            allowed: {denominator}, {group}, {numerator}, {period}, {times}, {value}
            did you mean 'value'?
        """,
    ),
    "an answer with one brace": (
        changed("traffic__measures__red", '"{value}"', '"{value"'),
        """
        traffic/measures/red.yaml:4: its braces do not fit (expected '}' before end of string)
            write {{ and }} for braces themselves
        """,
    ),
    "dangling vocabulary": (
        changed("traffic__car", "vocabulary: colour", "vocabulary: color"),
        """
        traffic/car.yaml:9: there is no vocabulary 'color'
        """,
    ),
    "dangling record type": (
        changed("sources__cars", "traffic/car", "traffic/cart"),
        """
        sources/cars.yaml:2: there is no record type 'traffic/cart'
        """,
    ),
    "dangling measure": (
        changed("traffic__measures__red", "author: none", "author: none\n    paired_with: traffic/rde"),
        """
        traffic/measures/red.yaml:14: there is no measure 'traffic/rde'
        """,
    ),
    "dangling field": (
        changed("sources__cars", "colour: {from", "colors: {from"),
        """
        sources/cars.yaml:12: there is no field of traffic/car 'colors'
            allowed: colour, owner, seats, seen_at
            did you mean 'colour'?
        """,
    ),
    "required field not filled": (
        changed("sources__cars", '  seen_at: {from: seen, formats: ["%Y-%m-%d"]}', "  seats: {from: seats}"),
        """
        sources/cars.yaml:10: the required field 'seen_at' of traffic/car is not filled
            map it
        """,
    ),
    "time zone": (
        changed("sources__cars", "America/Chicago", "America/Chigaco"),
        """
        sources/cars.yaml:7: there is no time zone 'America/Chigaco'
            allowed: names such as America/Chicago, UTC
        """,
    ),
    "bad condition": (
        changed("traffic__car", "seats < 10", "seats <"),
        """
        traffic/car.yaml:13: in "seats <": cannot read the condition after 'seats <'
        """,
    ),
    "a rule that looks beyond its record": (
        changed(
            "traffic__car",
            "      owner: {type: text, label: Owner, privacy: restricted, source: none}\n    rules:\n"
            "      few_seats: {condition: seats < 10,",
            "      tows: {type: link, to: traffic/car, label: x, privacy: public, source: none}\n    rules:\n"
            "      few_seats: {condition: tows.seats < 10,",
        ),
        """
        traffic/car.yaml:13: 'tows.seats' leads to another record, and only one is seen here
            allowed: the record's own fields, no any() or count()
        """,
    ),
    "a group that may not be seen": (
        changed("traffic__measures__red", "groups: [colour]", "groups: [colour, owner]"),
        """
        traffic/measures/red.yaml:8: 'owner' is restricted: no figure may rest on it
            allowed: public and internal fields
        """,
    ),
    "parts that do not fit": (
        changed("traffic__car", "time: seen_at", "time: seats")
        | {"traffic__car": CAR.replace("time: seen_at", "time: seats").replace(": integer", ": code, min: 1")},
        """
        traffic/car.yaml:6: found 'seats'
            allowed: a required field of type time, date or integer (a year)
        traffic/car.yaml:10: 'min' on a field of type code
            allowed: on type integer or number
        traffic/car.yaml:10: a field of type code without 'vocabulary'
            add 'vocabulary'
        """,
    ),
    "a condition on what may not be seen": (
        changed("traffic__measures__red", "numerator: colour", "where: not missing(owner)\n    numerator: colour"),
        """
        traffic/measures/red.yaml:7: 'owner' is restricted: no figure may rest on it
            allowed: public and internal fields
        """,
    ),
    "a condition on what may not be seen, in a denominator": (
        ALL
        | {
            "traffic__measures__red": MEASURE.replace("kind: share", "kind: rate").replace(
                "numerator: colour = 'RED'",
                "per: {record: traffic/car, label: cars, sum: seats, groups: {colour: colour}, estimated: owner = 'x'}",
            )
        },
        """
        traffic/measures/red.yaml:7: 'owner' is restricted: no figure may rest on it
            allowed: public and internal fields
        """,
    ),
    "a sum that counts the same people twice": (
        changed("traffic__car", "vocabulary: colour, label", "vocabulary: colour, overlaps: true, label")
        | {
            "traffic__measures__red": MEASURE.replace("kind: share", "kind: rate").replace(
                "numerator: colour = 'RED'",
                "per: {record: traffic/car, label: cars, sum: seats, groups: {colour: colour}, "
                "where: \"colour in ('RED', 'BLUE') and seats > 1\"}",
            )
        },
        """
        traffic/measures/red.yaml:7: 'seats' would be added up over every 'colour', and these count the same people
            allowed: colour = … in 'where', or in every slice: BLUE, RED
        """,
    ),
    "parts of a source that do not fit": (
        {
            **ALL,
            "sources__cars": SOURCE.replace("    key: [id]\n", "    format: {names_row: 2}\n").replace(
                'formats: ["%Y-%m-%d"]}', 'formats: ["%Y-%m-%d"], missing: {x: unkown}, value: 1}'
            ),
        },
        """
        sources/cars.yaml:8: without a key a corrected row cannot replace the old one
            use mode 'replace', or name a key
        sources/cars.yaml:9: names_row is 2, but there are only 1 header_rows
        sources/cars.yaml:11: a value from from and value
            allowed: one of from, value, derive, days, absent
        sources/cars.yaml:11: there is no missing reason 'unkown'
            allowed: not_applicable, not_collected, refused, unknown
            did you mean 'unknown'?
        """,
    ),
    "parts of a measure that do not fit": (
        {
            **ALL,
            "traffic__measures__red": MEASURE.replace("numerator: colour = 'RED'", "across: colour").replace(
                "next_review: 2027", "next_review: 2025"
            ),
        },
        """
        traffic/measures/red.yaml:1: a measure of kind share without 'numerator'
            add 'numerator'
        traffic/measures/red.yaml:7: 'across' in a measure of kind share
            remove it
        traffic/measures/red.yaml:15: the next review comes before the last one
            allowed: after 2026-01-01
        """,
    ),
    "names of fields that rows carry themselves": (
        changed(
            "traffic__car", "owner: {", "reasons: {type: text, label: x, privacy: public, source: x}\n      owner: {"
        ),
        """
        traffic/car.yaml:11: field 'reasons' would use the column 'reasons' of every record
        """,
    ),
    "repeated key": (
        changed("vocabularies__colour", "BLUE: {label: Blue}", "RED: {label: Rot}"),
        """
        vocabularies/colour.yaml:6: 'RED' appears twice; first on line 5
            keep one of the two
        """,
    ),
    "broken YAML": (
        changed("vocabularies__colour", "RED: {label: Red}", "RED: {label: Red"),
        """
        vocabularies/colour.yaml:6: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'
        """,
    ),
    "an alias": (
        ALL | {"vocabularies__colour": COLOUR.replace("RED: {", "RED: &a {").replace("{label: Blue}", "*a")},
        """
        vocabularies/colour.yaml:6: an alias (*name) to a value that stands elsewhere
            write the value out
        """,
    ),
    "a value that holds itself": (
        changed("vocabularies__colour", "RED: {label: Red}", "RED: &a [*a]"),
        """
        vocabularies/colour.yaml:5: an alias (*name) to a value that stands elsewhere
            write the value out
        """,
    ),
    "a tag": (
        changed("vocabularies__colour", "label: Red", "label: !!python/name:os.system x"),
        """
        vocabularies/colour.yaml:5: a tag 'tag:yaml.org,2002:python/name:os.system'
        """,
    ),
    "two documents": (
        changed("vocabularies__colour", "source: none", "source: none\n    ---\n    a: 1"),
        """
        vocabularies/colour.yaml:4: not valid YAML: expected a single document in the stream, but found another document
        """,
    ),
    "not UTF-8": (
        ALL | {"vocabularies__colour": b"label: x\ndescription: caf\xe9\n"},
        """
        vocabularies/colour.yaml:2: the byte 0xe9 is not UTF-8
            allowed: UTF-8 text
            save as UTF-8
        """,
    ),
    "a control character": (
        ALL | {"vocabularies__colour": b"label: x\ndescription: a\x07b\n"},
        """
        vocabularies/colour.yaml:2: the character
        """,
    ),
    "an empty file": (
        ALL | {"vocabularies__colour": b"# nothing\n"},
        """
        vocabularies/colour.yaml:1: the file holds no keys
            allowed: codes, crosswalk_sources, crosswalks, description, label, source
        """,
    ),
    "a file that stands nowhere": (
        ALL | {"traffic__Cars.yml": b"a: 1"},
        """
        traffic/Cars.yml:1: no kind of catalogue file stands here
            allowed: vocabularies/NAME.yaml, sources/NAME.yaml, DOMAIN/measures/NAME.yaml, DOMAIN/analyses/NAME.yaml
        """,
    ),
    "an id of its own": (
        changed("traffic__car", "label: Car\n", "label: Car\n    id: traffic/bus\n"),
        """
        traffic/car.yaml:2: 'id' is given by the file's place
            remove it from the file
        """,
    ),
    "help that is not UTF-8": (
        ALL | {"traffic__help.md": b"caf\xe9"},
        """
        traffic/help.md:1: the byte 0xe9 is not UTF-8
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_is_reported_once_at_its_line_in_plain_words(catalogue, name):
    files, expected = CASES[name]
    lines = [line.removeprefix("        ") for line in expected.strip("\n").rstrip().splitlines()]
    _, problems = catalogue(**files)
    reported = "\n".join(problems).splitlines()
    starts = [line for line in lines if not line.startswith(" ")]
    assert len(problems) == len(starts), "\n".join(problems)
    for line in lines:
        assert any(found.startswith(line) for found in reported), f"{line}\nnot in\n" + "\n".join(problems)


def test_all_problems_of_all_files_come_at_once_and_in_order(catalogue):
    _, problems = catalogue(
        vocabularies__colour=COLOUR.replace("{label: Red}", "{label: Red, colour: red}"),
        traffic__car=CAR.replace("label: Car\n", "label: Car\n    pluural: x\n").replace("seats < 10", "seat < 10"),
        sources__cars=SOURCE.replace("{r: RED}", "{r: RAD}").replace("unit: car", "unit: truck"),
        traffic__measures__red=MEASURE.replace("'RED'", "'ROT'").replace("[colour]", "[paint, 5]"),
    )
    assert [problem.splitlines()[0] for problem in problems] == [
        "sources/cars.yaml:6: there is no unit of traffic/car 'truck'",
        "sources/cars.yaml:12: there is no code of vocabulary 'colour' 'RAD'",
        "traffic/car.yaml:2: unknown key 'pluural'",
        "traffic/car.yaml:14: in \"seat < 10\": traffic/car has no field 'seat'",
        "traffic/measures/red.yaml:8: groups.1: found the number 5",
        "vocabularies/colour.yaml:5: unknown key 'colour'",
    ]


@pytest.mark.parametrize("place", ALL)
@pytest.mark.parametrize("damage", ["half a file: {", "label: 5", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_not_also_missed_by_those_that_need_it(catalogue, place, damage):
    _, problems = catalogue(**ALL | {place: damage})
    file = place.replace("__", "/")
    assert problems
    assert {problem.split(":")[0] for problem in problems} == {f"{file}.yaml"}


def test_a_site_may_redefine_measures_and_sources_but_not_the_standard(catalogue):
    shipped = load()
    found, problems = catalogue(
        stops__measures__search_share=MEASURE.replace("colour = 'RED'", "race = 'BLACK'")
        .replace("traffic/car", "stops/stop")
        .replace("unit: car", "unit: stop")
        .replace("[colour]", "[race, gender]"),
        vocabularies__race=COLOUR,
        stops__stop=CAR,
    )
    assert problems == [
        "stops/stop.yaml:1: 'stops/stop' is part of the shipped standard\n    give yours another name",
        "vocabularies/race.yaml:1: 'race' is part of the shipped standard\n    give yours another name",
    ]
    assert found.redefined == {"stops/search_share"}
    assert found.measures["stops/search_share"].numerator == "race = 'BLACK'"
    assert found.record_types["stops/stop"] == shipped.record_types["stops/stop"]
    assert found.hash != shipped.hash


def test_plain_words_keep_their_yaml_1_2_meaning(catalogue):
    codes = "{NO: {label: NO}, off: {label: 1:30}, 007: {label: 007}, 1e3: {label: '1e3'}, true: {label: yes}}"
    found, problems = catalogue(
        vocabularies__words=COLOUR.replace("\n      RED: {label: Red}\n      BLUE: {label: Blue}", f" {codes}")
    )
    assert problems == []
    assert {code: spec.label for code, spec in found.vocabularies["words"].codes.items()} == {
        "NO": "NO",
        "off": "1:30",
        "007": "007",
        "1e3": "1e3",
        "true": "yes",
    }


def test_very_deep_files_are_refused(catalogue):
    for depth in (60, 900, 100_000):
        _, problems = catalogue(vocabularies__deep="label: " + "[" * depth + "]" * depth)
        assert problems[0].startswith("vocabularies/deep.yaml:1: ")


def test_the_demos_settings_are_no_definitions():
    assert not any(place.startswith("demo/") for place in load().hashes)
