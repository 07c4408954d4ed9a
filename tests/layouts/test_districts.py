"""The map: drawn from the registry or from official boundaries; marks only what stands out on enough cases."""

from __future__ import annotations

import json
import math
import tracemalloc
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from shapely import union_all
from shapely.geometry import Point, Polygon, box

from dashboard.atlas import Atlas, atlas_of
from dashboard.config.loader import load_config
from dashboard.config.model import Config, District, Regions
from dashboard.views_districts import district_state
from tests.conftest import ROOT


def check(found: Atlas | None, config: Config) -> Atlas:
    """Every district once, its label on it, and no label on another."""
    assert found is not None
    assert {outline.code for outline in found.outlines} == {d.code for d in config.regions.districts}
    for outline in found.outlines:
        area = Polygon(outline.points)
        assert area.buffer(0.002).contains(Point(outline.label_x, outline.label_y)), outline.code
        assert area.buffer(0.002).contains(Point(outline.centre_x, outline.centre_y)), outline.code
        assert all(0 <= value <= 1 for point in outline.points for value in point)
    for one, other in combinations(found.outlines, 2):
        assert math.hypot(one.label_x - other.label_x, one.label_y - other.label_y) > 0.05
    return found


def centre(found: Atlas, code: str) -> tuple[float, float]:
    outline = next(outline for outline in found.outlines if outline.code == code)
    return Polygon(outline.points).centroid.coords[0]


def strange(found: Atlas) -> dict[str, float]:
    """How much of each everyday number ("7/21", 2.5 by 1.15 em on a map of 15.6 em) lies on another district."""
    areas = {o.code: Polygon([(x, y / found.aspect) for x, y in o.points]).buffer(0) for o in found.outlines}
    shares = {}
    for outline in found.outlines:
        x, y = outline.label_x, outline.label_y / found.aspect
        number = box(x - 0.08, y - 0.037, x + 0.08, y + 0.037)
        others = union_all([area for code, area in areas.items() if code != outline.code])
        shares[outline.code] = number.intersection(others).area / number.area
    return shares


def test_no_number_can_be_taken_for_the_next_district(config: Config) -> None:
    found = check(atlas_of(config.regions, Path()), config)
    shares = strange(found)
    assert max(shares.values()) < 0.35, shares
    assert sum(shares.values()) / len(shares) < 0.1
    middle = replace(found.outlines[0], label_x=found.outlines[1].label_x, label_y=found.outlines[1].label_y)
    assert strange(replace(found, outlines=(middle, *found.outlines[1:])))[middle.code] > 0.35, "the measure sees one"


def test_the_schematic_map_is_recognisably_the_city(config: Config) -> None:
    found = check(atlas_of(config.regions, Path()), config)
    assert found.schematic
    assert atlas_of(config.regions, Path()) is found, "drawn once"
    benda, larangan, jatiuwung = (centre(found, f"36.71.{n}") for n in ("04", "13", "02"))
    assert benda[1] < larangan[1], "Benda lies in the north"
    assert jatiuwung[0] < larangan[0], "Jatiuwung in the west"
    drawn = sum(Polygon(outline.points).area for outline in found.outlines)
    for district in config.regions.districts:
        outline = next(o for o in found.outlines if o.code == district.code)
        share = Polygon(outline.points).area / drawn
        assert share == pytest.approx((district.area_km2 or 0) / 178.35, abs=0.06), district.name


def test_official_boundaries_are_joined_by_code(config: Config, shared: Path, tmp_path: Path) -> None:
    source = shared / "domain" / "tangerang_kelurahan.geojson"
    if not source.exists():
        pytest.skip("needs the boundaries among the domain facts")
    collection = json.loads(source.read_text("utf-8"))
    for feature in collection["features"]:
        feature["properties"] = {"code": feature["properties"]["kode"], "name": "Tangerang"}  # a name joins nothing
    (tmp_path / "city.geojson").write_text(json.dumps(collection), "utf-8")
    regions = config.regions.model_copy(update={"boundaries": "city.geojson"})
    found = check(atlas_of(regions, tmp_path), config)
    assert not found.schematic
    drawn = atlas_of(config.regions, Path())
    assert drawn is not None
    for district in config.regions.districts:
        assert math.dist(centre(found, district.code), centre(drawn, district.code)) < 0.12, district.name


def test_a_city_without_places_has_no_map_and_still_a_list() -> None:
    assert atlas_of(Regions(districts=(District(code="1", name="Satu"),)), Path()) is None


@pytest.mark.parametrize(
    ("late", "total", "city", "established", "state"),
    [
        (None, 9, 0.3, False, "unknown"),
        (3, 4, 0.3, False, "small"),
        (5, 18, 0.3, False, "calm"),  # a backlog that all share is the city's matter
        (7, 19, 0.3, False, "calm"),
        (7, 9, 0.3, False, "far proposed"),
        (5, 10, 0.3, False, "above proposed"),
        (2, 5, 0.1, False, "calm"),  # two cases may be chance
        (7, 9, 0.3, True, "far"),
        (6, 10, 0.5, True, "far"),  # half late by an established deadline is red whatever the others do
        (6, 10, 0.5, False, "calm"),
        (0, 20, 0.0, True, "calm"),
    ],
)
def test_only_what_stands_out_is_marked(
    late: float | None, total: float, city: float, established: bool, state: str
) -> None:
    assert district_state(late, total, city, 5, established) == state


def test_a_large_city_takes_no_more_memory_than_a_small_one() -> None:
    """Every place of a label is held against every other; five boroughs are six times as large as 13 kecamatan."""
    large = load_config(ROOT / "docs" / "examples" / "new_york.yaml", {})
    atlas_of.cache_clear()
    tracemalloc.start()
    try:
        found = atlas_of(large.regions, large.folder)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found is not None and len(found.outlines) == 5
    assert peak < 600_000_000
