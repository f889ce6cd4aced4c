"""A made-up site with every kind of page, published in English, in Spanish and in a test language.

Its second release is the one that is read: it comes after more stops, so it has changes to tell.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from openhalo.catalogue.analysis_plans import AnalysisPlan
from openhalo.language import message_files
from openhalo.language.translation import ENGLISH
from openhalo.publications.build import build
from openhalo.publications.imprint import Declared, Imprint
from openhalo.sites.open_site import open_site
from openhalo.sites.opened_site import open_records
from openhalo.sites.settings import message_folders

from .right_to_left import right_to_left

SETTINGS = """
title: Springfield records
publisher: {kind: demo, name: Springfield Archive, contact: archive@example.org}
agencies: {spd: {name: Springfield Police}}
visitor_places: {neighborhood: [Docks]}
"""
HEAD = """key: [id]
publisher: Springfield Archive
licence: CC0-1.0
reference: made up
zone: America/Chicago
scope: {mode: replace}
"""
SOURCES = {
    "stops": "label: Springfield stops\nrecord: stops/stop\nunit: stop\nnote: Made up.\n"
    + HEAD
    + """
fields:
  occurred_at: {from: when, formats: ["%Y-%m-%d %H:%M"], precision: minute}
  race: {from: race, codes: {A: ASIAN, B: BLACK, W: WHITE}}
  gender: {from: gender, codes: {F: FEMALE, M: MALE}}
  reason: {from: reason, codes: {T: TRAFFIC, S: SUSPICIOUS}}
  search_conducted: {from: searched, true: [Y], false: [N]}
  search_person: {from: searched, true: [Y], false: [N]}
  search_vehicle: {from: searched, true: [Y], false: [N]}
  citation_issued: {from: cited, true: [Y], false: [N]}
  contraband_found: {from: found, true: [Y], false: [N]}
  search_basis: {flags: {consent: CONSENT}, true: [Y], false: [N]}
  latitude: {from: north}
  longitude: {from: east}
  precinct: {from: precinct}
  neighborhood: {from: place}
ignore: {}
""",
    "force": "label: Springfield force\nrecord: force/force_application\nunit: force_application\n"
    + HEAD
    + """
fields:
  occurred_at: {from: when, formats: ["%Y-%m-%d"], precision: day}
  force_type: {from: type, codes: {S: STRIKE, T: TAKEDOWN, H: HANDCUFFS}}
  race: {from: race, codes: {A: ASIAN, B: BLACK, W: WHITE}}
  gender: {from: gender, codes: {F: FEMALE, M: MALE}}
  age: {from: age}
  resistance: {from: resistance, codes: {P: PASSIVE, A: ACTIVE}}
  subject_injury: {from: hurt, true: [Y], false: [N]}
  precinct: {from: precinct}
  neighborhood: {from: place}
ignore: {}
""",
    "complaints": "label: Springfield complaints\nrecord: complaints/complaint\nunit: complaint\n"
    + HEAD
    + """
fields:
  received_on: {from: when, formats: ["%Y-%m-%d"]}
  days_to_close: {from: days}
  filed_by_employee: {from: employee, true: [Y], false: [N]}
ignore: {}
""",
    "people": "label: Springfield residents\nrecord: population/group_population\nunit: group_population\n"
    + HEAD
    + """
fields:
  year: {value: 2020}
  area: {from: place}
  area_kind: {value: NEIGHBORHOOD}
  group_kind: {from: kind, codes: {ALL: ALL, RACE: RACE}}
  race: {from: race, codes: {B: BLACK, W: WHITE}, missing: {"-": not_applicable}}
  population: {from: people}
  population_basis: {value: ESTIMATE}
ignore: {}
""",
}
PLACES = ("Hill", "Docks", "Mill")


def _cycle(choices, step):
    return choices[step % len(choices)]


PLAN = {
    "written": "2025-12-01",
    "author": "The archive of Springfield",
    "because": "These are the questions that people of Springfield ask about their police.",
    "tests": [
        {"analysis": "stops/veil_of_darkness", "reference": "WHITE", "compare": ["BLACK"]},
        {"analysis": "stops/search_share_ratio", "reference": "WHITE"},
        {"analysis": "stops/hit_rates", "reference": "WHITE"},
        {
            "analysis": "force/level_change",
            "event": {
                "start": "2021-01-01",
                "label": "the new policy of 2021",
                "because": "It was in force from then on.",
            },
        },
    ],
    "exploratory": [
        {"analysis": "stops/recording_audit", "added": "2025-12-02"},
        {"analysis": "stops/search_share_funnel", "added": "2025-12-02"},
        {"analysis": "stops/search_share_standardised", "added": "2025-12-02"},
    ],
}


def _rows(n):
    stops = ["id,when,race,gender,reason,searched,cited,found,consent,north,east,precinct,place"]
    force = ["id,when,type,race,gender,age,resistance,hurt,precinct,place"]
    complaints = ["id,when,days,employee"]
    for i in range(n):
        day = f"{2020 + i % 2}-{1 + i % 12:02}-{1 + i % 27:02}"
        time = f"{16 + i // 12 % 6}:{i * 7 % 60:02}"
        searched = _cycle("YNNN", i)
        race = _cycle("ABW", i // 3) if searched == "Y" or i % 3 else ""
        place, precinct = _cycle(PLACES, i // 7), 1 + i % 11
        stops.append(
            f"{i},{day} {time},{race},{_cycle('FM', i)},{_cycle('TS', i)},{searched},{_cycle('YN', i)},"
            f"{_cycle('YNN', i // 4) if searched == 'Y' else ''},{'Y' if searched == 'Y' else 'N'},41.8,-87.6,"
            f"{precinct},{place}"
        )
        if i % 3 == 0:
            force.append(
                f"{i},{day},{_cycle('STH', i // 3)},{_cycle('ABW', i // 3)},{_cycle('FM', i)},{20 + i % 40},"
                f"{_cycle('PA', i)},{_cycle(('Y', 'N', ''), i // 3)},{precinct},{place}"
            )
        if i % 6 == 0:
            complaints.append(f"{i},{day},{i % 90},{_cycle('NNY', i // 6)}")
    people = ["id,place,kind,race,people"]
    for place in PLACES:
        people += [
            f"{place}{r},{place},{'RACE' if r != '-' else 'ALL'},{r},{n}"
            for r, n in (("-", 1000), ("B", 300), ("W", 500))
        ]
    return {"stops": stops, "force": force, "complaints": complaints, "people": people}


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    root = tmp_path_factory.mktemp("springfield") / "site"
    (root / "catalogue" / "sources").mkdir(parents=True)
    (root / "agency.yaml").write_text(SETTINGS, encoding="utf-8")
    for name, spec in SOURCES.items():
        (root / "catalogue" / "sources" / f"{name}.yaml").write_text(spec, encoding="utf-8")
    made = open_site(root)
    for name, rows in _rows(900).items():
        (root / f"{name}.csv").write_text("\n".join(rows), encoding="utf-8")
        made.import_file(name, root / f"{name}.csv")
    (root / "stops.csv").write_text("\n".join(_rows(930)["stops"]), encoding="utf-8")
    made.import_file("stops", root / "stops.csv")
    return made


@pytest.fixture(scope="session")
def imprint(site):
    spoken = [ENGLISH, message_files.read("es", message_folders(site.path)), right_to_left()]
    fields = sorted({group for spec in site.catalogue.measures.values() for group in spec.groups})
    declared = [
        Declared(record, fields, "These fields are public.")
        for record in ("stops/stop", "force/force_application", "complaints/complaint")
    ]
    publisher = site.settings.publisher
    return Imprint(
        site.settings.title,
        publisher.name,
        publisher.kind,
        contact=publisher.contact,
        agencies=["Springfield Police"],
        declared=declared,
        languages=spoken,
        created=datetime(2026, 1, 2, tzinfo=UTC),
    )


@pytest.fixture(scope="session")
def release(site, imprint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    named = [
        "stops/search_share",
        "stops/race_recorded_share",
        "complaints/days_to_close_median",
        "training/completions",
        "stops/citation_share",
    ]
    chosen = {}
    for _name, spec in sorted(site.catalogue.measures.items()):  # drawing is slow: one measure a kind
        if spec.domain in ("stops", "force"):
            chosen.setdefault(spec.kind, spec)
    named += [name for spec in chosen.values() for name in (spec.id, spec.of) if name]
    few = {name: site.catalogue.measures[name] for name in sorted(set(named))}

    def made(number, version, imprint, measures, **more):
        records = open_records(site, version)
        records = replace(records, catalogue=replace(site.catalogue, measures=measures))
        build(folder / number, records, replace(imprint, number=number), site.receipts(), **more)
        return folder / number

    last = open_records(site).manifest.version
    first = made(
        "0001", last - 1, replace(imprint, languages=[ENGLISH]), {"stops/search_share": few["stops/search_share"]}
    )
    return made("0002", last, imprint, few, plan=AnalysisPlan.model_validate(PLAN), previous=first)
