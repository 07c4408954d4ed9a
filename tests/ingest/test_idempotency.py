"""The same payload twice changes nothing; a crash between any two steps loses and doubles nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard.errors import NotLeader
from dashboard.history import STEPS, History, schema
from dashboard.records import CaseStatus
from tests.ingest.served import T0, PriceConnector, Room, StatusConnector, row, rows

VERSIONED = [schema.case_version, schema.case_event, schema.measurement_version, schema.status_version]


def count(history: History, table: sa.Table) -> int:
    return int(history.rows(sa.select(sa.func.count()).select_from(table))[0][0])


def counts(history: History) -> dict[str, int]:
    return {table.name: count(history, table) for table in schema.metadata.sorted_tables}


def test_the_same_payload_twice_writes_only_a_poll_row_and_its_seq(any_room: Room) -> None:
    payload = rows(50)
    first = any_room.poll(payload, 1)
    before = counts(any_room.history)
    random.Random(3).shuffle(payload)
    second = any_room.poll(payload, 2)
    after = counts(any_room.history)
    assert first.poll is not None and first.poll.new == 50
    assert second.seq == first.seq + 1
    assert second.poll is not None
    assert (second.poll.new, second.poll.changed, second.poll.digest) == (0, 0, first.poll.digest)
    assert {name for name in after if after[name] != before[name]} == {"poll", "change_log"}


def test_the_same_payload_after_a_restart_changes_nothing(any_room: Room) -> None:
    payload = rows(50)
    any_room.poll(payload, 1)
    before = counts(any_room.history)
    any_room.restart()
    any_room.connector.parsed = 0
    second = any_room.poll(payload, 2)
    assert second.cases == []
    assert any_room.connector.parsed == 0, "unchanged rows are not parsed, not even after a restart"
    assert counts(any_room.history) == before | {"poll": 2, "change_log": 2}


def test_fields_in_another_order_are_the_same_row(room: Room) -> None:
    room.poll([row("A", opd="DPUPR")], 1)
    turned = dict(reversed(row("A", opd="DPUPR").items()))
    commit = room.poll([turned], 2)
    assert commit.poll is not None and commit.poll.changed == 0


def test_the_same_price_and_state_written_another_way_make_no_version(any_room: Room) -> None:
    for source, connector, one in (
        ("tpid_prices", PriceConnector(), {"item": "rice", "day": 0, "value": 15000}),
        ("permits", StatusConnector(), {"site": "Kecamatan Cibodas", "state": "open"}),
    ):
        any_room.source_id, any_room.connector = source, connector
        any_room.poll([one], 1)
        before = counts(any_room.history)
        commit = any_room.poll([{**one, "nobody": "reads this"}], 2)
        assert commit.poll is not None and (commit.poll.new, commit.poll.changed) == (0, 0)
        assert counts(any_room.history) == before | {name: before[name] + 1 for name in ("poll", "change_log")}


def test_a_new_parser_reads_everything_again_and_makes_no_version_of_what_is_equal(any_room: Room) -> None:
    payload = rows(20)
    any_room.poll(payload, 1)
    any_room.connector.parsed = 0
    any_room.connector.PARSER_VERSION = 2
    commit = any_room.poll(payload, 2)
    assert any_room.connector.parsed == 20
    assert commit.cases == [] and count(any_room.history, schema.case_version) == 20
    any_room.connector.parsed = 0
    any_room.poll(payload, 3)
    assert any_room.connector.parsed == 0


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_loses_and_doubles_nothing(any_room: Room, step: str) -> None:
    payload = rows(10)
    any_room.poll(payload, 1)
    changed = [row("A0", "selesai"), *payload[1:], row("B", opened=1)]
    hit: list[str] = []

    class Killed(BaseException):
        pass

    def die(name: str) -> None:
        if name == step:
            hit.append(name)
            raise Killed

    before = counts(any_room.history)
    any_room.history.at_step = die
    with pytest.raises(Killed):
        any_room.poll(changed, 2)
    any_room.history.at_step = lambda _name: None
    assert hit == [step]
    written = counts(any_room.history) != before
    assert written == (step == "committed")
    any_room.restart()
    any_room.poll(changed, 3)
    versions = any_room.history.rows(sa.select(schema.case_version.c.number, schema.case_version.c.n))
    assert len(versions) == 12  # ten, one changed, one new; each exactly once
    assert [fact.record.key for fact in any_room.history.load_open_cases()] == [*(f"A{i}" for i in range(1, 10)), "B"]
    seqs = [entry[0] for entry in any_room.history.rows(sa.select(schema.change_log.c.seq))]
    assert sorted(seqs) == list(range(1, len(seqs) + 1)), "seq is gapless"


def test_memory_is_dropped_when_a_commit_fails(room: Room) -> None:
    room.poll(rows(3), 1)

    def fail(name: str) -> None:
        if name == "projected":
            raise OSError("disk full")

    room.history.at_step = fail
    with pytest.raises(OSError, match="disk full"):
        room.poll([*rows(3), row("B")], 2)
    room.history.at_step = lambda _name: None
    commit = room.poll([*rows(3), row("B")], 3)  # the same process goes on
    assert [change.after.record.key for change in commit.cases] == ["B"]


def test_a_paused_old_leader_cannot_commit(any_room: Room) -> None:
    any_room.poll(rows(3), 1)
    other = any_room.history.lease.acquire("standby", 2e9, 10)  # its lease has run out
    assert other is not None and other.epoch == any_room.epoch + 1
    before = counts(any_room.history)
    with pytest.raises(NotLeader):
        any_room.poll([*rows(3), row("B")], 2)
    with pytest.raises(NotLeader):
        any_room.history.tick(any_room.epoch, T0)
    assert counts(any_room.history) == before
    any_room.epoch = other.epoch
    commit = any_room.poll([*rows(3), row("B")], 3)
    assert [change.after.record.key for change in commit.cases] == ["B"]


def test_a_leader_that_comes_back_reads_what_the_other_wrote(
    make_room: Callable[[History], Room], history: History
) -> None:
    one = make_room(history)
    one.poll(rows(3), 1)
    two = make_room(history)
    two.poll([row("A0", "selesai"), *rows(3)[1:], row("B")], 2)
    lease = history.lease.acquire("test", 3e9, 1)
    assert lease is not None
    one.epoch = lease.epoch
    commit = one.poll([row("A0", "selesai"), *rows(3)[1:], row("B")], 3)
    assert commit.cases == []


def test_commits_are_rebuilt_from_the_history_as_they_were(any_room: Room) -> None:
    commits = [any_room.poll(rows(5), 1)]
    commits.append(any_room.poll([row("A0", "selesai", resolved=1), row("A1", "proses"), *rows(5)[2:]], 2))
    commits.append(any_room.poll([row("A0", "proses"), row("A1", "proses"), *rows(5)[2:]], 3))
    any_room.source_id, any_room.connector = "tpid_prices", PriceConnector()
    commits.append(any_room.poll([{"item": "rice", "day": 0, "value": 15000}], 4))
    commits.append(any_room.poll([{"item": "rice", "day": 0, "value": 15500}], 5))
    any_room.source_id, any_room.connector = "permits", StatusConnector()
    commits.append(any_room.poll([{"site": "Kecamatan Cibodas", "state": "open"}], 6))
    rebuilt = list(any_room.history.commits_since(0))
    assert [commit.seq for commit in rebuilt] == [1, 2, 3, 4, 5, 6]
    for old, new in zip(commits, rebuilt, strict=True):
        assert (new.kind, new.source, new.epoch, new.at, new.poll) == (
            old.kind,
            old.source,
            old.epoch,
            old.at,
            old.poll,
        )
        assert sorted(new.cases, key=number) == sorted(old.cases, key=number)
        assert list(new.measurements) == list(old.measurements)
        assert list(new.statuses) == list(old.statuses)
    assert list(any_room.history.commits_since(5)) == rebuilt[5:]


def number(change: Any) -> int:
    return int(change.after.number)


def test_every_version_served_is_kept_exactly_once(any_room: Room) -> None:
    """A source that changes at random, polled through crashes; history equals what it served."""
    seed = random.Random(11)
    truth: dict[str, list[str]] = {}
    served: dict[str, dict[str, Any]] = {}
    for step in range(1, 25):
        for key in [f"K{i}" for i in range(step)]:
            word = seed.choice(["menunggu", "proses", "selesai"])
            if key not in served or served[key]["status"] != word:
                served[key] = row(key, word)
        crash = seed.choice([None, None, *STEPS])

        def die(name: str, crash: str | None = crash) -> None:
            if name == crash:
                raise KeyboardInterrupt

        payload = list(served.values())
        seed.shuffle(payload)
        any_room.history.at_step = die
        try:
            any_room.poll(payload, step)
            landed = True
        except KeyboardInterrupt:
            landed = crash == "committed"
            any_room.restart()
        if landed:
            for entry in payload:
                seen = truth.setdefault(entry["id"], [])
                if not seen or seen[-1] != entry["status"]:
                    seen.append(entry["status"])
    any_room.history.at_step = lambda _name: None
    kept: dict[str, list[str]] = {}
    for commit in any_room.history.commits_since(0):
        for change in commit.cases:
            kept.setdefault(change.after.record.key, []).append(change.after.record.status_word)
    assert kept == truth
    assert {CaseStatus(f.record.status) for f in any_room.history.facts()} <= set(CaseStatus)
