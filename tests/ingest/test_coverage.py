"""Only what is missing twice inside a coverage that came whole has vanished; an empty list is never zero."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.board import Board
from dashboard.calendar import Calendar
from dashboard.config.registry import Registry
from dashboard.contract import DELTA, Coverage
from dashboard.facts import Commit
from dashboard.ingest_judgement import EMPTY_LEAST
from dashboard.publisher import rebuild
from dashboard.records import EventKind
from tests.collector.clocks import stepped
from tests.ingest.served import Room, minute, row, rows


def vanished(commit: Commit) -> list[str]:
    gone = [c for c in commit.cases if any(e.kind is EventKind.VANISHED for e in c.events)]
    return sorted(change.after.record.key for change in gone)


def test_missing_twice_is_vanished(any_room: Room) -> None:
    any_room.poll(rows(4), 0)
    assert vanished(any_room.poll(rows(3), 1)) == []
    commit = any_room.poll(rows(3), 2)
    assert vanished(commit) == ["A3"]
    event = commit.cases[0].events[0]
    assert (event.observed_after, event.observed_by, event.origin) == (minute(0), minute(2), "room")
    assert commit.cases[0].after.vanished_at == minute(2)
    assert any_room.poll(rows(3), 3).cases == []


def test_missing_once_and_back_is_nothing(any_room: Room) -> None:
    any_room.poll(rows(4), 0)
    any_room.poll(rows(3), 1)
    assert any_room.poll(rows(4), 2).cases == []
    assert vanished(any_room.poll(rows(3), 3)) == []


def test_the_first_miss_is_remembered_through_a_restart(any_room: Room) -> None:
    any_room.poll(rows(4), 0)
    any_room.poll(rows(3), 1)
    any_room.restart()
    commit = any_room.poll(rows(3), 2)
    assert vanished(commit) == ["A3"]
    assert commit.cases[0].events[0].observed_after == minute(0)


def test_a_repeated_payload_is_not_a_second_look(room: Room) -> None:
    room.poll(rows(4), 0)
    room.poll(rows(3), 1)
    assert vanished(room.poll(rows(3), 1)) == []
    assert vanished(room.poll(rows(3), 2)) == ["A3"]


def test_a_change_after_one_miss_reaches_back_to_the_poll_that_showed_it(room: Room) -> None:
    room.poll([row("A"), row("B")], 0)
    room.poll([row("B")], 1)
    change = room.poll([row("A", "proses"), row("B")], 2).cases[0]
    assert change.after.observed_response_after == minute(0)


def test_back_in_view_is_told_and_may_vanish_again(any_room: Room) -> None:
    any_room.poll(rows(4), 0)
    any_room.poll(rows(3), 1)
    any_room.poll(rows(3), 2)
    change = any_room.poll(rows(4), 3).cases[0]
    assert [event.kind for event in change.events] == [EventKind.RETURNED_TO_VIEW]
    assert change.after.vanished_at is None
    any_room.restart()
    assert any_room.poll(rows(4), 4).cases == []
    any_room.poll(rows(3), 5)
    assert vanished(any_room.poll(rows(3), 6)) == ["A3"]


def test_nothing_vanishes_from_a_delta_or_from_pages_that_did_not_come_whole(room: Room) -> None:
    room.poll(rows(4), 0)
    for at in range(1, 5):
        assert room.poll([], at, coverage=DELTA).cases == []
    for at in range(5, 9):
        assert vanished(room.poll(rows(1), at, whole=False)) == []


def test_a_window_speaks_only_for_itself(room: Room) -> None:
    window = Coverage("window", "opened_at", minute(-10), minute(100))
    room.poll([row("old", opened=-60), row("in", opened=0), row("stay", opened=0)], 0)
    commits = [room.poll([row("stay", opened=0)], at, coverage=window) for at in (1, 2, 3)]
    assert [vanished(commit) for commit in commits] == [[], ["in"], []]


def test_a_window_over_another_field(room: Room) -> None:
    window = Coverage("window", "updated_at", minute(-10), minute(100))
    room.poll([row("old", updated=-60), row("in", updated=0), row("stay", updated=1)], 1)
    commits = [room.poll([row("stay", updated=1)], at, coverage=window) for at in (2, 3)]
    assert [vanished(commit) for commit in commits] == [[], ["in"]]


def ended(commit: Commit) -> dict[str, list[str]]:
    return {change.after.record.key: [event.kind.value for event in change.events] for change in commit.cases}


def boards(room: Room, commits: list[Commit], at: float) -> Any:
    """The documents of a board that lived through the commits; one that is loaded from history says the same."""
    now = minute(at)
    assert now is not None
    lived, loaded = (Board(room.config, Registry(room.config), Calendar(room.config)) for _ in range(2))
    for commit in commits:
        lived.apply(commit)
    rebuild(loaded, room.history, stepped(now, 1e-9), room.epoch)
    first, second = (board.documents(now, changed_only=False) for board in (lived, loaded))
    for key in first.keys() - {"meta", "sources"}:
        assert first[key] == second[key], key
    return first


def test_an_open_case_that_the_window_leaves_behind_is_told_and_leaves_the_stock(any_room: Room) -> None:
    day = 24 * 60
    wide, narrow = (Coverage("window", "opened_at", minute(-days * day), minute(day)) for days in (90, 30))
    kept, old = row("kept"), row("old", opened=-40 * day)
    commits = [any_room.poll([kept, old, row("done", "selesai", -40 * day, resolved=-day)], 0, coverage=wide)]
    before = boards(any_room, commits, 0.5)
    assert [r["state"] for r in before["queue:aspiration"]["rows"]] == ["overdue", "open"]

    commits.append(any_room.poll([kept], 1, coverage=narrow))
    assert ended(commits[-1]) == {"old": ["uncovered"]}
    assert commits[-1].poll is not None
    assert (commits[-1].poll.vanished, commits[-1].poll.changed) == (0, 0), "that is no news of the source"
    (change,) = commits[-1].cases
    event = change.events[0]
    assert (event.observed_after, event.observed_by, event.origin) == (minute(0), minute(1), "room")
    after = boards(any_room, commits, 1.5)
    figures = after["kpi:aspiration:city"]
    stock, still = figures["aspiration.stock.today"], figures["aspiration.open.now"]
    told = {name: amount for name, amount in stock["parts"].items() if amount}
    assert (told, stock["value"], stock["remainder"]) == ({"start": 1, "received": 1, "uncovered": -1}, 1, 0)
    assert (still["value"], "uncovered:1" in still["missing"]) == (1, True)
    assert figures["aspiration.overdue_proposed.now"]["value"] == 0
    assert [r["number"] for r in after["queue:aspiration"]["rows"]] == [3]
    assert [line["what"] for line in after["changes"] if line["what"] != "source"] == ["uncovered"]
    late = any_room.history.cases({"kind": "aspiration", "overdue_at": minute(2)})[0]
    assert late == []

    any_room.restart()
    commits.append(any_room.poll([kept], 2, coverage=narrow))
    assert commits[-1].cases == [], "once is enough, and a restart does not tell it again"
    assert boards(any_room, commits, 2.5)["kpi:aspiration:city"]["aspiration.stock.today"]["remainder"] == 0

    commits.append(any_room.poll([kept, row("old", "selesai", -40 * day, resolved=2.5)], 3, coverage=wide))
    assert ended(commits[-1]) == {"old": ["returned_to_view", "closed"]}
    again = boards(any_room, commits, 3.5)["kpi:aspiration:city"]
    assert again["aspiration.stock.today"]["remainder"] == 0
    assert not any(entry.startswith("uncovered") for entry in again["aspiration.open.now"]["missing"])


def test_what_is_out_of_sight_for_good_is_erased_in_its_time(room: Room) -> None:
    window = Coverage("window", "opened_at", minute(-30), minute(100))
    room.poll([row("in"), row("old", opened=-60)], 0)
    room.poll([row("in")], 1, coverage=window)
    late = minute(2 + 24 * 60)
    assert late is not None
    commit = room.history.retain(room.epoch, late, {"aspiration": 1})
    assert commit is not None
    assert [change.after.number for change in commit.cases] == [1]


def test_an_empty_list_where_many_were_is_suspicious_however_often(any_room: Room) -> None:
    any_room.poll(rows(EMPTY_LEAST), 0)
    for at in range(1, 6):
        commit = any_room.poll([], at)
        assert commit.poll is not None
        assert commit.poll.outcome == "suspicious_empty"
        assert commit.cases == []
    histories = any_room.history.source_histories()["laksa"]
    assert histories.consecutive_failures == 5
    assert histories.last_success == minute(0)
    assert len(list(any_room.history.load_open_cases())) == EMPTY_LEAST
    good = any_room.poll(rows(1), 6)
    assert good.poll is not None
    assert good.poll.outcome == "ok"


def test_a_few_that_went_are_an_empty_list(room: Room) -> None:
    room.poll(rows(EMPTY_LEAST - 1), 0)
    commit = room.poll([], 1)
    assert commit.poll is not None
    assert commit.poll.outcome == "ok"
    assert len(vanished(room.poll([], 2))) == EMPTY_LEAST - 1


def test_not_modified_confirms_everything(room: Room) -> None:
    room.poll([row("A")], 0)
    commit = room.poll([], 1, not_modified=True)
    assert commit.poll is not None
    assert commit.poll.outcome == "not_modified"
    assert commit.cases == []
    change = room.poll([row("A", "proses")], 2).cases[0]
    assert change.after.observed_response_after == minute(1)


@pytest.mark.parametrize("turn", [False, True])
def test_a_case_served_twice_counts_once_and_the_latest_wins(room: Room, turn: bool) -> None:
    double = [row("A", "menunggu", updated=1), row("A", "proses", updated=2)]
    commit = room.poll(double[::-1] if turn else double, 3)
    assert commit.poll is not None
    assert commit.poll.new == 1
    assert commit.cases[0].after.record.status_word == "proses"
    again = room.poll(double if turn else double[::-1], 4)
    assert again.cases == [], "the older double does not bring the case back"


def test_equal_rows_count_once(room: Room) -> None:
    commit = room.poll([row("A"), row("A"), row("B")], 1)
    assert commit.poll is not None
    assert (commit.poll.rows, commit.poll.new) == (3, 2)
