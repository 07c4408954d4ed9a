"""Erasure takes text and source id for good; counts stay, a proof stays, nothing brings it back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from dashboard.history import schema
from dashboard.kpi.stock import is_open
from tests.ingest.served import Room, minute, row, rows

SECRET = "LAPOR-2026-000123"


def at(value: float) -> datetime:
    found = minute(value)
    assert found is not None
    return found


def everything(room: Room) -> str:
    found = ""
    for table in schema.metadata.sorted_tables:
        found += "".join(repr(tuple(entry)) for entry in room.history.rows(sa.select(table)))
    return found


def served(word: str = "menunggu") -> list[dict[str, object]]:
    secret = row(
        SECRET, word, text="pohon tumbang menutup jalan", office="Loket Khusus", attributes={"note": "unik sekali"}
    )
    return [*rows(3), secret, row("D", duplicate_of=SECRET)]


def test_erase(any_room: Room) -> None:
    any_room.block = {"summary": True}
    any_room.poll(served(), 0)
    any_room.poll(served("proses"), 1)
    for trace in (SECRET, "pohon", "Loket Khusus", "unik sekali"):
        assert trace in everything(any_room), "the test looks for what is there before"
    commit = any_room.ingest.erase(any_room.epoch, at(2), "laksa", SECRET, "request 7/2026")
    assert commit is not None
    assert commit.kind == "erase"
    (change,) = commit.cases
    assert change.after.record.key == ""
    text = everything(any_room)
    for trace in (SECRET, "pohon", "Loket Khusus", "unik sekali"):
        assert trace not in text
    kept = any_room.history.case_facts([change.after.number])[change.after.number]
    assert kept.record.status == "in_process"
    assert kept.record.opened_at == minute(0)
    assert len(list(any_room.history.load_open_cases())) == 5, "it still counts"
    assert (kept.uncovered_at, kept.vanished_at) == (at(2), None)
    (proof,) = any_room.history.rows(sa.select(schema.erasure))
    assert (proof.number, proof.cause, proof.reason, proof.versions, proof.texts) == (
        change.after.number, "request", "request 7/2026", 3, 1,
    )  # fmt: skip


def test_an_open_case_that_is_erased_leaves_the_queue_and_is_never_late(any_room: Room) -> None:
    any_room.poll(served(), 0)
    month = at(60 * 1440)
    late = {fact.number for fact in any_room.history.cases({"overdue_at": month})[0]}
    number = any_room.ingest.number_of("laksa", SECRET)
    assert number in late, "nobody answered it for two months"
    commit = any_room.ingest.erase(any_room.epoch, at(1), "laksa", SECRET, "request 7/2026")
    assert commit is not None
    (change,) = commit.cases
    assert change.before is not None
    assert (is_open(change.before), is_open(change.after)) == (True, False)
    assert {fact.number for fact in any_room.history.cases({"overdue_at": month})[0]} == late - {number}
    (told,) = [c for c in any_room.history.commits_since(commit.seq - 1) if c.seq == commit.seq]
    (again,) = told.cases
    assert again.before is not None
    assert (is_open(again.before), again.after) == (True, change.after), "a standby that hears of it late"
    events = any_room.history.rows(sa.select(schema.case_event.c.kind).where(schema.case_event.c.seq == commit.seq))
    assert [event.kind for event in events] == ["uncovered"]
    closed = any_room.poll(served("selesai"), 2)
    assert number not in {write.after.number for write in closed.cases}


def test_neither_a_poll_nor_a_restart_nor_a_rebuild_brings_it_back(any_room: Room) -> None:
    any_room.block = {"summary": True}
    any_room.poll(served(), 0)
    any_room.ingest.erase(any_room.epoch, at(1), "laksa", SECRET, "request")
    for minute_, word in ((2, "menunggu"), (3, "selesai")):
        commit = any_room.poll(served(word), minute_)
        assert commit.cases == []
        assert commit.poll is not None
        assert commit.poll.outcome == "ok"
        any_room.restart()
    any_room.connector.PARSER_VERSION = 2
    assert any_room.poll(served("selesai"), 4).cases == []
    assert SECRET not in everything(any_room)
    assert "pohon" not in everything(any_room)
    for commit in any_room.history.commits_since(0):
        assert SECRET not in repr(commit)


def test_what_is_erased_and_served_still_is_read_once_and_not_at_each_poll(any_room: Room) -> None:
    any_room.poll(served(), 0)
    any_room.ingest.erase(any_room.epoch, at(1), "laksa", SECRET, "request")
    any_room.poll(served(), 2)
    read = any_room.connector.parsed
    assert any_room.poll(served(), 3).cases == []
    assert any_room.connector.parsed == read
    assert len(any_room.poll(served("proses"), 4).cases) == 0


def test_it_never_vanishes_later(any_room: Room) -> None:
    any_room.poll(served(), 0)
    any_room.ingest.erase(any_room.epoch, at(1), "laksa", SECRET, "request")
    without = [entry for entry in served() if entry["id"] != SECRET]
    assert [any_room.poll(without, n).cases for n in (2, 3, 4)] == [[], [], []]


def test_what_is_not_there_is_not_erased(any_room: Room) -> None:
    any_room.poll(rows(2), 0)
    before = any_room.history.last_seq()
    assert any_room.ingest.erase(any_room.epoch, at(1), "laksa", "nobody", "request") is None
    assert any_room.history.last_seq() == before


def test_retention_takes_text_and_id_of_what_closed_long_ago(any_room: Room) -> None:
    any_room.block = {"summary": True}
    days = any_room.config.kinds["aspiration"].retention_days
    assert days is not None
    closed = row("OLD", "selesai", -500, resolved=-100, text="lampu jalan padam")
    any_room.poll([closed, row("OPEN", opened=-400 * 1440, text="lampu taman padam")], 0)
    assert any_room.ingest.retain(any_room.epoch, at((days - 1) * 1440)) is None
    commit = any_room.ingest.retain(any_room.epoch, at((days + 1) * 1440))
    assert commit is not None
    assert [change.after.record.key for change in commit.cases] == [""]
    text = everything(any_room)
    assert "jalan padam" not in text
    assert "taman padam" in text, "an open case keeps its text"
    assert any_room.ingest.retain(any_room.epoch, at((days + 2) * 1440)) is None
    assert (
        any_room.poll([closed, row("OPEN", opened=-400 * 1440, text="lampu taman padam")], (days + 2) * 1440).cases
        == []
    )
    assert [chunk["status"] for chunk in any_room.history.closed_columns()] == [["closed"]]
