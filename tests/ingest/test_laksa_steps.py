"""LAKSA's statuses through ingest and the board: a jump is one event for both, an automatic reply is no response."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors import laksa
from dashboard.board import Board
from dashboard.contract import NumberLocale, ParseContext
from dashboard.facts import CaseChange
from dashboard.records import CaseStatus, ClosedBy
from tests.ingest.served import T0, Room, minute
from tests.kpi.world import make_board


class LaksaRoom(Room):
    """The shipped connector's rows instead of made-up ones; polled every 60 s."""

    def context(self, now: Any) -> ParseContext[Any]:
        return ParseContext(
            source=self.source_id, options=laksa.Options(), words=self.ingest.registry, zone=self.ingest.registry.zone,
            numbers=NumberLocale(), fetched_at=now, city=self.config.city.code,
        )  # fmt: skip


@pytest.fixture
def laksa_room(room: Room) -> LaksaRoom:
    return LaksaRoom(room.config, room.history, room.ingest, room.epoch, connector=laksa)


def written(at: float | None) -> str | None:
    """Minutes after T0 as LAKSA writes its times, in its own zone."""
    return None if at is None else (T0 + timedelta(hours=7, minutes=at)).strftime("%Y-%m-%d %H:%M:%S")


def report(key: int, status: str = "menunggu", made: float = 0.5, **more: Any) -> dict[str, Any]:
    answered, closed = more.pop("answered", None), more.pop("closed", None)
    return {
        "id": key, "dibuat": written(made), "status": status, "jenis": "pengaduan", "kategori": "Jalan rusak",
        "ditanggapi": written(answered), "selesai_pada": written(closed), "diperbarui": written(closed or made),
        "ditutup_oleh": "opd" if closed is not None else None, "isi": "jalan berlubang", **more,
    }  # fmt: skip


def one(commit: Any) -> CaseChange:
    (change,) = commit.cases
    return change


def test_a_jump_from_menunggu_to_selesai_is_one_event_for_both(laksa_room: LaksaRoom) -> None:
    laksa_room.poll([], 0)
    laksa_room.poll([report(1)], 1)
    laksa_room.poll([report(1)], 2)
    change = one(laksa_room.poll([report(1, "selesai", answered=2.4, closed=2.4)], 3))
    assert change.before is not None and change.before.record.status is CaseStatus.WAITING
    (seen,) = [event for event in change.events if event.observed_by is not None]
    assert (seen.kind.value, seen.both, seen.observed_after, seen.observed_by) == ("closed", True, minute(2), minute(3))
    fact = change.after
    assert (fact.observed_response_by, fact.observed_close_by) == (minute(3), minute(3))
    assert (fact.record.status, fact.record.closed_by) == (CaseStatus.CLOSED, ClosedBy.DEPARTMENT)
    assert (fact.record.first_response_at, fact.record.resolved_at) == (minute(2.4), minute(2.4))


def test_the_steps_one_by_one_are_two_events(laksa_room: LaksaRoom) -> None:
    laksa_room.poll([], 0)
    laksa_room.poll([report(1)], 1)
    answered = one(laksa_room.poll([report(1, "proses", answered=1.5)], 2))
    closed = one(laksa_room.poll([report(1, "selesai", answered=1.5, closed=2.5)], 3))
    assert [event.kind.value for event in answered.events if event.observed_by] == ["responded"]
    assert [(e.kind.value, e.both) for e in closed.events if e.observed_by] == [("closed", False)]
    assert (closed.after.observed_response_by, closed.after.observed_close_by) == (minute(2), minute(3))


def test_an_automatic_reply_is_no_first_response(laksa_room: LaksaRoom) -> None:
    """An answer is there, but the report has not left menunggu."""
    laksa_room.poll([], 0)
    laksa_room.poll([report(1)], 1)
    assert not laksa_room.poll([report(1, answered=1.2)], 2).cases
    fact = one(laksa_room.poll([report(1, "proses", answered=1.2)], 3)).after
    assert (fact.observed_response_after, fact.observed_response_by) == (minute(2), minute(3))


def test_the_first_responses_of_the_day_are_counted_as_seen(laksa_room: LaksaRoom) -> None:
    """A jump (3 min), an answer (1 min), silence of the reporter (none), and one still waiting (none)."""
    board: Board = make_board(laksa_room.config)
    board.apply(laksa_room.poll([], 0))
    board.apply(laksa_room.poll([report(key) for key in (1, 2, 3, 4)], 1))
    board.apply(laksa_room.poll([report(1), report(2, "proses", answered=1.5), report(3), report(4)], 2))
    last = [
        report(1, "selesai", answered=3.5, closed=3.5), report(2, "proses", answered=1.5),
        report(3, "selesai", closed=3.5, ditutup_oleh="pelapor_diam"), report(4),
    ]  # fmt: skip
    board.apply(laksa_room.poll(last, 4))
    now = T0 + timedelta(minutes=4)
    kpis = board.documents(now, changed_only=False)["kpi:aspiration:city"]
    median, p90 = (kpis[f"aspiration.response_{name}.today"] for name in ("median", "p90"))
    assert (median["n"], median["value"], p90["value"]) == (2, 60, 180)
    assert kpis["aspiration.closed.today"]["value"] == 2
    assert kpis["aspiration.resolution_median.today"]["n"] == 2
    cohort = kpis["aspiration.cohort_today.today"]
    assert (cohort["value"], cohort["remainder"]) == (4, 0)
    assert {name: cohort["parts"][name] for name in ("waiting", "in_process", "closed")} == {
        "waiting": 1, "in_process": 1, "closed": 2,
    }  # fmt: skip
