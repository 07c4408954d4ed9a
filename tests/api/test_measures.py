"""Reported figures through the API: by group, metric and place; held to the schema and to levels."""

from __future__ import annotations

from typing import Any

from dashboard.records import Measurement
from tests.ingest.served import Room, minute


class BedConnector:
    """Rows ``{metric, place, day, value}``."""

    PARSER_VERSION = 1
    SHAPES = ("measurement",)

    def parse(self, row: dict[str, Any], ctx: Any) -> Measurement:
        start = minute(row["day"] * 1440 - 480)
        end = minute(row["day"] * 1440 + 960)
        assert start is not None
        assert end is not None
        value = row["value"]
        return Measurement(metric=row["metric"], place=row["place"], period_start=start, period_end=end, unit="beds",
                           value=value, variant="icu", reported=value is not None)  # fmt: skip


def test_figures_by_group_and_place(room: Room, asker_of: Any) -> None:
    room.connector, room.source_id = BedConnector(), "health"
    room.poll(
        [
            {"metric": "beds_free", "place": place, "day": 0, "value": v}
            for place, v in (("rsud", 3.0), ("hospital_1", 4.0))
        ],
        0,
    )
    asker = asker_of(room)
    answer = asker.get("measures", group="health", place="36.71")
    city = next(figure for figure in answer["figures"] if figure["metric"] == "beds_free")
    assert (city["value"], city["places"], city["parts"]) == (7, 2, {"icu": 7})
    assert (city["target"], city["target_status"], city["met"]) == (100, "usulan", False)
    assert answer["metrics"]["beds_free"]["aggregation"] == "sum"
    assert asker.get("measures", metric="beds_free", place="rsud")["figures"][0]["value"] == 3
    status, problem = asker.ask("measures", group="weapons")
    assert (status, problem["parameter"]) == (404, "group")


def test_a_confidential_metric_is_in_no_answer(room: Room, asker_of: Any) -> None:
    metrics = dict(room.config.metrics)
    metrics["beds_free"] = metrics["beds_free"].model_copy(update={"visibility": "confidential"})
    object.__setattr__(room, "config", room.config.model_copy(update={"metrics": metrics}))
    room.connector, room.source_id = BedConnector(), "health"
    room.poll([{"metric": name, "place": "rsud", "day": 0, "value": 3.0} for name in ("beds_free", "beds")], 0)
    asker = asker_of(room)
    assert {figure["metric"] for figure in asker.get("measures")["figures"]} >= {"beds"}
    assert "beds_free" not in str(asker.get("measures"))
    assert {m["metric"] for m in asker.get("measurements")["measurements"]} == {"beds"}
    for name in ("measures", "measurements"):
        status, problem = asker.ask(name, metric="beds_free")
        assert status == 404
        assert "beds_free" not in str(problem["allowed"])


def test_score_cards_come_with_their_parts(room: Room, asker_of: Any) -> None:
    answer = asker_of(room).get("components")
    assert answer["components"]["living"]["score"] is None, "nobody has reported yet"
    parts = [part for part in answer["parts"] if part["component"] == "living"]
    assert {"bed_occupancy", "houses"} <= {part["key"] for part in parts}
    assert all(part["performance"] is None for part in parts)
