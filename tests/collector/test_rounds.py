"""Rounds: one source's trouble is its own, a sleeping host makes one run each, a fast city keeps real time limits."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from dashboard import clock as clocks
from dashboard import rounds
from dashboard.clock import Clock
from dashboard.history import History, schema
from tests.collector.clocks import stepped
from tests.collector.town import NOON, Screen, check_log, collecting, held, town
from tests.collector.waiting import until

POLL = schema.poll


def polls(history: History, source: str) -> int:
    query = sa.select(sa.func.count()).select_from(POLL).where(POLL.c.source == source)
    return int(history.rows(query)[0][0])


async def test_a_source_that_hangs_in_a_fast_city_delays_no_other_and_its_next_run_is_not_lost(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    """Sixty city seconds in each real one: the schedule runs fast, the time limit stays real."""
    screen, city_clock = Screen(valkey), Clock.begin(NOON, 60)
    async with town(tmp_path, city_clock) as city:
        config = city.load("laksa", "paten", every_s=30, timeout_s=0.4)
        async with collecting(config, tmp_path, city_clock, sqlite_history, valkey):
            await until(lambda: len(screen.states()) == 2 and "never" not in screen.states().values())
            await city.spoil("paten", "hang")
            before = polls(sqlite_history, "laksa")
            await until(lambda: screen.states().get("paten") == "broken", why=screen.states)
            assert screen.source("paten")["cause"] == "cause.timeout"
            assert polls(sqlite_history, "laksa") >= before + 2, "the other one was polled meanwhile"
            assert screen.states()["laksa"] in ("fresh", "quiet")
            await city.mend("paten")
            await until(lambda: screen.states().get("paten") in ("fresh", "quiet"), why=screen.states)
        failed = sa.select(POLL.c.started_at, POLL.c.finished_at).where(POLL.c.outcome == "unavailable")
        spans = [row.finished_at - row.started_at for row in sqlite_history.rows(failed)]
        assert min(spans) >= 0.4 * 60 * 1_000_000, "the limit was counted in real seconds"
    check_log(sqlite_history)


async def test_the_next_leader_knows_which_source_hung(
    tmp_path: Path, sqlite_history: History, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It belongs in the slow lane still. That lane is closed here, so that a poll shows where it stood."""

    def after(source: str, outcome: str) -> int:
        query = sa.select(sa.func.count()).select_from(POLL).where(POLL.c.source == source, POLL.c.outcome == outcome)
        return int(sqlite_history.rows(query)[0][0])

    async with town(tmp_path) as city:
        config = city.load("laksa", "paten", every_s=0.5, timeout_s=3)  # enough for LAKSA on a busy machine
        await city.spoil("paten", "hang")
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: after("paten", "unavailable"))
        await city.mend("paten")
        asked = polls(sqlite_history, "laksa")
        with monkeypatch.context() as closed:
            closed.setattr(rounds, "SLOW_AT_ONCE", 0)
            async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
                await until(lambda: polls(sqlite_history, "laksa") >= asked + 4)
                assert after("paten", "ok") == 0
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: after("paten", "ok"))


async def test_a_host_that_slept_eight_hours_makes_one_run_for_each_source(
    tmp_path: Path, sqlite_history: History, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = [0.0]
    real = clocks.elapsed
    monkeypatch.setattr("dashboard.rounds.elapsed", lambda: real() + slept[0])
    screen, clock, names = Screen(valkey), stepped(NOON), ("laksa", "paten", "permits")

    def counts() -> set[int]:
        return {polls(sqlite_history, name) for name in names}

    def sleep(hours: float) -> None:
        clock.forward(timedelta(hours=hours))
        slept[0] += hours * 3600

    rested = [0]
    rest = rounds.rest

    async def counted(seconds: float, look_s: float = 1.0) -> None:
        rested[0] += seconds > 1
        await rest(seconds, look_s)

    monkeypatch.setattr(rounds, "rest", counted)

    def ready(polled: int) -> bool:
        """Every source was asked so often and has begun to wait for the next time."""
        return counts() == {polled} and rested[0] == polled * len(names)

    async with town(tmp_path, clock) as city:
        config = city.load(*names, every_s=3600)
        async with collecting(config, tmp_path, clock, sqlite_history, valkey):
            await until(lambda: ready(1), why=counts)
            sleep(8)
            await until(lambda: ready(2), why=counts)
            sleep(1)
            await until(lambda: ready(3), why=counts)
            assert set(screen.states().values()) <= {"fresh", "quiet"}
        check_log(sqlite_history)
        assert held(sqlite_history) == city.served(config)


async def test_a_clock_set_back_stops_no_source(tmp_path: Path, sqlite_history: History, valkey: str) -> None:
    clock = stepped(NOON)
    async with town(tmp_path, clock) as city:
        config = city.load("laksa", every_s=0.5)
        async with collecting(config, tmp_path, clock, sqlite_history, valkey):
            await until(lambda: polls(sqlite_history, "laksa") >= 2)
            clock.forward(-timedelta(hours=3))
            before = polls(sqlite_history, "laksa")
            await until(lambda: polls(sqlite_history, "laksa") >= before + 4)
    check_log(sqlite_history)


async def test_the_breaker_opens_tries_again_and_closes(
    tmp_path: Path, sqlite_history: History, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.pacing.SOON_S", 1.0)
    screen = Screen(valkey)
    async with town(tmp_path, Clock.begin(NOON, 60)) as city:
        config = city.load("laksa", every_s=6)
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: screen.source("laksa").get("breaker") == "closed" and screen.source("laksa")["rows"])
            await city.spoil("laksa", "html_login")
            await until(lambda: screen.source("laksa").get("breaker") == "open")
            rows = screen.source("laksa")["rows"]
            assert rows, "the last good stays"
            assert screen.source("laksa")["cause"] == "cause.html_instead_of_data"
            await city.mend("laksa")
            await until(lambda: screen.source("laksa").get("breaker") == "closed")
            assert screen.states() == {"laksa": "fresh"}


async def test_a_source_that_is_away_is_one_line_down_and_one_up(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    screen = Screen(valkey)
    with capture_logs() as lines:
        async with town(tmp_path, Clock.begin(NOON, 60)) as city:
            config = city.load("laksa", every_s=12)
            async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
                await until(lambda: screen.states() == {"laksa": "fresh"})
                await city.spoil("laksa", "refuse")
                await until(lambda: screen.states() == {"laksa": "broken"})
                await city.mend("laksa")
                await until(lambda: screen.states() == {"laksa": "fresh"})
    told = [
        line["event"] for line in lines if line["event"] not in ("leading", "due times and visibility derived anew")
    ]
    assert told == ["source fails", "source answers again"]


async def test_why_a_query_was_refused_is_told_to_whoever_minds_the_source(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    screen = Screen(valkey)
    async with town(tmp_path) as city:
        config = city.load("laksa", "permits", every_s=0.5)
        laksa, permits = config.sources
        writes = "WITH x AS (SELECT 1) DELETE FROM permits"
        permits = permits.model_copy(update={"options": {**permits.options, "query": writes}})
        config = config.model_copy(update={"sources": (laksa, permits)}).placed(config.folder, "refused")
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: screen.source("permits").get("detail") == "the statement writes", why=screen.states)
            assert screen.source("permits")["cause"] in (None, "cause.query_refused")
            await until(lambda: screen.source("laksa").get("rows"))
            assert screen.source("laksa")["detail"] == ""


async def test_several_gone_at_once_and_no_way_out_is_our_own_trouble(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    """A link-local target can never be reached: the room must say that it is the room, and end it when it can."""
    screen = Screen(valkey)
    async with town(tmp_path) as city:
        config = city.load("laksa", "paten", "panel_harga", "permits", every_s=1,
                           uplink="{targets: ['169.254.1.1:9']}")  # fmt: skip
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: len(screen.states()) == 4 and "never" not in screen.states().values())
            for name in ("laksa", "paten", "panel_harga"):
                await city.spoil(name, "refuse")
            await until(lambda: (screen.document("meta") or {})["uplink_down"], why=screen.states)
            ours = {"laksa": "stale", "paten": "stale", "panel_harga": "stale"}
            await until(lambda: ours.items() <= screen.states().items(), why=screen.states)
            assert screen.source("laksa")["cause"] == "cause.uplink"
            assert screen.states()["permits"] in ("fresh", "quiet")
            for name in ("laksa", "paten", "panel_harga"):
                await city.mend(name)
            await until(lambda: not screen.document("meta")["uplink_down"])
            await until(lambda: "stale" not in screen.states().values(), why=screen.states)


HOURS = 4
POLICY = "[{id: quick, kind: aspiration, amount: 60, unit: minutes, basis: uji, status: ditetapkan,"
POLICY += " valid_from: 2016-01-01, set_by: TLR}]"


@pytest.mark.parametrize("absent", ["source", "room"])
async def test_nothing_becomes_late_or_backdated_by_an_absence_of_four_hours(
    tmp_path: Path, sqlite_history: History, valkey: str, absent: str
) -> None:
    """Reports are answered and closed while nobody looks; their deadline passes meanwhile. That they were closed is
    known, when is not: marked as uncertain, never late."""
    screen, clock = Screen(valkey), Clock.begin(NOON, 3600)

    def facts() -> list[Any]:
        keys = {str(number) for number in mine}
        return [f for f in sqlite_history.facts() if f.record.key in keys and f.source == "laksa"]

    async def pass_time() -> int:
        """Four city hours; the reports are closed in the middle of them. The most cases overdue meanwhile."""
        begun, most, moves = clock.now(), 0, 0
        while (spent := clock.now() - begun) < timedelta(hours=HOURS):
            if spent > timedelta(hours=2) and moves < 2:
                city.move(mine)
                moves += 1
            most = max(most, screen.document("queue:aspiration")["overdue"])
            await until(lambda: True)
        assert moves == 2
        return most

    async with town(tmp_path, clock) as city:
        config = city.load("laksa", every_s=300, policies=POLICY)
        async with collecting(config, tmp_path, clock, sqlite_history, valkey):
            await until(lambda: screen.states() == {"laksa": "fresh"})
            mine = city.hold(city.add(5))
            await until(lambda: len(facts()) == 5)
            if absent == "source":
                await city.spoil("laksa", "refuse")
                await until(lambda: screen.states() == {"laksa": "broken"})
                before = screen.document("queue:aspiration")["overdue"]
                assert await pass_time() <= before, "a source that is away makes nobody late"
                await city.mend("laksa")
                await until(lambda: all(not fact.record.status.open for fact in facts()))
        if absent == "room":
            await pass_time()
            async with collecting(config, tmp_path, clock, sqlite_history, valkey):
                await until(lambda: all(not fact.record.status.open for fact in facts()))
    for fact in facts():
        assert fact.due_at is not None
        assert fact.close_uncertain, "waktu amatan tidak pasti"
        assert fact.response_uncertain
        assert fact.observed_close_after < fact.due_at < fact.observed_close_by
        assert not fact.backdated
        assert fact.vanished_at is None
    check_log(sqlite_history)
