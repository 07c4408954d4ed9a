"""Whatever a source serves and however long: what is remembered and kept of it has an end."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.contract import DELTA, Coverage
from dashboard.history import schema
from dashboard.history.store import QUARANTINED
from dashboard.ingest_memory import KEPT, WORDS, Memory
from dashboard.ingest_reading import QUARANTINED_AT_ONCE
from tests.ingest.served import PriceConnector, Room, minute, row, rows

DAY = 1440


def at(value: float) -> datetime:
    found = minute(value)
    assert found is not None
    return found


def count(room: Room, table: sa.Table) -> int:
    return int(room.history.rows(sa.select(sa.func.count()).select_from(table))[0][0])


def remembered(room: Room) -> dict[str, int]:
    memory: Memory = room.ingest._memories[room.source_id]
    return {f.name: len(found) for f in fields(memory) if isinstance(found := getattr(memory, f.name), (dict, set))}


def unreadable(poll: int, number: int = 200) -> list[dict[str, Any]]:
    return [row(f"Z{poll}-{n}", bad=True) for n in range(number)]


def test_ever_new_rows_that_cannot_be_read_are_all_counted_and_the_newest_kept(any_room: Room) -> None:
    enough = QUARANTINED // QUARANTINED_AT_ONCE + 4
    for n in range(enough):
        poll = any_room.poll(unreadable(n), n).poll
        assert poll is not None
        assert (poll.outcome, poll.rejected, poll.reject_reasons) == ("changed", 200, {"bad: cannot be read": 200})
        assert count(any_room, schema.quarantine) <= QUARANTINED + QUARANTINED_AT_ONCE
    assert count(any_room, schema.quarantine) >= QUARANTINED
    assert remembered(any_room)["quarantined"] == QUARANTINED
    newest, _ = any_room.history.rejects("laksa", limit=QUARANTINED_AT_ONCE)
    assert {entry["at"] for entry in newest} == {minute(enough - 1)}
    for again in (0, 1, enough - 1):  # forgotten long ago, or kept still
        poll = any_room.poll(unreadable(again), enough + again).poll
        assert poll is not None
        assert poll.rejected == 200


def test_quarantine_ends_with_its_days_and_begins_anew_while_the_row_is_served(any_room: Room) -> None:
    days = any_room.config.privacy.quarantine_days
    any_room.poll([*rows(20), row("GONE", bad=True), row("STAYS", bad=True)], 0)
    served = [*rows(20), row("STAYS", bad=True)]
    any_room.poll(served, 1)
    any_room.ingest.retain(any_room.epoch, at(days * DAY - 1))
    assert count(any_room, schema.quarantine) == 2
    any_room.ingest.retain(any_room.epoch, at(days * DAY + 1))
    assert count(any_room, schema.quarantine) == 0
    any_room.poll(served, days * DAY + 2)
    assert [entry["at"] for entry in any_room.history.rejects()[0]] == [minute(days * DAY + 2)]


def test_ever_new_words_are_all_counted_and_the_first_noted(room: Room) -> None:
    half = WORDS // 2
    for n in range(3):
        served = [row(f"A{i}", category=f"kata {n} {i}") for i in range(half)]
        poll = room.poll(served, n).poll
        assert poll is not None
        assert poll.unknown_words == {"category": half}
    assert remembered(room)["words"] == count(room, schema.unknown_word) == WORDS
    room.restart()
    room.poll([row("A0", category="kata lagi")], 4)
    assert count(room, schema.unknown_word) == WORDS


def test_what_a_window_or_a_delta_served_once_is_not_remembered_for_ever(room: Room) -> None:
    sizes = []
    for day in range(KEPT.days + 31):
        noon = day * DAY
        window = Coverage("window", "opened_at", minute(noon - 3 * DAY), minute(noon + 1))
        served = [row(f"W{d}-{n}", "selesai", d * DAY) for d in range(max(0, day - 3), day + 1) for n in range(3)]
        room.poll(served, noon, coverage=window)
        room.source_id = "lapor"
        room.poll([row(f"D{day}-{n}", "selesai", noon) for n in range(3)], noon, coverage=DELTA, next_cursor=day)
        room.ingest.retain(room.epoch, at(noon + 60))
        assert not room.ingest._memories
        room.poll([], noon + 61, coverage=DELTA)
        delta = remembered(room)
        room.source_id = "laksa"
        room.poll(served, noon + 61, coverage=window)
        sizes.append((remembered(room), delta))
    assert sizes[KEPT.days + 5] == sizes[-1]
    assert max(sizes[-1][0].values()) <= 3 * (KEPT.days + 2)


def test_prices_of_long_ago_are_not_remembered(room: Room) -> None:
    room.connector = PriceConnector()
    sizes = []
    for day in range(KEPT.days + 31):
        room.poll([{"item": f"i{n}", "day": day, "value": 100 + day + n} for n in range(3)], day * DAY)
        room.ingest.retain(room.epoch, at(day * DAY + 60))
        room.poll([{"item": "i0", "day": day, "value": 100 + day}], day * DAY + 61)
        sizes.append(remembered(room)["rows"])
    assert sizes[KEPT.days + 5] == sizes[-1] <= 3 * (KEPT.days + 2)


def test_cells_and_signatures_leave_memory_with_their_days(room: Room) -> None:
    room.poll([row("A", point=(-6.178, 106.630), photos=["abc"])], 0)
    places = room.ingest._places
    assert places is not None
    assert places._leads
    assert places._photos
    late = room.config.privacy.cell_days * DAY + 1
    room.ingest.retain(room.epoch, at(late))
    again = room.poll([row("A"), row("B", opened=late, photos=["abc"])], late + 1)
    assert [change.after.record.key for change in again.cases] == ["B"]
    table = schema.case_place
    assert [tuple(r) for r in room.history.rows(sa.select(table.c.number, table.c.photo_reused))] == [(2, False)]


def test_what_retention_erases_comes_in_portions(any_room: Room, monkeypatch: Any) -> None:
    monkeypatch.setattr("dashboard.history.erasure.CHUNK", 2)
    days = any_room.config.kinds["aspiration"].retention_days
    assert days is not None
    any_room.poll([row(f"OLD{n}", "selesai", -500, resolved=-100) for n in range(5)], 0)
    portions = []
    while (commit := any_room.ingest.retain(any_room.epoch, at((days + 1) * DAY))) is not None:
        portions.append(len(commit.cases))
    assert portions == [2, 2, 1]


def counter(day: int, value: float) -> dict[str, object]:
    return {"item": "calls", "day": day - 2 * 365, "value": value, "counter": True}


def test_a_counter_that_never_settles_is_held_without_end_but_not_without_bound(room: Room) -> None:
    room.connector = PriceConnector()
    room.poll([counter(0, 1000)], 0)
    for day in range(1, 60):
        room.poll([counter(day, 5 if day % 2 else 900)], day)
    memory = room.ingest._memories["laksa"]
    assert sum(map(len, memory.counters._held.values())) <= 12
    room.ingest.retain(room.epoch, at(401 * DAY))
    assert count(room, schema.held_measurement) == 0


def test_what_was_held_before_an_earlier_start_does_not_make_a_later_fall_believed(room: Room) -> None:
    """A counter began anew, was believed and grew; when it falls once more nothing speaks for that yet."""
    room.connector = PriceConnector()
    for day, value in enumerate((1000, 5, 9, 14, 900)):
        room.poll([counter(day, value)], day)
    room.restart()
    poll = room.poll([counter(6, 20)], 6).poll
    assert poll is not None
    assert poll.drift == ("counter_fell",)
    newest = max(room.history.latest_measurements(), key=lambda fact: fact.record.period_start)
    assert newest.record.value == 900
