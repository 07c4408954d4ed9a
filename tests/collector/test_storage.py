"""The database is locked, full, or restarted: nothing acknowledged is lost, one line down, one up, screens are told."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from structlog.testing import capture_logs

from dashboard.history import History, open_history
from tests.collector.town import Screen, Town, check_log, collecting, held, town
from tests.collector.waiting import until

SHORT_MS = 300


def url_of(history: History) -> str:
    return history.engine.url.render_as_string(hide_password=False)


@contextmanager
def locked(history: History) -> Iterator[None]:
    """Somebody else holds the write lock: a backup, an administrator's forgotten transaction."""
    other = sa.create_engine(url_of(history), poolclass=sa.NullPool)
    with other.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("LOCK TABLE change_log, poll, lease IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()
    other.dispose()


@contextmanager
def full(history: History) -> Iterator[None]:
    """The disk has no page left: SQLite says what it says then."""
    with history.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit = [pages]

    def cap(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit[0]}")

    event.listen(history.engine, "begin", cap)
    yield
    limit[0] = 4_294_967_294


@contextmanager
def dropped(history: History) -> Iterator[None]:
    """Every connection ends, as when the server restarts."""
    other = sa.create_engine(url_of(history), poolclass=sa.NullPool)
    with other.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other.dispose()
    yield


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, history: History) -> Iterator[History]:
    """The same database, opened with a short wait for its lock."""
    monkeypatch.setattr("dashboard.history.engine.BUSY_MS", SHORT_MS)
    opened = open_history(url_of(history))
    yield opened
    opened.close()


@asynccontextmanager
async def at_work(folder: Path, history: History, valkey: str) -> AsyncIterator[tuple[Town, Any, Screen]]:
    screen = Screen(valkey)
    async with town(folder) as city:
        config = city.load("laksa", every_s=0.5)
        async with collecting(config, folder, city.clock, history, valkey):
            await until(lambda: screen.states() == {"laksa": "fresh"}, why=screen.states)
            yield city, config, screen


async def check_whole(city: Town, config: Any, history: History, screen: Screen) -> None:
    await until(lambda: held(history) == city.served(config))
    await until(lambda: (screen.leader() or {"unwritten_since": 0})["unwritten_since"] is None)
    seq = screen.seq
    await until(lambda: screen.seq > seq)
    check_log(history)


def lines_about_history(lines: list[Any]) -> list[str]:
    return [line["event"] for line in lines if line["event"].startswith("history ")]


async def test_a_locked_database_loses_nothing(
    tmp_path: Path, impatient: History, history: History, valkey: str
) -> None:
    with capture_logs() as lines:
        async with at_work(tmp_path, impatient, valkey) as (city, config, screen):
            with locked(history):
                city.add(5)
                told = await until(lambda: (screen.leader() or {}).get("unwritten_since"))
                assert abs(told - city.clock.now().timestamp() * 1000) < 600_000
                known = len(held(history)) if history.engine.dialect.name == "sqlite" else 0
                await until(lambda: lines_about_history(lines) == ["history fails"])
                assert known == 0 or len(held(history)) == known, "nothing was written past the lock"
                assert screen.states() == {"laksa": "fresh"}, "the last good stays on the walls"
            await check_whole(city, config, history, screen)
    assert lines_about_history(lines) == ["history fails", "history works again"]
    assert not [line for line in lines if line["event"] == "no longer leading"]


async def test_a_full_disk_loses_nothing(tmp_path: Path, sqlite_history: History, valkey: str) -> None:
    with capture_logs() as lines:
        async with at_work(tmp_path, sqlite_history, valkey) as (city, config, screen):
            with full(sqlite_history):
                city.add(400)
                await until(lambda: (screen.leader() or {}).get("unwritten_since"))
            await check_whole(city, config, sqlite_history, screen)
    assert lines_about_history(lines) == ["history fails", "history works again"]


async def test_a_restarted_server_loses_nothing(tmp_path: Path, postgres_history: History, valkey: str) -> None:
    async with at_work(tmp_path, postgres_history, valkey) as (city, config, screen):
        for _ in range(3):
            with dropped(postgres_history):
                city.add(5)
            await until(lambda: held(postgres_history) == city.served(config))
        await check_whole(city, config, postgres_history, screen)


async def test_what_one_answer_cannot_be_stored_for_is_that_sources_trouble_alone(
    tmp_path: Path, sqlite_history: History, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row the database will not take is no outage of the database: the other sources go on."""
    screen = Screen(valkey)
    take: Callable[..., Any] = sqlite_history.commit

    def commit(epoch: int, batch: Any) -> Any:
        if batch.source == "paten" and batch.poll.outcome == "ok":
            raise sa.exc.IntegrityError("INSERT", {}, ValueError("words of a citizen"))
        return take(epoch, batch)

    monkeypatch.setattr(sqlite_history, "commit", commit)
    with capture_logs() as lines:
        async with town(tmp_path) as city:
            config = city.load("laksa", "paten", every_s=0.5)
            async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
                await until(lambda: screen.states() == {"laksa": "fresh", "paten": "broken"}, why=screen.states)
                assert screen.source("paten")["cause"] == "cause.internal"
                assert (screen.leader() or {})["unwritten_since"] is None
    assert lines_about_history(lines) == []
    assert "words of a citizen" not in str(lines)


async def test_an_outage_at_the_start_is_over_when_it_is_over_and_not_at_the_next_poll(
    tmp_path: Path, sqlite_history: History, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source was polled lately and its next turn is an hour away: nothing need be written to know."""
    screen, away = Screen(valkey), threading.Event()
    ask: Callable[..., Any] = sqlite_history.source_current

    def source_current(source: str) -> Any:
        if away.is_set():
            raise sa.exc.OperationalError("SELECT", {}, ValueError("away"))
        return ask(source)

    monkeypatch.setattr("dashboard.rounds.STORE_AGAIN_S", 0.5)
    async with town(tmp_path) as city:
        config = city.load("laksa", every_s=3600)
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: screen.states() == {"laksa": "fresh"}, why=screen.states)
        away.set()
        monkeypatch.setattr(sqlite_history, "source_current", source_current)
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: (screen.leader() or {}).get("unwritten_since"))
            away.clear()
            await until(lambda: screen.leader()["unwritten_since"] is None)
