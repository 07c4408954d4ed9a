"""The read-only history: it answers, never writes, makes nothing, and gives up after its time limit."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from dashboard.history import History, open_history, open_reader, schema
from dashboard.history.engine import HistoryReplaced

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
}


def reader_of(history: History, limit_s: float = 5.0) -> Any:
    return open_reader(history.engine.url.render_as_string(hide_password=False), limit_s)


def test_it_answers_and_cannot_write(history: History) -> None:
    reader = reader_of(history)
    assert reader.cases({}) == ([], None)
    with pytest.raises(DBAPIError), reader.engine.begin() as connection:
        connection.execute(sa.delete(schema.change_log))
    reader.close()


def test_an_endless_question_ends(history: History) -> None:
    reader = reader_of(history, 0.3)
    with pytest.raises(DBAPIError):
        reader.rows(sa.text(ENDLESS[history.engine.dialect.name]))
    assert reader.last_seq() == 0  # and the next one is answered
    reader.close()


def test_a_missing_file_stays_missing(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    reader = open_reader(f"sqlite:///{path}")
    with pytest.raises(DBAPIError):
        reader.last_seq()
    assert not reader.is_there()
    assert not path.exists()


def test_whether_a_room_ever_kept_something_here(history: History) -> None:
    reader = reader_of(history)
    assert reader.is_there()
    reader.close()


@pytest.mark.postgres
def test_an_empty_database_holds_nothing_and_one_that_is_away_is_an_error(postgres_url: str) -> None:
    reader, away = open_reader(postgres_url), open_reader("postgresql://room@127.0.0.1:9/room")
    assert not reader.is_there()
    with pytest.raises(DBAPIError):
        away.is_there()
    reader.close()
    away.close()


Kept = Callable[[Path, int], History]


@pytest.fixture
def kept(migrated_sqlite: Path) -> Kept:
    """A history at a path whose newest seq is a number."""
    return lambda path, seq: _kept(Path(shutil.copy(migrated_sqlite, path)), seq)


def _kept(path: Path, seq: int) -> History:
    history = open_history(f"sqlite:///{path}")
    lease = history.lease.acquire("test", 1.0, 1e9)
    assert lease is not None
    for _ in range(seq):
        history.tick(lease.epoch, datetime(2026, 11, 24, tzinfo=UTC))
    return history


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path, kept: Kept) -> None:
    place, copy = tmp_path / "history.sqlite", tmp_path / "copy.sqlite"
    kept(place, 3).close()
    kept(copy, 5).close()
    reader = open_reader(f"sqlite:///{place}")
    assert reader.last_seq() == 3
    copy.replace(place)
    assert reader.last_seq() == 5
    place.unlink()
    with pytest.raises(DBAPIError):
        reader.last_seq()
    assert not place.exists()
    kept(place, 2).close()
    assert reader.last_seq() == 2
    reader.close()


@pytest.mark.parametrize("lost", ["", "-wal"])
def test_nothing_is_written_into_a_file_that_was_taken_away(tmp_path: Path, kept: Kept, lost: str) -> None:
    history = kept(tmp_path / "history.sqlite", 1)
    (tmp_path / f"history.sqlite{lost}").unlink()
    with pytest.raises(HistoryReplaced):
        history.tick(1, datetime(2026, 11, 24, tzinfo=UTC))
    history.close()


def test_a_damaged_file_ends_who_writes_and_is_let_go_by_who_reads(tmp_path: Path, kept: Kept) -> None:
    place = tmp_path / "history.sqlite"
    history = kept(place, 3)
    with history.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA cache_size=1")  # or it would go on for a while with what it remembers
    reader = open_reader(f"sqlite:///{place}")
    assert reader.last_seq() == 3
    os.truncate(tmp_path / "history.sqlite-wal", 0)

    def write() -> None:
        for _ in range(5):
            with contextlib.suppress(DBAPIError):
                reader.last_seq()
            history.tick(1, datetime(2026, 11, 24, tzinfo=UTC))

    with pytest.raises(HistoryReplaced):
        write()
    history.close()
    for path in tmp_path.iterdir():
        path.unlink()
    kept(place, 4).close()
    assert reader.last_seq() == 4
    reader.close()
