"""Scenarios 5 and 12: what a source says about time: when to come back, and what hour it takes it to be."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.scenarios.stage import Stage, until

# Tuesday, 13.30 WIB: what happened in the last hours would lie ahead when it is read in a wrong zone.
STAGE: dict[str, Any] = {"start": datetime(2026, 11, 24, 6, 30, tzinfo=UTC)}
SOURCES: dict[str, Any] = {"laksa": {"options": {"days": 10}}, "paten": {}, "open311": {}}
WAIT_S = 5


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
@pytest.mark.parametrize("fault", ["http_429", "http_503"])
def test_a_source_is_left_alone_as_long_as_it_asks(lifted: Stage, fault: str, as_date: bool) -> None:
    """Told by the source's own log of requests. The date is by the source's clock, which is another than the host's."""
    room, mark = lifted, len(lifted.log())
    before, others = len(room.asked("paten")), room.requests()
    room.fault("paten", fault, retry_after=WAIT_S, as_date=as_date, times=1)
    until(lambda: room.lines("paten", mark))
    refused = room.asked("paten")[-1]
    until(lambda: room.asked("paten")[-1] > refused)
    times = room.asked("paten")
    assert len(times) > before
    following = times[times.index(refused) + 1]
    assert following - refused >= WAIT_S - 0.1, "honoured"
    assert room.requests()["laksa"] >= others["laksa"] + 3, "the others are asked on"
    assert room.until_good("paten")["state"] != "broken", "one bad answer is not a breakdown"
    word = "rate_limited" if fault == "http_429" else "http_503"
    until(lambda: len(room.lines("paten", mark)) == 2, told=lambda: room.lines("paten", mark))
    assert word in room.lines("paten", mark)[0]


def test_a_source_whose_clock_runs_hours_ahead_is_not_fresh(lifted: Stage) -> None:
    room = lifted
    room.fault("laksa", "clock_ahead", hours=5)
    state = room.until_state("laksa", "stale", "clock_ahead")
    assert state["skew_s"] == pytest.approx(5 * 3600, abs=120), "how far it is out is shown"
    assert any(mark.startswith("future:") for mark in state["drift"])
    room.until_polled("laksa", times=3)
    assert room.source_state("laksa")["state"] == "stale", "answers do not make the future fresh"
    assert room.source_state("paten")["state"] == "fresh"
    room.lift("laksa")
    state = room.until_state("laksa", "fresh")
    assert abs(state["skew_s"]) < 120 and state["data_at"] <= state["last_poll"]


def test_local_time_with_a_z_behind_it_is_not_fresh(lifted: Stage) -> None:
    """The clock is right and the zone is wrong: seven hours ahead in what is said, none in the answer's date."""
    room = lifted
    room.fault("paten", "wib_as_utc")
    state = room.until_state("paten", "stale", "clock_ahead")
    assert abs(state["skew_s"]) < 120
    assert any(mark.startswith("future:") for mark in state["drift"])
    with closing(room.history()) as history:
        poll = history.recent_polls("paten", 1)[0]
    assert poll.data_at is not None and poll.data_at > poll.finished_at
    room.lift("paten")
    room.until_state("paten", "fresh")
