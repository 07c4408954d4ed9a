"""Scenario 13: a source that publishes by a calendar owes nothing on Saturday, on a day off, or at 12.59."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.scenarios.stage import Stage, stage, until

WIB = ZoneInfo("Asia/Jakarta")
PUBLISHED, LATE = time(13), time(13, 30)


def _opened(place: Path, start: datetime, rate: float) -> AbstractContextManager[Stage]:
    """A city whose PIHPS has not published today, asked every five minutes of city time."""
    return stage(place, {"pihps": {"every_s": 300}}, start=start, rate=rate, ready=_withhold)


def _withhold(room: Stage) -> None:
    room.fault("pihps", "withheld")


def _clock(room: Stage, milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, WIB)


def _seen(room: Stage) -> tuple[datetime, str, datetime] | None:
    """City time, state and since when; None before the first good poll."""
    documents = room.documents()
    state = next(iter(documents.get("sources", [])), None)
    if state is None or not state["last_success"]:
        return None
    return _clock(room, documents["meta"]["as_of"]), state["state"], _clock(room, state["since"])


def test_monday_not_due_until_one_then_due_then_late(short_tmp: Path) -> None:
    for minutes in (40, 120, 480):  # a slow machine is given more city time to start in
        place = short_tmp / str(minutes)
        place.mkdir()
        start = datetime(2026, 11, 23, 13, tzinfo=WIB) - timedelta(minutes=minutes)
        with _opened(place, start, rate=120) as room:
            at, state, _ = until(lambda room=room: _seen(room))
            if at.time() < PUBLISHED:
                assert state == "not_due"
                _becomes_due_then_late(room)
                return
    raise AssertionError("the room did not start in four minutes")


def _becomes_due_then_late(room: Stage) -> None:
    at, _, since = until(lambda: (seen := _seen(room)) and seen[1] == "due" and seen, 300)
    assert since.time() == PUBLISHED <= at.time(), "due from 13.00 on, to the second"
    at, _, since = until(lambda: (seen := _seen(room)) and seen[1] == "late" and seen)
    assert since.time() == LATE <= at.time(), "late from 13.30 on"
    room.lift("pihps")
    _, _, since = until(lambda: (seen := _seen(room)) and seen[1] == "fresh" and seen)
    assert since.date() == at.date(), "published at last"


@pytest.mark.parametrize(
    "start",
    [datetime(2026, 11, 28, 12, 58, tzinfo=WIB), datetime(2026, 12, 24, 12, 58, tzinfo=WIB)],
    ids=["saturday", "cuti bersama"],
)
def test_nothing_is_owed_on_a_day_off(short_tmp: Path, start: datetime) -> None:
    with _opened(short_tmp, start, rate=240) as room:
        seen = [until(lambda: _seen(room))]
        while seen[-1][0] < start + timedelta(minutes=40):
            last = seen[-1][0]
            seen.append(until(lambda last=last: (now := _seen(room)) and now[0] > last and now))
        assert seen[-1][0].time() > LATE
        assert {state for _, state, _ in seen} == {"not_due"}
