"""Is it us? One source's failure is its own; when several fail, the room asks its own way out first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.errors import SourceError, SourceRefused, SourceUnavailable
from dashboard.freshness import SourceHistory, judge
from dashboard.uplink import Uplink

GONE = SourceUnavailable("timeout")


class Net:
    """Which targets answer, how often they were asked, and what the room was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answering: set[str] = set()
        self.asked = 0
        self.told: list[bool] = []
        monkeypatch.setattr("dashboard.uplink.AGAIN_S", 0.0)
        monkeypatch.setattr("dashboard.uplink.PATIENCE_S", 0.0)

    async def probe(self, host: str, port: int) -> float:
        self.asked += 1
        if host not in self.answering:
            raise SourceUnavailable("unreachable")
        return 0.01

    def uplink(self, *targets: str, sources: int = 7) -> Uplink:
        return Uplink(targets, sources, self.told.append, self.probe)


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    return Net(monkeypatch)


async def fail(uplink: Uplink, *sources: str, error: SourceError = GONE) -> list[str]:
    return [(await uplink.judge(source, error)).cause for source in sources]


async def test_several_at_once_and_no_target_answers_it_is_us(net: Net) -> None:
    uplink = net.uplink("core:443", "dns:53")
    assert await fail(uplink, "a", "b", "c") == ["timeout", "timeout", "uplink"]
    assert net.asked == 2
    assert net.told == [True]
    assert await fail(uplink, "a", "b") == ["uplink", "uplink"]


async def test_one_target_answers_so_it_is_them(net: Net) -> None:
    net.answering = {"dns"}
    uplink = net.uplink("core:443", "dns:53")
    assert await fail(uplink, "a", "b", "c", "d") == ["timeout"] * 4
    assert net.told == []


async def test_one_or_two_are_never_our_fault_and_nobody_is_asked(net: Net) -> None:
    uplink = net.uplink("core:443")
    assert await fail(uplink, "a", "b", "a", "b") == ["timeout"] * 4
    assert net.asked == 0


async def test_without_targets_it_is_never_us(net: Net) -> None:
    assert await fail(net.uplink(), "a", "b", "c", "d") == ["timeout"] * 4


async def test_a_source_that_says_no_was_reached(net: Net) -> None:
    uplink = net.uplink("core:443")
    assert await fail(uplink, "a", "b", "c", error=SourceRefused("unauthorized")) == ["unauthorized"] * 3
    assert net.asked == 0


async def test_it_is_over_when_a_target_answers_or_most_sources_do(net: Net) -> None:
    uplink = net.uplink("core:443")
    await fail(uplink, "a", "b", "c")
    net.answering = {"core"}
    assert await fail(uplink, "a") == ["timeout"]
    net.answering = set()
    assert await fail(uplink, "a") == ["uplink"]
    uplink.good("a")
    assert net.told == [True, False, True, False]


@pytest.mark.parametrize("cause", ["uplink", "timeout"])
def test_sources_are_not_red_for_our_own_fault(config: Config, cause: str) -> None:
    now = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    history = SourceHistory(
        first_poll=now - timedelta(hours=1),
        last_poll=now,
        last_success=now - timedelta(seconds=10),
        consecutive_failures=3,
        failing_since=now - timedelta(seconds=8),
        last_cause=cause,
    )
    state, since, told = judge(config.sources[0], history, now, Calendar(config))
    assert (state, since, told) == ("stale" if cause == "uplink" else "broken", now - timedelta(seconds=8), cause)
