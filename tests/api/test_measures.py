"""Reported figures through the API: by group, metric and place; held to the schema and to levels."""

from __future__ import annotations

from datetime import UTC, datetime
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


class CounterConnector(BedConnector):
    """Rows ``{year, month, value}`` of a counter that begins anew each year."""

    def parse(self, row: dict[str, Any], ctx: Any) -> Measurement:
        start = datetime(row["year"], row["month"], 1, tzinfo=ctx.zone).astimezone(UTC)
        end = datetime(row["year"], row["month"], 28, tzinfo=ctx.zone).astimezone(UTC)
        return Measurement(metric="houses", place="36.71", period_start=start, period_end=end, value=row["value"],
                           unit="houses", basis="cumulative_year")  # fmt: skip


def test_a_held_counter_is_said_beside_the_last_good_also_after_a_restart(room: Room, asker_of: Any) -> None:
    room.connector, room.source_id = CounterConnector(), "programmes"
    served = [{"year": 2025, "month": 12, "value": 400.0}, {"year": 2026, "month": 1, "value": 30.0}]
    room.poll(served, 0)
    assert asker_of(room).get("measures", metric="houses", place="36.71")["figures"][0]["missing"] == []
    commit = room.poll([*served, {"year": 2026, "month": 2, "value": 3.0}], 1)
    assert len(commit.doubtful or ()) == 1
    (figure,) = asker_of(room).get("measures", metric="houses", place="36.71")["figures"]
    assert (figure["value"], figure["missing"]) == (30, ["held:1"]), "a new year may begin at less, a month may not"
    room.poll([*served, {"year": 2026, "month": 2, "value": 44.0}], 2)
    (figure,) = asker_of(room).get("measures", metric="houses", place="36.71")["figures"]
    assert (figure["value"], figure["missing"]) == (44, [])


def test_a_counter_that_falls_takes_its_whole_past_with_it(room: Room, asker_of: Any) -> None:
    room.connector, room.source_id = CounterConnector(), "programmes"
    months = [{"year": 2026, "month": n, "value": 100.0 * n} for n in (1, 2, 3)]
    room.poll(months, 0)
    room.poll([{**row, "value": row["value"] * 0.05} for row in months], 1)
    values = [m["value"] for m in asker_of(room).get("measurements", metric="houses")["measurements"]]
    assert values == [300, 200, 100]


def test_score_cards_come_with_their_parts(room: Room, asker_of: Any) -> None:
    answer = asker_of(room).get("components")
    assert answer["components"]["living"]["score"] is None, "nobody has reported yet"
    parts = [part for part in answer["parts"] if part["component"] == "living"]
    assert {"bed_occupancy", "houses"} <= {part["key"] for part in parts}
    assert all(part["performance"] is None for part in parts)
