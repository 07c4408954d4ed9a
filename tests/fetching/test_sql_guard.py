"""The SQL guard against real databases: it reads one statement within its limits and can do nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable
from dashboard.fetching import SqlGuard
from dashboard.fetching_sql import one_select

SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(30)",
}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    found = str(request.getfixturevalue(f"{request.param}_url"))
    engine = sa.create_engine(found)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE permit (nomor text, biaya numeric(12,2), tgl date)")
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("CREATE SEQUENCE counter")
        connection.exec_driver_sql("INSERT INTO permit VALUES ('A-1', 12500, '2026-11-24'), ('A-2', NULL, NULL)")
    engine.dispose()
    return found


@pytest.fixture
async def guard(url: str, tmp_path: Path) -> AsyncIterator[SqlGuard]:
    opened = SqlGuard(url, 1.0, 1_000_000, tmp_path)
    yield opened
    await opened.aclose()


async def test_rows_come_as_plain_values(guard: SqlGuard) -> None:
    rows = await guard.rows("SELECT nomor, biaya, tgl FROM permit WHERE nomor >= :a ORDER BY nomor;", {"a": "A"})
    assert rows == [
        {"nomor": "A-1", "biaya": 12500, "tgl": "2026-11-24"},
        {"nomor": "A-2", "biaya": None, "tgl": None},
    ]
    assert guard.bytes > 0


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM permit",
        "SELECT 1; DELETE FROM permit",
        "SELECT 1 /* ; */; COMMIT; DELETE FROM permit",
        "PRAGMA query_only = OFF",
        "ATTACH 'x' AS y",
        "WITH gone AS (DELETE FROM permit RETURNING nomor) SELECT * FROM gone",
    ],
)
async def test_nothing_can_be_written(guard: SqlGuard, url: str, query: str) -> None:
    with pytest.raises((SourceRefused, SourceChanged)) as caught:
        await guard.rows(query)
    assert caught.value.cause == "query_refused"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM permit").scalar() == 2
    engine.dispose()


WRITES = {"sqlite": "INSERT INTO permit (nomor) VALUES ('X')", "postgresql": "SELECT nextval('counter')"}


async def test_the_connection_itself_is_read_only(guard: SqlGuard, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The violation planted behind the first guard: the statement gets through, the database still says no."""
    monkeypatch.setattr("dashboard.fetching_sql.one_select", lambda query: query)
    with pytest.raises(SourceRefused) as caught:
        await guard.rows(WRITES[sa.make_url(url).get_backend_name()])
    assert caught.value.cause == "query_refused"


async def test_a_slow_statement_is_stopped(guard: SqlGuard, url: str) -> None:
    slow = SLOW[sa.make_url(url).get_backend_name()]
    with pytest.raises(SourceUnavailable) as caught:
        await guard.rows(slow)
    assert caught.value.cause == "timeout"
    assert len(await guard.rows("SELECT nomor FROM permit")) == 2  # and the next poll finds a free thread


async def test_a_large_answer_is_cut_off(url: str, tmp_path: Path) -> None:
    small = SqlGuard(url, 5.0, 10, tmp_path)
    with pytest.raises(SourceRefused) as caught:
        await small.rows("SELECT nomor, tgl FROM permit")
    await small.aclose()
    assert caught.value.cause == "too_large"


async def test_a_missing_column_is_a_change_and_tells_no_value(guard: SqlGuard) -> None:
    with pytest.raises(SourceChanged) as caught:
        await guard.rows("SELECT tiada FROM permit WHERE nomor = 'rahasia'")
    assert "rahasia" not in str(caught.value)


async def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    for url in ("sqlite:///nothing.sqlite", "postgresql://nobody:geheim@127.0.0.1:1/x"):
        guard = SqlGuard(url, 2.0, 1000, tmp_path)
        with pytest.raises(SourceUnavailable) as caught:
            await guard.rows("SELECT 1")
        await guard.aclose()
        assert "geheim" not in str(caught.value)
    assert not (tmp_path / "nothing.sqlite").exists()


def test_only_databases_that_can_be_held_to_reading(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        SqlGuard("mysql://host/x", 1.0, 1000, tmp_path)
    assert caught.value.cause == "not_configured"


async def test_a_locked_file_does_not_stop_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "permits.sqlite"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("CREATE TABLE t (a)")
    writer.execute("BEGIN EXCLUSIVE")
    guard = SqlGuard(f"sqlite:///{path}", 0.5, 1000, tmp_path)
    with pytest.raises(SourceUnavailable) as caught:
        await guard.rows("SELECT a FROM t")
    assert caught.value.cause == "timeout"
    writer.execute("COMMIT")
    assert await guard.rows("SELECT a FROM t") == []
    writer.close()
    await guard.aclose()


@pytest.mark.parametrize(
    "query", ["SELECT ';' AS a", "select 1 -- ; x", 'SELECT "a;b" FROM t', " with x as (select 1) table x ;"]
)
def test_a_semicolon_inside_a_word_is_no_second_statement(query: str) -> None:
    assert one_select(query)
