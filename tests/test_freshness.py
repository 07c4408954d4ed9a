"""Freshness said in words with a frozen clock: fine, broken, broken, fine; and what a calendar owes when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.calendar import Calendar
from dashboard.config.model import Source
from dashboard.freshness import SourceHistory, judge, next_transition
from tests.config.factory import small_config

CONFIG = small_config()
CALENDAR = Calendar(CONFIG)
LAKSA, PIHPS = CONFIG.sources  # every 5 s; every 60 s and published Monday to Friday at 13.00, grace 30 minutes
PATIENT = PIHPS.model_copy(update={"stale_after_s": 14 * 86400.0})
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA).astimezone(UTC)


GOOD = SourceHistory(first_poll=ago(9999), last_poll=ago(1), last_success=ago(1), last_change=ago(30))


def state(history: SourceHistory, source: Source = LAKSA, now: datetime = NOW) -> str:
    return judge(source, history, now, CALENDAR)[0]


def test_a_source_that_was_never_polled() -> None:
    assert judge(LAKSA, SourceHistory(), NOW, CALENDAR) == ("never", None, None)
    assert next_transition(LAKSA, SourceHistory(), NOW, CALENDAR) is None


def test_ok_then_error_then_unavailable_then_ok() -> None:
    once = replace(GOOD, consecutive_failures=1, failing_since=ago(0), last_cause="timeout")
    twice = replace(once, consecutive_failures=2)
    again = replace(GOOD, last_success=ago(0), last_poll=ago(0))
    assert [state(history) for history in (GOOD, once, twice, again)] == ["fresh", "fresh", "broken", "fresh"]
    assert judge(LAKSA, twice, NOW, CALENDAR) == ("broken", ago(0), "timeout")


def test_a_source_that_never_answered_breaks_at_the_second_poll() -> None:
    first = SourceHistory(
        first_poll=ago(5), last_poll=ago(5), consecutive_failures=1, failing_since=ago(5), last_cause="dns"
    )
    assert state(first) == "never"
    assert judge(LAKSA, replace(first, consecutive_failures=2), NOW, CALENDAR) == ("broken", ago(5), "dns")


def test_nothing_new_is_quiet_and_not_old() -> None:
    quiet = replace(GOOD, last_change=ago(3600))
    assert judge(LAKSA, quiet, NOW, CALENDAR) == ("quiet", ago(3600) + timedelta(minutes=15), None)


def test_the_last_good_ages() -> None:
    silent = replace(GOOD, last_success=ago(61), last_poll=ago(61))
    assert judge(LAKSA, silent, NOW, CALENDAR) == ("stale", ago(1), "not_polled")
    failing = replace(silent, consecutive_failures=1, last_cause="timeout")
    assert judge(LAKSA, failing, NOW, CALENDAR)[2] == "timeout"
    slow = LAKSA.model_copy(update={"every_s": 600.0})
    assert state(silent, slow) == "fresh", "five intervals of a slow source"
    assert state(replace(GOOD, last_success=ago(31)), LAKSA.model_copy(update={"stale_after_s": 30.0})) == "stale"


def test_in_a_city_that_runs_fast_nothing_is_old_that_could_not_have_been_asked_again() -> None:
    fast = Calendar(CONFIG.model_copy(update={"clock": CONFIG.clock.model_copy(update={"rate": 60.0})}))
    polled = replace(GOOD, last_success=ago(599), last_poll=ago(599))  # ten seconds of a real clock
    assert judge(LAKSA, polled, NOW, fast)[0] == "fresh"
    assert next_transition(LAKSA, polled, NOW, fast) == NOW + timedelta(seconds=1)
    assert judge(LAKSA, replace(polled, last_success=ago(600)), NOW, fast)[0] == "stale"
    assert judge(LAKSA, polled, NOW, CALENDAR)[0] == "stale"


def test_data_from_the_future_is_never_fresh() -> None:
    ahead = replace(GOOD, data_at=NOW + timedelta(hours=7))
    assert judge(LAKSA, ahead, NOW, CALENDAR)[::2] == ("stale", "clock_ahead")
    assert state(replace(GOOD, data_at=NOW + timedelta(minutes=5))) == "fresh", "a little skew is not a wrong clock"


@pytest.mark.parametrize(
    ("now", "data_of", "expected"),
    [
        ("2026-11-28 10:00", "2026-11-27", "not_due"),  # Saturday
        ("2026-11-30 12:59", "2026-11-27", "not_due"),  # Monday
        ("2026-11-30 13:00", "2026-11-27", "due"),
        ("2026-11-30 13:29", "2026-11-27", "due"),
        ("2026-11-30 13:30", "2026-11-27", "late"),
        ("2026-11-30 13:31", "2026-11-27", "late"),
        ("2026-11-30 13:31", "2026-11-30", "fresh"),
        ("2026-11-30 23:59", "2026-11-30", "fresh"),
        ("2026-12-01 00:00", "2026-11-30", "not_due"),
        ("2026-12-24 15:00", "2026-12-23", "not_due"),  # cuti bersama
        ("2026-12-25 15:00", "2026-12-23", "not_due"),  # Christmas
        ("2026-12-28 13:31", "2026-12-23", "late"),
        ("2026-11-28 10:00", "2026-11-26", "late"),  # Friday's never came: Saturday does not forgive it
        ("2026-11-30 13:10", "2026-12-05", "stale"),  # a clock days ahead
    ],
)
def test_pihps(now: str, data_of: str, expected: str) -> None:
    at = local(now)
    history = SourceHistory(
        first_poll=at - timedelta(days=30), last_poll=at, last_success=at, last_change=at - timedelta(days=1),
        data_at=local(f"{data_of} 00:00"),
    )  # fmt: skip
    assert state(history, PIHPS, at) == expected


def test_a_calendar_does_not_hide_a_broken_source() -> None:
    at = local("2026-11-28 10:00")
    history = SourceHistory(
        first_poll=at - timedelta(days=30), last_success=at, last_change=at - timedelta(days=1), consecutive_failures=2,
        failing_since=at, last_cause="refused", data_at=local("2026-11-27 00:00"),
    )  # fmt: skip
    assert state(history, PIHPS, at) == "broken"
    assert state(replace(history, consecutive_failures=0), PIHPS, at + timedelta(hours=1)) == "stale"


def test_the_next_change_of_a_weekend_is_mondays_publication() -> None:
    at = local("2026-11-28 10:00")
    history = SourceHistory(
        first_poll=at,
        last_poll=at,
        last_success=at,
        last_change=at - timedelta(days=1),
        data_at=local("2026-11-27 00:00"),
    )
    assert next_transition(PATIENT, history, at, CALENDAR) == local("2026-11-30 13:00")
    assert next_transition(PATIENT, history, local("2026-11-30 13:00"), CALENDAR) == local("2026-11-30 13:30")


INSTANTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
MAYBE = st.none() | INSTANTS


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([LAKSA, PIHPS, PATIENT]), INSTANTS, MAYBE, MAYBE, MAYBE, st.integers(0, 3), st.data())
def test_nothing_changes_before_the_next_transition_and_something_does_at_it(
    source: Source, now: datetime, success: datetime | None, change: datetime | None, data_at: datetime | None,
    failures: int, data: st.DataObject,
) -> None:  # fmt: skip
    success = min(success, now) if success else None
    history = SourceHistory(
        first_poll=success, last_poll=success, last_success=success, last_change=min(change, now) if change else None,
        consecutive_failures=failures, data_at=data_at,
    )  # fmt: skip
    current = state(history, source, now)
    turn = next_transition(source, history, now, CALENDAR)
    horizon = turn or now + timedelta(days=3)
    assert horizon > now
    between = now + (horizon - now) * data.draw(st.floats(0, 0.999999))
    assert state(history, source, between) == current
    if turn is not None:
        assert state(history, source, turn) != current


@settings(max_examples=100, deadline=None)
@given(INSTANTS, MAYBE, st.integers(0, 5))
def test_since_is_never_in_the_future(now: datetime, data_at: datetime | None, failures: int) -> None:
    history = SourceHistory(
        first_poll=now - timedelta(days=9), last_success=now, last_change=now, consecutive_failures=failures,
        failing_since=now, data_at=data_at,
    )  # fmt: skip
    for source in (LAKSA, PIHPS):
        _, since, _ = judge(source, history, now, CALENDAR)
        assert since is None or since <= now
