"""When the first response is due, by the policy of the day of receipt; over both databases, never moved once given."""

from __future__ import annotations

from datetime import date

from dashboard.board import Board
from dashboard.calendar import Calendar
from dashboard.config.registry import Registry
from dashboard.publisher import rebuild
from tests.collector.clocks import stepped
from tests.ingest.served import Room, build, minute, row

DAY = 24 * 60
END_OF_WORK = 7 * 60  # T0 is 08.00 in Ramadan, when offices close at 15.00


def test_three_working_days_by_the_policy_of_first_responses(any_room: Room) -> None:
    any_room.poll([row("A", klass="aspiration"), row("B", kind="permit")], 0)
    facts = any_room.history.case_facts([1, 2])
    assert (facts[1].due_at, facts[1].due_basis) == (None, None), "a wish has no deadline but is answered"
    assert (facts[1].response_due_at, facts[1].response_basis) == (minute(3 * DAY + END_OF_WORK), "usulan")
    assert (facts[2].response_due_at, facts[2].response_basis) == (None, None)


def test_a_decree_moves_what_is_not_answered_yet(any_room: Room) -> None:
    any_room.poll([row("old"), row("waits"), row("acted")], 0)
    any_room.poll([row("old"), row("waits"), row("acted", "proses")], 1)
    holidays = any_room.config.holidays.model_copy(update={"extra": {date(2026, 3, 4): "decreed"}})
    ingest = build(any_room.config.model_copy(update={"holidays": holidays}), any_room.history)
    commit = ingest.rederive(any_room.epoch, any_room.history.case_facts([1])[1].first_seen_at, [1, 2, 3])
    assert commit is not None
    facts = any_room.history.case_facts([2, 3])
    assert facts[2].response_due_at == minute(4 * DAY + END_OF_WORK + 30), "a Friday"
    assert facts[3].response_due_at == minute(3 * DAY + END_OF_WORK), "whether that was in time has been decided"
    assert [c.cases for c in any_room.history.commits_since(commit.seq - 1)] == [commit.cases]


def test_the_share_that_was_answered_in_time(any_room: Room) -> None:
    late = 3 * DAY + END_OF_WORK + 1
    waiting = [row(key) for key in "ABCD"]
    commits = [any_room.poll([row("old", opened=-DAY)], -1), any_room.poll([row("old", opened=-DAY), *waiting], 0.5)]
    commits.append(any_room.poll([row("old", opened=-DAY), row("A", "proses"), *waiting[1:]], 1))
    commits += [any_room.poll([row("old", opened=-DAY), row("A", "proses"), *waiting[1:]], late)]
    closings = [row("B", "proses"), row("C", "selesai", closer="department"), row("D", "selesai", closer="system")]
    commits.append(any_room.poll([row("old", opened=-DAY), row("A", "proses"), *closings], late + 1))
    now = minute(late + 2)
    assert now is not None
    lived, loaded = (Board(any_room.config, Registry(any_room.config), Calendar(any_room.config)) for _ in range(2))
    for commit in commits:
        lived.apply(commit)
    rebuild(loaded, any_room.history, stepped(now, 1e-9), any_room.epoch)
    for board in (lived, loaded):
        city = board.documents(now, changed_only=False)["kpi:aspiration:city"]
        found = city["aspiration.answered_in_time_proposed.d7"]
        assert (found["numerator"], found["denominator"]) == (1, 3)
        assert "unanswered:1" in found["missing"]
        assert city["aspiration.answered_in_time.d7"]["denominator"] == 0
