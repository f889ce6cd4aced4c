"""Centres, circles and small lines: what a map may show of places, and that it shows it right."""

import re
import xml.etree.ElementTree as ET
from math import pi

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openhalo.charts import map_layout, maps, sparklines
from openhalo.charts.svg import Drawings
from openhalo.publications.tables.place_centres import FEWEST_RECORDS, centres
from openhalo.publications.tables.release_figures import release_figures
from openhalo.sites.open_site import open_site
from openhalo.sites.opened_site import open_records
from tests.libraries import library

from .made_up import AGENCY, SOURCE

frictionless = library("frictionless")

PLACES = [
    ("North", 45.05, -93.30, 80),
    ("South", 44.90, -93.25, 40),
    ("Mid", 44.98, -93.27, 60),
    ("East", 44.97, -93.20, 50),
    ("West", 44.96, -93.33, 35),
    ("Pond", 44.99, -93.24, FEWEST_RECORDS - 1),
]
WITH_PLACES = SOURCE.replace("ignore: {}", "").replace(
    "  search_conducted:",
    "  neighborhood: {from: place}\n  latitude: {from: lat}\n  longitude: {from: lon}\n  search_conducted:",
)
OPEN = AGENCY.replace("fields: [", "fields: [occurred_at, ")


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return _city(tmp_path_factory.mktemp("places") / "site", OPEN)


def _city(root, settings):
    (root / "catalogue" / "sources").mkdir(parents=True)
    (root / "agency.yaml").write_text(settings, encoding="utf-8")
    (root / "catalogue" / "sources" / "made_up.yaml").write_text(WITH_PLACES, encoding="utf-8")
    lines, number = ["id,when,race,searched,place,lat,lon"], 0
    for name, latitude, longitude, n in PLACES:
        for step in range(n):
            number += 1
            # Coordinates lie evenly on both sides of the middle; each tenth is far off, as geocoders do it.
            away = 0.5 if step % 10 == 9 else (step - (n - 1) / 2) * 1e-5
            where = f"{latitude + away:.6f},{longitude - away:.6f}"
            when = f"2021-{1 + step % 12:02}-{1 + step % 27:02}" if number > 1 else "2021-12-31"
            lines.append(f"{number},{when},B,{'YN'[step % 2]},{name},{where}")
    (root / "stops.csv").write_text("\n".join(lines), encoding="utf-8")
    site = open_site(root)
    site.import_file("made_up", root / "stops.csv")
    return site


def test_a_centre_is_the_rounded_middle_of_many_records_and_never_of_few(city):
    records = open_records(city)
    stops = release_figures(city.catalogue.measure("stops/stops"), records)
    found = centres("neighborhood", [stops], records)
    assert set(found["code"]) == {name for name, *_, n in PLACES if n >= FEWEST_RECORDS}
    spots = city.records("stops/stop").collect().group_by("neighborhood").agg(pl.median("latitude", "longitude"))
    for code, latitude, longitude in found.rows():
        middle = spots.filter(pl.col("neighborhood") == code)
        assert abs(latitude - middle["latitude"][0]) <= 0.001 + 1e-9
        assert abs(longitude - middle["longitude"][0]) <= 0.001 + 1e-9
        assert round(latitude / 0.002, 6) == round(latitude / 0.002)


@pytest.mark.ci
def test_the_page_shows_each_place_with_its_figures_and_its_months(city):
    release = city.publish()
    page = (release / "pages/places.html").read_text(encoding="utf-8")
    assert page.count('<tr id="neighborhood-') == len(PLACES)
    assert "not a worse place" in page
    assert "Half of all stops of 2021 with a known place were in 3 of 6 places" in page
    assert "Not on the map, because too few of their records say where: 1." in page
    by_period = pl.read_csv(release / "data/places/by_period.csv")
    assert by_period["value"].sum() == sum(n for *_, n in PLACES) and set(by_period["grain"]) == {"month"}
    north = by_period.filter(pl.col("code") == "North").sort("value", descending=True)["value"][0]
    assert f"At most {north:.0f} stops, in " in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        assert ET.fromstring(svg).get("aria-label")
    with frictionless.system.use_context(trusted=True):
        report = frictionless.Package(str(release / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "message"])


def test_months_of_places_stay_inside_where_the_site_has_not_declared_them(tmp_path):
    release = _city(tmp_path / "site", AGENCY).publish()
    assert pl.read_csv(release / "data/places/by_period.csv").is_empty()
    assert 'class="spark"' not in (release / "pages/places.html").read_text(encoding="utf-8")


def test_a_site_without_places_has_no_page_of_places(small_release):
    assert not (small_release / "pages/places.html").exists()
    assert "places.html" not in (small_release / "index.html").read_text(encoding="utf-8")


SPOTS = st.builds(
    map_layout.Place,
    st.text("abcdef", min_size=1, max_size=12),
    st.floats(44.8, 45.1),
    st.floats(-93.5, -93.1),
    st.integers(1, 10_000).map(float),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SPOTS, min_size=1, max_size=40), st.sampled_from([318.0, 500.0]))
def test_the_area_of_a_circle_is_proportional_to_its_count_and_all_lie_on_the_map(places, width):
    found, height, per_record = map_layout.dots(places, width)
    areas = sorted(pi * dot.radius**2 for dot in found)
    counts = sorted(place.count for place in places)
    assert all(abs(area - count * per_record) < 1e-6 * area for area, count in zip(areas, counts, strict=True))
    for dot in found:
        assert dot.x - dot.radius >= -0.1 and dot.x + dot.radius <= width + 0.1
        assert dot.y - dot.radius >= -0.1 and dot.y + dot.radius <= height + 0.1
    assert found == sorted(found, key=lambda dot: -dot.radius) or len({dot.radius for dot in found}) < len(found)
    boxes = [(dot.x, dot.y, len(dot.label) * 7.4 / 2) for dot in map_layout.named(found, width, 9)]
    for place, (x, y, half) in enumerate(boxes):
        assert half <= x <= width - half
        assert all(abs(x - a) > half + other or abs(y - b) >= 17 for a, b, other in boxes[:place])


def test_north_is_up_and_east_is_right():
    north, south, east = (
        map_layout.Place(name, *spot, 10.0)
        for name, spot in (("N", (45.1, -93.3)), ("S", (44.9, -93.3)), ("E", (45.0, -93.1)))
    )
    at = {dot.label: dot for dot in map_layout.dots([north, south, east], 500)[0]}
    assert at["N"].y < at["E"].y < at["S"].y and at["N"].x == at["S"].x < at["E"].x
    # A degree of longitude is cos(latitude) of one of latitude.
    across, down = at["E"].x - at["N"].x, at["S"].y - at["N"].y
    assert across / down == pytest.approx(0.7071, abs=0.002)


def test_a_drawn_map_has_its_circles_in_proportion():
    places = [
        map_layout.Place(name, 45 + i / 100, -93 + i / 90, n)
        for i, (name, n) in enumerate([("A", 100.0), ("B", 400.0)])
    ]
    drawing = str(Drawings().svg(maps.bubbles, places, "wide", alt="A map", css="wide"))
    radii = [float(one) for one in re.findall(r'd="M([\d.]+),0A\1,\1,0,1,1,-\1,0', drawing)]
    assert radii[0] == pytest.approx(2 * radii[1], rel=0.01) and "500" not in drawing


VALUES = st.lists(st.none() | st.integers(0, 500), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abcde"), VALUES, min_size=1))
def test_small_lines_run_from_zero_to_their_own_highest_value_and_leave_gaps(values):
    rows = [(key, f"{i:03}", value) for key, all_ in values.items() for i, value in enumerate(all_)]
    frame = pl.DataFrame(rows, schema={"key": pl.String, "period": pl.String, "value": pl.Int64}, orient="row")
    found = {row["key"]: row for row in sparklines.paths(frame).to_dicts()}
    drawable = {key for key, all_ in values.items() if len(all_) > 1 and max([v or 0 for v in all_]) > 0}
    assert set(found) == drawable
    for key in drawable:
        known = [value for value in values[key] if value is not None]
        points = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+),([\d.]+)", found[key]["path"])]
        assert len(points) == len(known)
        heights = [(22 - y) / 20 * max(known) for _, y in points]
        assert heights == pytest.approx(known, abs=max(known) * 0.003)
        starts = sum(
            1 for i, value in enumerate(values[key]) if value is not None and (i == 0 or values[key][i - 1] is None)
        )
        assert found[key]["path"].count("M") == starts
        first = next(i for i, value in enumerate(values[key]) if value == max(known))
        assert (found[key]["highest"], found[key]["at"]) == (max(known), f"{first:03}")
