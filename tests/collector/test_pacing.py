"""When a source is asked next: its own instant, back-off that forgets nobody, a breaker that lets one through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import SourceError
from dashboard.pacing import BREAK_AFTER, SOON_S, Pace, retry_s, slot_after

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
BODY = SourceError("not_json")
WAY = SourceError("refused")


@given(st.text("abcdefgh_", min_size=1), st.floats(0.5, 86_400), st.floats(0, 2_000_000_000))
def test_the_next_slot_lies_ahead_and_within_one_interval(source: str, every: float, second: float) -> None:
    now = datetime.fromtimestamp(second, UTC)
    slot = slot_after(source, every, now)
    assert timedelta(0) < slot - now <= timedelta(seconds=every)


def test_every_leader_keeps_to_the_same_slots_and_sources_spread_out() -> None:
    first = {name: slot_after(name, 900, NOW) for name in ("laksa", "pihps", "paten", "permits", "counters")}
    assert len(set(first.values())) == len(first)
    for name, slot in first.items():
        assert slot_after(name, 900, slot) - slot == timedelta(seconds=900)
        assert slot_after(name, 900, slot - timedelta(seconds=1)) == slot


@pytest.mark.parametrize("every", [5.0, 60.0, 900.0])
def test_a_failing_source_is_tried_soon_and_then_less_often(every: float) -> None:
    waits = [retry_s(n, BODY, every, 0.0) for n in range(1, 30)]
    assert waits[0] == 2.0
    assert waits == sorted(waits)
    assert waits[-1] == max(every, SOON_S)
    assert max(retry_s(n, WAY, every, 0.0) for n in range(1, 30)) == SOON_S, "a way that opens again is found soon"


def test_what_the_source_asks_for_comes_before_all_and_nobody_comes_back_with_the_others() -> None:
    assert retry_s(1, SourceError("rate_limited", retry_after_s=90.0), 5.0, 0.0) == 90.0
    assert retry_s(3, BODY, 900.0, 1.0) == pytest.approx(8.0 * 1.2)


def test_the_breaker_opens_lets_one_through_and_closes() -> None:
    pace = Pace()
    states = []
    for _ in range(BREAK_AFTER):
        pace.begin()
        states.append(pace.breaker)
        pace.bad(WAY)
    assert states == ["closed"] * BREAK_AFTER
    assert pace.breaker == "open"
    pace.begin()
    assert pace.breaker == "half_open"
    pace.bad(WAY)
    assert pace.breaker == "open"
    pace.begin()
    pace.good()
    assert pace.breaker == "closed"


def test_only_a_time_limit_puts_a_source_into_the_slow_lane() -> None:
    pace = Pace()
    pace.bad(SourceError("timeout"))
    assert pace.slow
    pace.bad(WAY)
    assert not pace.slow
