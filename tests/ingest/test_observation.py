"""Two clocks: what the source declares, and the interval in which the room saw it."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.contract import DELTA
from dashboard.facts import CaseChange, Commit
from dashboard.kpi.batch import Batch, Codes
from dashboard.kpi.ledger import observed_seconds
from dashboard.records import CaseStatus, EventKind
from tests.ingest.served import Room, minute, row


def only(commit: Commit) -> CaseChange:
    assert len(commit.cases) == 1
    return commit.cases[0]


def kinds(change: CaseChange) -> list[str]:
    return [event.kind.value for event in change.events]


def test_the_backlog_of_the_first_poll_has_no_observed_time(room: Room) -> None:
    change = only(room.poll([row("A", "selesai", -500, resolved=-100, responded=-400)], 0))
    fact = change.after
    assert fact.backlog
    assert (fact.observed_response_by, fact.observed_close_by, fact.close_uncertain) == (None, None, False)
    assert {event.observed_by for event in change.events} == {None}
    assert [event.declared_at for event in change.events] == [minute(-500), minute(-100)]


def test_an_arrival_is_observed_between_two_polls(room: Room) -> None:
    room.poll([], 0)
    fact = only(room.poll([row("A", "menunggu", 0.5)], 1)).after
    assert not fact.backlog
    assert fact.first_seen_at == minute(1)
    assert fact.observed_response_by is None


def test_what_comes_after_an_empty_start_is_backlog_unless_it_is_newer(room: Room) -> None:
    room.poll([], 0)
    room.poll([], 1)
    old, new = room.poll([row("A", "selesai", -500, resolved=-100), row("B", "selesai", 1.2, resolved=1.8)], 2).cases
    assert old.after.backlog
    assert (old.after.observed_response_by, old.after.observed_close_by) == (None, None)
    assert not new.after.backlog
    assert new.after.observed_close_by == minute(2)
    assert not only(room.poll([row("C", "menunggu", -500)], 3)).after.backlog, "the source is known by now"


def test_a_transition_is_the_interval_between_the_poll_without_and_the_poll_with_it(room: Room) -> None:
    room.poll([row("A")], 0)
    room.poll([row("A")], 1)
    change = only(room.poll([row("A", "proses")], 2))
    assert kinds(change) == ["responded"]
    event = change.events[0]
    assert (event.observed_after, event.observed_by) == (minute(1), minute(2))
    fact = change.after
    assert (fact.observed_response_after, fact.observed_response_by) == (minute(1), minute(2))
    assert not fact.response_uncertain
    assert fact.observed_close_by is None


def test_waiting_to_closed_in_one_look_is_one_event_for_both_and_marked(room: Room) -> None:
    room.poll([row("A")], 0)
    change = only(room.poll([row("A", "selesai", resolved=0.6)], 1))
    assert kinds(change) == ["closed"]
    assert change.events[0].both
    assert change.events[0].declared_at == minute(0.6)
    assert change.after.observed_response_by == change.after.observed_close_by == minute(1)


@pytest.mark.parametrize("closer", ["silence", "system"])
def test_a_closing_by_nobody_is_no_first_response(room: Room, closer: str) -> None:
    room.poll([row("C", "proses")], 0)
    room.poll([row(key, opened=0.5) for key in "ABD"], 1, coverage=DELTA)
    known, lapsed, answered, replied = room.poll(
        [
            row("A", "selesai", 0.5, resolved=1.6, closer=closer),
            row("B", "selesai", 0.5, resolved=1.6, responded=1.2, closer=closer),  # answered before
            row("C", "selesai", resolved=1.6, closer=closer),
            row("D", "selesai", 0.5, resolved=1.6, responded=1.6, closer=closer),  # an automatic reply
        ],
        2,
    ).cases
    assert kinds(lapsed) == ["closed"]
    assert not lapsed.events[0].both
    assert (lapsed.after.observed_response_by, lapsed.after.observed_close_by) == (None, minute(2))
    assert answered.after.observed_response_by == minute(2)
    assert replied.after.observed_response_by is None
    assert known.after.observed_response_by is None, "it was answered before the room looked"
    again = only(room.poll([row("A", "proses", 0.5)], 3, coverage=DELTA))
    assert kinds(again) == ["reopened", "responded"]
    assert again.after.observed_response_by == minute(3), "the first hand laid on it"
    room.poll([row("C", "proses")], 4, coverage=DELTA)
    assert only(room.poll([row("C", "selesai")], 5, coverage=DELTA)).after.observed_response_by is None


def test_a_closing_by_nobody_knows_whom_counts_until_the_source_says_whose_it_was(room: Room) -> None:
    def served(status: str, a: str = "", b: str = "") -> list[dict[str, Any]]:
        return [row("old"), row("A", status, 0.5, closer=a), row("B", status, 0.5, closer=b)]

    room.poll([row("old")], 0)
    room.poll(served("menunggu"), 1)
    counted, lapsed = room.poll(served("selesai", "unknown", "system"), 2).cases
    assert counted.after.observed_response_by == minute(2)
    assert lapsed.after.observed_response_by is None
    taken_back, given = room.poll(served("selesai", "system", "department"), 3).cases
    assert taken_back.after.observed_response_by is None
    assert (given.after.observed_response_after, given.after.observed_response_by) == (minute(1), minute(2))
    assert taken_back.after.observed_close_by == given.after.observed_close_by == minute(2)


def test_closed_after_an_answer_is_not_marked_as_both(room: Room) -> None:
    room.poll([row("A")], 0)
    room.poll([row("A", "proses")], 1)
    change = only(room.poll([row("A", "selesai")], 2))
    assert [(event.kind, event.both) for event in change.events] == [(EventKind.CLOSED, False)]
    assert change.after.observed_response_by == minute(1)


def test_a_four_hour_outage_makes_the_time_uncertain_not_late(room: Room) -> None:
    room.poll([row("A"), row("B")], 0)
    changes = room.poll([row("A", "selesai"), row("B", "proses")], 240).cases
    closed, responded = (change.after for change in changes)
    assert closed.close_uncertain
    assert closed.response_uncertain
    assert responded.response_uncertain
    assert not responded.close_uncertain
    assert (closed.observed_close_after, closed.observed_close_by) == (minute(0), minute(240))


def test_two_intervals_are_certain_and_a_little_more_is_not(room: Room) -> None:
    room.poll([row("A"), row("B")], 0)
    assert not only(room.poll([row("A", "proses"), row("B")], 2)).after.response_uncertain
    assert only(room.poll([row("A", "proses"), row("B", "proses")], 4.1)).after.response_uncertain


def test_failed_polls_widen_the_interval(room: Room) -> None:
    from dashboard.errors import SourceUnavailable

    room.poll([row("A")], 0)
    for at in (1, 2, 3):
        now = minute(at)
        assert now is not None
        room.ingest.fail(
            room.source, SourceUnavailable("timeout"), epoch=room.epoch, started_at=now, now=now, duration_ms=5
        )
    fact = only(room.poll([row("A", "proses")], 4)).after
    assert (fact.observed_response_after, fact.observed_response_by) == (minute(0), minute(4))
    assert fact.response_uncertain


def test_a_poll_that_was_not_whole_does_not_count_as_a_look(room: Room) -> None:
    room.poll([row("A"), row("B")], 0)
    room.poll([row("B")], 1, whole=False)
    fact = only(room.poll([row("A", "proses"), row("B")], 2)).after
    assert fact.observed_response_after == minute(0)


def test_reopened_forgets_the_close_and_counts(room: Room) -> None:
    room.poll([row("A")], 0)
    room.poll([row("A", "selesai", resolved=0.5)], 1)
    change = only(room.poll([row("A", "proses")], 2))
    assert kinds(change) == ["reopened"]
    assert change.after.record.reopened == 1
    assert change.after.observed_close_by is None
    assert not change.after.backdated
    assert room.poll([row("A", "proses")], 3).cases == []
    again = only(room.poll([row("A", "selesai", resolved=3.5)], 4))
    assert again.after.record.reopened == 1
    assert again.after.observed_close_by == minute(4)
    assert not again.after.backdated


def test_a_past_timestamp_that_changes_is_recorded(room: Room) -> None:
    room.poll([row("A", opened=-100)], 0)
    change = only(room.poll([row("A", opened=-10)], 1))
    assert [(e.kind, e.detail, e.origin) for e in change.events] == [(EventKind.BACKDATED, "opened_at", "room")]
    assert change.after.backdated
    later = only(room.poll([row("A", "proses", opened=-10)], 2))
    assert later.after.backdated, "once is for good"


def test_a_close_moved_back_is_recorded(room: Room) -> None:
    room.poll([row("A", "selesai", -500, resolved=-1)], 0)
    change = only(room.poll([row("A", "selesai", -500, resolved=-300)], 1))
    assert [(e.kind, e.detail) for e in change.events] == [(EventKind.BACKDATED, "resolved_at")]


def test_a_first_declared_time_is_no_backdating(room: Room) -> None:
    room.poll([row("A")], 0)
    assert not only(room.poll([row("A", "proses", responded=0.5)], 1)).after.backdated


def test_closed_before_created_is_marked_and_kept(room: Room) -> None:
    fact = only(room.poll([row("A", "selesai", 0, resolved=-60)], 1)).after
    assert fact.invalid_sequence
    assert fact.record.resolved_at == minute(-60)


def test_the_sources_own_events_are_kept_with_what_the_room_saw(room: Room) -> None:
    room.poll([row("A", events=[("assigned", 0, "DPUPR")])], 0)
    served = row("A", "proses", events=[("assigned", 0, "DPUPR"), ("returned", 0.2, "DLH"), ("responded", 0.4, "")])
    change = only(room.poll([served], 1))
    found = [(e.kind.value, e.declared_at, e.observed_by, e.detail) for e in change.events]
    assert found == [
        ("responded", minute(0.4), minute(1), ""),
        ("returned", minute(0.2), minute(1), "DLH"),
    ]


def test_a_pause_stops_the_deadline_and_its_end_moves_it(room: Room) -> None:
    day = 24 * 60
    due = only(room.poll([row("A", "proses")], 0)).after.due_at
    assert due is not None
    paused = only(room.poll([row("A", "jeda")], 1))
    assert kinds(paused) == ["paused"]
    assert paused.after.due_at is None
    resumed = only(room.poll([row("A", "proses")], 1 + 7 * day))
    assert kinds(resumed) == ["resumed"]
    moved = resumed.after.due_at
    assert moved is not None
    assert (moved - due).days >= 5
    room.restart()
    closed = only(room.poll([row("A", "selesai")], 2 + 7 * day)).after
    assert closed.due_at == moved, "the pause is remembered"
    assert closed.record.status is CaseStatus.CLOSED


def test_the_policy_is_pinned_until_the_case_is_another_matter(room: Room) -> None:
    fact = only(room.poll([row("A")], 0)).after
    assert (fact.policy, fact.due_basis) == ("aspiration-complaint", "usulan")
    fact = only(room.poll([row("A", "proses")], 1)).after
    assert fact.policy == "aspiration-complaint"
    fact = only(room.poll([row("A", "proses", klass="aspiration")], 2)).after
    assert fact.policy == "aspiration-wish"
    assert fact.due_at is None


def test_a_department_has_a_case_only_while_it_is_with_it(room: Room) -> None:
    """Custody: the department's clock starts when it gets the case, the city's runs throughout."""
    room.poll([row("A", opened=-60, opd="DPUPR"), row("B", opened=-60), row("C", opened=-60, opd="DPUPR")], 0)
    known = {fact.record.key: fact for fact in room.history.load_open_cases()}
    assert [known[key].held_since for key in "ABC"] == [minute(-60), None, minute(-60)]

    served = [row("A", opened=-60, opd="DLH"), row("B", opened=-60, opd="DLH"), row("C", opened=-60, opd="DPUPR")]
    passed = {change.after.record.key: change for change in room.poll(served, 1).cases}
    assert passed.keys() == {"A", "B"}
    for key, transfers in (("A", 1), ("B", None)):  # B had no department yet
        assert kinds(passed[key]) == ["assigned"]
        event = passed[key].events[0]
        assert (event.detail, event.observed_after, event.observed_by) == ("DLH", minute(0), minute(1))
        assert (passed[key].after.held_since, passed[key].after.record.opened_at) == (minute(1), minute(-60))
        assert passed[key].after.record.transfers == transfers

    back = only(room.poll([row("A", opened=-60, opd="DPUPR"), *served[1:]], 2)).after
    assert (back.held_since, back.record.transfers) == (minute(2), 2)
    gone = only(room.poll([row("A", opened=-60), *served[1:]], 3))
    assert (gone.after.held_since, gone.events[0].detail) == (None, "")
    kept = {fact.record.key: fact.held_since for fact in room.history.load_open_cases()}
    assert kept == {"A": None, "B": minute(1), "C": minute(-60)}


def test_the_source_dates_the_handing_over_when_it_tells_of_it(room: Room) -> None:
    told = [("assigned", -30, "DPUPR")]
    first = only(room.poll([row("A", opened=-60, opd="DPUPR", events=told)], 0)).after
    assert first.held_since == minute(-30)
    told = [*told, ("assigned", 0.5, "DLH")]
    change = only(room.poll([row("A", opened=-60, opd="DLH", events=told)], 1))
    assert kinds(change) == ["assigned"], "one event, not the room's and the source's"
    assert (change.events[0].declared_at, change.after.held_since) == (minute(0.5), minute(0.5))


def test_a_case_that_came_late_and_closed_has_no_observed_time(room: Room) -> None:
    """A minute between polls: A came and closed within it; B was open for hours before anybody was told of it."""
    room.poll([row("K")], 0)
    served = [row("A", "selesai", 0.4, resolved=0.9), row("B", "selesai", -300, resolved=0.9), row("K")]
    facts = sorted((change.after for change in room.poll(served, 1).cases), key=lambda fact: fact.record.key)
    batch = Batch.from_facts(facts, Codes(room.config))
    known, seconds = observed_seconds(batch, batch.observed_close_after, batch.observed_close_by, batch.close_uncertain)
    assert known.tolist() == [True, False]
    assert seconds[0] == 60, "the longest time it can have needed"
