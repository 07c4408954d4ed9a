"""The read-only history: it answers, never writes, makes nothing, and gives up after its time limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from dashboard.history import History, open_reader, schema

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
