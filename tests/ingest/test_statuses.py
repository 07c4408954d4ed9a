"""Statuses from a source's rows to history and board: positions, the absence of a trail, who is gone, and that a board
from history is the board that lived through it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.board import Board
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.contract import ParseContext
from dashboard.history import schema
from dashboard.publisher import rebuild
from dashboard.records import Status
from tests.config.factory import small_config
from tests.ingest.served import T0, Room, StatusConnector

LABEL = {"id": "x", "en": "x"}
UNIT = {
    "label": LABEL,
    "states": {
        "on": {"label": LABEL, "level": "well", "position": True},
        "off": {"label": LABEL, "level": "idle"},
        "broken": {"label": LABEL, "level": "bad"},
    },
    "silent_after_minutes": 20,
    "flap_changes": 2,
}


class UnitConnector(StatusConnector):
    """Rows ``{unit, state, at, heard}``; the point as it came."""

    def parse(self, row: Any, ctx: ParseContext[Any]) -> Any:
        lat, lon = row.get("at", (None, None))
        heard = T0 + timedelta(minutes=row["heard"]) if "heard" in row else None
        return Status(
            subject=row["unit"], kind="unit", state=row["state"], label=row.get("label", ""), heard_at=heard,
            latitude=lat, longitude=lon, parent=row.get("parent"),
        )  # fmt: skip


@pytest.fixture
def config() -> Config:
    return small_config(status_kinds={"unit": UNIT})


@pytest.fixture
def units(any_room: Room) -> Room:
    any_room.connector = UnitConnector()
    return any_room


def board_of(room: Room) -> Board:
    return Board(room.config, Registry(room.config), Calendar(room.config))


def rebuilt(room: Room, minute: float) -> dict[str, Any]:
    board = board_of(room)
    clock = Clock(T0 + timedelta(minutes=minute), time.time(), 1.0)
    rebuild(board, room.history, clock, room.epoch)
    return board.documents(T0 + timedelta(minutes=minute), changed_only=False)["status:unit"]


def texts(room: Room, table: Any) -> str:
    return " ".join(row.fields for row in room.history.rows(table.select()))


def test_a_position_is_rounded_of_the_moment_and_never_off_shift(units: Room) -> None:
    for minute in range(4):
        at = (-6.171234 - minute / 10, 106.641234)
        units.poll([{"unit": "M1", "state": "on", "at": at, "heard": minute}], minute)
    (fact,) = units.history.latest_statuses()
    assert (fact.record.latitude, fact.record.longitude, fact.version) == (-6.47, 106.64, 1)
    assert fact.record.heard_at == T0 + timedelta(minutes=3)
    assert "latitude" not in texts(units, schema.status_version), "no trail"
    units.poll([{"unit": "M1", "state": "off", "at": (-6.17, 106.64), "heard": 4}], 4)
    (fact,) = units.history.latest_statuses()
    assert (fact.record.latitude, fact.record.longitude, fact.version) == (None, None, 2)
    assert "latitude" not in texts(units, schema.status_current) + texts(units, schema.status_version)


def test_who_is_no_longer_listed_is_gone_and_may_come_back(units: Room) -> None:
    rows = [{"unit": name, "state": "on"} for name in ("M1", "M2", "M3", "M4", "M5", "M6")]
    units.poll(rows, 0)
    units.poll(rows[1:], 1)
    assert rebuilt(units, 1)["total"] == 6, "missing once"
    units.poll(rows[1:], 2)
    assert rebuilt(units, 2)["total"] == 5
    units.poll(rows, 3)
    assert rebuilt(units, 3)["total"] == 6
    states = [fact.record.state for fact in units.history.latest_statuses() if fact.record.subject == "M1"]
    assert states == ["on"]


def test_a_row_that_cannot_be_read_makes_nobody_gone(units: Room) -> None:
    rows = [{"unit": name, "state": "on"} for name in ("M1", "M2", "M3", "M4", "M5", "M6")]
    units.poll(rows, 0)
    for minute in (1, 2, 3):
        units.poll([{"unit": None, "state": "on"}, *rows[1:]], minute)
    assert rebuilt(units, 3)["total"] == 6


def test_an_undeclared_state_is_kept_as_the_source_wrote_it(units: Room) -> None:
    units.poll([{"unit": "M1", "state": "melted"}], 0)
    (fact,) = units.history.latest_statuses()
    assert (fact.record.state, fact.record.state_word) == ("unknown", "melted")


def test_words_nobody_knows_of_subjects_are_counted_until_they_go(units: Room) -> None:
    def counted(states: dict[str, str], minute: float) -> dict[str, int]:
        poll = units.poll([{"unit": name, "state": state} for name, state in states.items()], minute).poll
        assert poll is not None
        return poll.unknown_words

    assert counted({"M1": "melted", "M2": "odd", "M3": "on"}, 0) == {"status": 2}
    units.restart()
    assert counted({"M1": "melted", "M2": "on", "M3": "on"}, 1) == {"status": 1}
    assert units.history.unknown_words(units.source_id) == {("status", "melted"), ("status", "odd")}
    counted({"M2": "on", "M3": "on"}, 2)
    assert counted({"M2": "on", "M3": "on"}, 3) == {}, "it is gone"


def test_a_board_from_history_is_the_board_that_lived_through_it(units: Room) -> None:
    lived = board_of(units)
    names = ("M1", "M2", "M3")
    steps: list[tuple[float, dict[str, str]]] = [
        (0, {}), (1, {"M1": "broken", "M2": "broken"}), (2, {"M1": "broken"}), (3, {"M2": "broken"}), (10, {}),
        (25, {"M3": "off"}), (26, {"M3": "odd"}),
    ]  # fmt: skip
    for minute, states in steps:
        rows = [
            {"unit": n, "state": states.get(n, "on"), "at": (-6.17 - minute / 50, 106.64), "heard": minute,
             "parent": None if n == "M1" else "M1"}
            for n in names
        ]  # fmt: skip
        commit = units.poll(rows, minute)
        lived.apply(commit)
        for after in (0.0, 0.4):
            documents = lived.documents(T0 + timedelta(minutes=minute + after), changed_only=False)["status:unit"]
            assert documents == rebuilt(units, minute + after), (minute, after)
    later = T0 + timedelta(minutes=47)
    assert lived.documents(later, changed_only=False)["status:unit"] == rebuilt(units, 47)
    late = rebuilt(units, 47)
    assert late["states"] == {"silent": 2, "unknown": 1}
    assert all(row["latitude"] is None for row in late["rows"]), "it may be off shift by now"
    found = [replace(commit, poll=None) for commit in units.history.commits_since(0)]
    again = board_of(units)
    for commit in found:
        again.apply(commit)
    assert again.statuses.facts == lived.statuses.facts, "also as the log tells it"
