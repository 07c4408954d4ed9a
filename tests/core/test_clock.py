"""One clock for simulator, scheduler and room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.clock import ENV, Clock


def test_city_time_runs_at_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    clock = Clock(start, anchor=1000.0, rate=60.0)
    assert clock.at(1010.0) == start + timedelta(minutes=10)
    monkeypatch.setenv(ENV, clock.to_environment())
    assert Clock.from_environment() == clock


def test_no_clock_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENV, raising=False)
    assert Clock.from_environment() is None


def test_real_clock_is_aware() -> None:
    assert Clock().now().tzinfo is UTC
