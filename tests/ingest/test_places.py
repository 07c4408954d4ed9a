"""A point, a text and photo hashes yield codes, a group and a signature that expires; nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.config.model import Config
from dashboard.facts import CaseFact
from dashboard.geography import locator
from dashboard.history import schema
from dashboard.ingest_places import CELL_DEGREES
from tests.ingest.served import Room, build, minute, row

HERE = (-6.1781, 106.6300)
NEAR = (HERE[0] + CELL_DEGREES * 0.6, HERE[1])
FAR = (HERE[0] + CELL_DEGREES * 4, HERE[1])


def facts(room: Room) -> dict[str, CaseFact]:
    return {fact.record.key: fact for fact in room.history.load_open_cases()}


def test_reports_of_one_matter_are_grouped_and_its_lead_grows(any_room: Room) -> None:
    first = any_room.poll([row("A", point=HERE)], 0).cases[0].after
    assert (first.group, first.group_size) == (f"g{first.number}", 1)
    served = [row("A", point=HERE), row("B", opened=5, point=NEAR), row("C", opened=6, point=FAR)]
    served.append(row("D", opened=7, point=HERE, category="Sampah"))
    commit = any_room.poll(served, 10)
    found = {change.after.record.key: change.after for change in commit.cases}
    assert (found["B"].group, found["B"].group_size) == (first.group, 2)
    assert (found["A"].group_size, found["A"].version) == (2, 1), "the lead is told again, without a version"
    assert found["C"].group != first.group
    assert found["D"].group != first.group
    assert {key: fact.group_size for key, fact in facts(any_room).items()} == {"A": 2, "B": 2, "C": 1, "D": 1}


def test_a_day_later_it_is_another_matter(room: Room) -> None:
    room.poll([row("A", point=HERE), row("B", opened=25 * 60, point=HERE)], 26 * 60)
    assert {fact.group_size for fact in facts(room).values()} == {1}


def test_groups_go_on_after_a_restart(any_room: Room) -> None:
    any_room.poll([row("A", point=HERE)], 0)
    any_room.restart()
    any_room.poll([row("A", point=HERE), row("B", opened=1, point=HERE)], 2)
    assert facts(any_room)["B"].group == facts(any_room)["A"].group


def test_a_group_stays_when_the_case_changes(room: Room) -> None:
    room.poll([row("A", point=HERE), row("B", point=HERE)], 0)
    room.poll([row("A", "proses", point=HERE), row("B", point=HERE)], 1)
    assert facts(room)["A"].group == facts(room)["B"].group
    assert facts(room)["A"].group_size == 2


def test_a_photo_used_again_is_seen_and_only_its_signature_kept(any_room: Room) -> None:
    any_room.poll([row("A", photos=["abc"]), row("B", photos=["abc"]), row("C", photos=["xyz"])], 0)
    table = schema.case_place
    kept = any_room.history.rows(sa.select(table.c.number, table.c.photo_reused).order_by(table.c.number))
    assert [tuple(entry) for entry in kept] == [(1, False), (2, True), (3, False)]
    signature = any_room.history.rows(sa.select(table.c.signature))[0][0]
    assert b"abc" not in bytes(signature)


def test_cells_and_signatures_expire(any_room: Room) -> None:
    any_room.poll([row("A", point=HERE, photos=["abc"])], 0)
    days = any_room.config.privacy.cell_days
    before, after = minute(days * 1440 - 1), minute(days * 1440 + 1)
    assert before is not None
    assert after is not None
    any_room.ingest.retain(any_room.epoch, before)
    assert len(any_room.history.rows(sa.select(schema.case_place))) == 1
    any_room.ingest.retain(any_room.epoch, after)
    assert any_room.history.rows(sa.select(schema.case_place)) == []


def with_boundaries(room: Room, folder: Path, areas: dict[str, list[tuple[float, float]]]) -> Room:
    """The same room in a city whose GeoJSON holds ``areas``: code -> ring of (lon, lat)."""
    features = [
        {"properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for code, ring in areas.items()
    ]
    (folder / "city.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    regions = room.config.regions.model_copy(update={"boundaries": "city.geojson"})
    config = room.config.model_copy(update={"regions": regions}).placed(folder, "")
    return Room(config, room.history, build(config, room.history), room.epoch)


def box(west: float, east: float) -> list[tuple[float, float]]:
    south, north = HERE[0] - 0.01, HERE[0] + 0.01
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def test_a_point_becomes_a_subdistrict_only_by_official_boundaries(room: Room, tmp_path: Path) -> None:
    assert room.poll([row("A", point=HERE)], 0).cases[0].after.record.subdistrict is None, "the drawn map places nobody"
    west, east = room.config.regions.subdistricts[:2]
    lon = HERE[1]
    placed = with_boundaries(room, tmp_path, {west.code: box(lon - 0.02, lon), east.code: box(lon, lon + 0.02)})
    points = {"W": lon - 0.001, "E": lon + 0.001, "border": lon, "outside": lon + 1}
    served = [row(key, point=(HERE[0], at)) for key, at in points.items()]
    found = {change.after.record.key: change.after.record for change in placed.poll([*served], 1).cases}
    assert (found["W"].subdistrict, found["W"].district) == (west.code, west.parent)
    assert (found["E"].subdistrict, found["E"].district) == (east.code, east.parent)
    assert found["border"].subdistrict is found["outside"].subdistrict is None


def test_every_centroid_of_the_city_lies_in_its_own_subdistrict(config: Config, shared: Path, tmp_path: Path) -> None:
    source = shared / "domain" / "tangerang_kelurahan.geojson"
    if not source.exists():
        pytest.skip("needs the boundaries among the domain facts")
    collection = json.loads(source.read_text("utf-8"))
    for feature in collection["features"]:
        feature["properties"] = {"code": feature["properties"]["kode"]}
    (tmp_path / "city.geojson").write_text(json.dumps(collection), "utf-8")
    locate = locator(config.regions.model_copy(update={"boundaries": "city.geojson"}), tmp_path)
    missed = [s.name for s in config.regions.subdistricts if s.lat and s.lon and locate(s.lat, s.lon) != s.code]
    assert missed == []


def test_the_exact_point_is_nowhere(any_room: Room) -> None:
    any_room.poll([row("A", point=(-6.17813579, 106.63002468))], 0)
    text = ""
    for table in schema.metadata.sorted_tables:
        text += "".join(repr(tuple(entry)) for entry in any_room.history.rows(sa.select(table)))
    assert "6.178" not in text
    assert "106.63" not in text
